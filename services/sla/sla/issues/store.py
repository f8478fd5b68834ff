"""Which issues there are, which one a breach belongs to, and which cannot wait."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import selectinload

from common.unit_of_work import UnitOfWork
from common.views import Name, View
from sla.issues.children import CustomerImportance, IssueBreach, IssueConcern, IssueEntry
from sla.issues.model import Issue, build_cause_key
from sla.issues.states import UNSOLVED_STATES, IssueState
from sla.issues.triage import ORDINARY_IMPORTANCE, Concern, ConcernKind

WITH_CHILDREN = (selectinload(Issue.breaches), selectinload(Issue.concerns), selectinload(Issue.tasks))


class IssueFilter(View):
    """Which issues to list; what is absent does not matter."""

    customer_id: UUID | None = None
    agreement_id: UUID | None = None
    state: IssueState | None = None
    unsolved: bool | None = None
    owner: Name | None = None
    cause_key: Name | None = None
    cause_id: UUID | None = None


def select_issues(work: UnitOfWork, wanted: IssueFilter) -> Select[Issue]:
    query = work.select_visible(select(Issue), Issue.customer_id)
    if wanted.unsolved is not None:
        query = query.where(
            Issue.state.in_(UNSOLVED_STATES) if wanted.unsolved else Issue.state.not_in(UNSOLVED_STATES)
        )
    columns = wanted.model_dump(exclude_none=True, exclude={"unsolved"})
    return query.where(*(getattr(Issue, name) == value for name, value in columns.items()))


async def get_issue(work: UnitOfWork, issue_id: UUID, *, lock: bool = False, match: int | None = None) -> Issue:
    """With its parts."""
    found = await work.get(Issue, issue_id, lock=lock, match=match)
    await work.session.refresh(found, ["breaches", "concerns", "tasks"])
    return found


async def lock_customer_issues(work: UnitOfWork, customer_id: UUID) -> None:
    """Until the end of the transaction nobody else gathers breaches of this customer, or merges its issues."""
    key = func.hashtextextended(f"issues:{customer_id}", 0)
    await work.session.execute(select(func.pg_advisory_xact_lock(key)))


async def get_importance(work: UnitOfWork, customer_id: UUID) -> int:
    found = await work.session.get(CustomerImportance, customer_id)
    return found.importance if found else ORDINARY_IMPORTANCE


async def lock_issue_of_breach(
    work: UnitOfWork, agreement_id: UUID, objective_id: UUID, period_from: datetime
) -> Issue | None:
    """The issue that holds this very breach."""
    same = and_(
        IssueBreach.agreement_id == agreement_id,
        IssueBreach.objective_id == objective_id,
        IssueBreach.period_from == period_from,
    )
    return await _first(work, select(Issue).join(Issue.breaches).where(same))


async def lock_unsolved_issue_of_service(work: UnitOfWork, concern: Concern) -> Issue | None:
    """The oldest unsolved issue of the same customer and service."""
    query = select(Issue).where(
        Issue.customer_id == concern.customer_id,
        Issue.cause_key == build_cause_key(concern.service_id),
        Issue.state.in_(UNSOLVED_STATES),
    )
    return await _first(work, query.order_by(Issue.id))


async def lock_unsolved_issue_of_cause(work: UnitOfWork, customer_id: UUID, cause_id: UUID) -> Issue | None:
    """The customer's oldest unsolved issue of a cause."""
    query = select(Issue).where(
        Issue.customer_id == customer_id,
        Issue.cause_id == cause_id,
        Issue.state.in_(UNSOLVED_STATES),
    )
    return await _first(work, query.order_by(Issue.id))


async def load_queue_position(work: UnitOfWork, of: Issue) -> tuple[Issue | None, Issue | None, int, int]:
    """The unsolved issues right before and after in the queue, how many stand before it, and how many there are."""
    waiting = Issue.state.in_(UNSOLVED_STATES)
    before = select(Issue).where(waiting, Issue.queue_key < of.queue_key).order_by(Issue.queue_key.desc())
    after = select(Issue).where(waiting, Issue.queue_key > of.queue_key).order_by(Issue.queue_key)
    ahead = (await work.session.scalars(before.limit(1))).first()
    behind = (await work.session.scalars(after.limit(1))).first()
    counts = select(
        func.count().filter(Issue.queue_key < of.queue_key),
        func.count(),
    ).select_from(Issue)
    row = (await work.session.execute(counts.where(waiting))).one()
    return ahead, behind, row[0], row[1]


async def list_ids_due_for_escalation(work: UnitOfWork) -> Sequence[UUID]:
    """The longest due first."""
    query = select(Issue.id).where(Issue.escalate_at <= work.now).order_by(Issue.escalate_at, Issue.id)
    return (await work.session.scalars(query)).all()


async def lock_due_for_escalation(work: UnitOfWork, issue_ids: Collection[UUID]) -> Sequence[Issue]:
    """Those of them that are due, locked; those another transaction works on are left out."""
    query = (
        select(Issue)
        .where(Issue.id.in_(issue_ids), Issue.escalate_at <= work.now)
        .options(*WITH_CHILDREN)
        .order_by(Issue.id)
        .with_for_update(skip_locked=True, of=Issue)
    )
    return (await work.session.scalars(query)).all()


async def lock_unsolved_issues(work: UnitOfWork, customer_id: UUID) -> Sequence[Issue]:
    """Locked, with their parts."""
    query = (
        select(Issue)
        .where(Issue.customer_id == customer_id, Issue.state.in_(UNSOLVED_STATES))
        .options(*WITH_CHILDREN)
        .order_by(Issue.id)
        .with_for_update(of=Issue)
    )
    return (await work.session.scalars(query)).all()


async def list_open_concerns(work: UnitOfWork, kind: ConcernKind, about: UUID | None = None) -> Sequence[IssueConcern]:
    """Those that go on."""
    query = select(IssueConcern).where(IssueConcern.kind == kind, IssueConcern.ended_at.is_(None))
    if about is not None:
        query = query.where(IssueConcern.about == about)
    return (await work.session.scalars(query.order_by(IssueConcern.id))).all()


def select_entries(work: UnitOfWork, issue_id: UUID) -> Select[IssueEntry]:
    query = select(IssueEntry).where(IssueEntry.issue_id == issue_id)
    return query if work.principal.customer_id is None else query.where(IssueEntry.for_customer)


async def _first(work: UnitOfWork, query: Select[Issue]) -> Issue | None:
    """With its parts, locked."""
    found = query.options(*WITH_CHILDREN).limit(1).with_for_update(of=Issue).execution_options(populate_existing=True)
    return (await work.session.scalars(found)).first()


def select_importances() -> Select[CustomerImportance]:
    return select(CustomerImportance)
