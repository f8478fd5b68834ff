"""Which issues there are, and which one a breach belongs to."""

from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import selectinload

from common.work import Work
from sla.issues.model import Issue, IssueBreach, IssueState, cause_key
from sla.issues.triage import Breach


def queue(
    work: Work,
    *,
    customer_id: UUID | None = None,
    agreement_id: UUID | None = None,
    state: IssueState | None = None,
    owner: str | None = None,
    cause: str | None = None,
) -> Select[Issue]:
    query = work.visible(select(Issue), Issue.customer_id)
    wanted = {
        Issue.customer_id: customer_id,
        Issue.agreement_id: agreement_id,
        Issue.state: state,
        Issue.owner: owner,
        Issue.cause_key: cause,
    }
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


async def issue(work: Work, issue_id: UUID, *, lock: bool = False, match: int | None = None) -> Issue:
    """With its breaches."""
    found = await work.get(Issue, issue_id, lock=lock, match=match)
    await work.session.refresh(found, ["breaches"])
    return found


async def hold_customer(work: Work, customer_id: UUID) -> None:
    """Until the end of the transaction nobody else gathers breaches of this customer."""
    key = func.hashtextextended(f"issues:{customer_id}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))


async def issue_for(work: Work, breach: Breach) -> Issue | None:
    """The issue that holds this very breach; or an open one of the same customer and cause, at an overlapping time."""
    same = and_(
        IssueBreach.agreement_id == breach.agreement_id,
        IssueBreach.objective_id == breach.objective_id,
        IssueBreach.period_from == breach.period_from,
    )
    related = and_(
        Issue.customer_id == breach.customer_id,
        Issue.state != IssueState.CLOSED,
        or_(Issue.cause_key == cause_key(breach.service_id), IssueBreach.indicator_id == breach.indicator_id),
        IssueBreach.period_from < breach.period_to,
        IssueBreach.period_to > breach.period_from,
    )
    query = (
        select(Issue)
        .join(Issue.breaches)
        .where(or_(same, related))
        .options(selectinload(Issue.breaches))
        .order_by(same.desc(), Issue.id)
        .limit(1)
    )
    return (await work.session.scalars(query)).first()
