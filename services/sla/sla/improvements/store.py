"""Which improvements there are, and which of them take a step by themselves."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from common.views import View
from sla.agreements.model import CustomerReplica
from sla.improvements.effect.verdict import ImprovementVerdict
from sla.improvements.model import Improvement, ImprovementNotice, ImprovementSource, SourceKind
from sla.improvements.states import ImprovementState
from sla.indicators.model import Indicator
from sla.issues.model import Issue

WITH_CHILDREN = (selectinload(Improvement.sources), selectinload(Improvement.notices))


class ImprovementFilter(View):
    """Which improvements to list; what is absent does not matter."""

    state: ImprovementState | None = None
    verdict: ImprovementVerdict | None = None
    customer_id: UUID | None = None
    issue_id: UUID | None = None
    survey_id: UUID | None = None
    untold: bool | None = None
    """Whether somebody is still to be told of it."""


def select_improvements(work: UnitOfWork, wanted: ImprovementFilter) -> Select[Improvement]:
    """A customer finds those it complained about."""
    query = select(Improvement).options(*WITH_CHILDREN)
    columns = {Improvement.state: wanted.state, Improvement.verdict: wanted.verdict}
    query = query.where(*(column == value for column, value in columns.items() if value is not None))
    for customer_id in (work.principal.customer_id, wanted.customer_id):
        if customer_id is not None:
            query = query.where(Improvement.sources.any(ImprovementSource.customer_id == customer_id))
    for kind, subject in ((SourceKind.ISSUE, wanted.issue_id), (SourceKind.SURVEY, wanted.survey_id)):
        if subject is not None:
            mine = (ImprovementSource.kind == kind) & (ImprovementSource.subject == subject)
            query = query.where(Improvement.sources.any(mine))
    if wanted.untold is not None:
        untold = Improvement.notices.any(ImprovementNotice.told_at.is_(None))
        query = query.where(untold if wanted.untold else ~untold)
    return query


async def get_improvement(
    work: UnitOfWork, improvement_id: UUID, *, lock: bool = False, match: int | None = None
) -> Improvement:
    """With its parts."""
    found = await work.get(Improvement, improvement_id, lock=lock, match=match)
    await work.session.refresh(found, ["sources", "notices"])
    mine = work.principal.customer_id
    if mine is not None and mine not in found.customer_ids:
        raise NotFound("improvement", improvement_id)
    return found


async def lock_survey_if_new(work: UnitOfWork, key: str) -> bool:
    """Until the end of the transaction nobody else proposes from this survey; whether nobody has yet."""
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"improvement:{key}", 0))))
    mine = (ImprovementSource.kind == SourceKind.SURVEY) & (ImprovementSource.key == key)
    known = select(ImprovementSource.id).where(mine)
    return await work.session.scalar(known) is None


async def list_source_issues(work: UnitOfWork, issue_ids: Collection[UUID]) -> Sequence[Issue]:
    query = select(Issue).where(Issue.id.in_(issue_ids)).options(selectinload(Issue.breaches)).order_by(Issue.id)
    return (await work.session.scalars(query)).all()


async def find_unknown_customers(work: UnitOfWork, customer_ids: Collection[UUID]) -> set[UUID]:
    known = select(CustomerReplica.customer_id).where(CustomerReplica.customer_id.in_(customer_ids))
    return set(customer_ids) - set(await work.session.scalars(known))


async def find_unknown_indicators(work: UnitOfWork, indicator_ids: Collection[UUID]) -> set[UUID]:
    known = select(Indicator.id).where(Indicator.id.in_(indicator_ids))
    return set(indicator_ids) - set(await work.session.scalars(known))


async def list_due_ids(work: UnitOfWork) -> Sequence[UUID]:
    """Those that take a step by themselves now, longest due first."""
    query = select(Improvement.id).where(Improvement.next_step_at <= work.now)
    return (await work.session.scalars(query.order_by(Improvement.next_step_at, Improvement.id))).all()


async def lock_due(work: UnitOfWork, improvement_ids: Collection[UUID]) -> Sequence[Improvement]:
    """Those of them that take a step now, locked; those another transaction works on are left out."""
    query = (
        select(Improvement)
        .where(Improvement.id.in_(improvement_ids), Improvement.next_step_at <= work.now)
        .options(*WITH_CHILDREN)
        .order_by(Improvement.id)
        .with_for_update(skip_locked=True, of=Improvement)
    )
    return (await work.session.scalars(query)).all()
