"""Queries on improvements, and on what they refer to."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from common.views import View
from sla.improvements.effect.verdict import ImprovementVerdict
from sla.improvements.model import Improvement, ImprovementNotice, ImprovementSource, SourceKind
from sla.improvements.states import ImprovementState
from sla.issues.model import Issue

WITH_CHILDREN = (selectinload(Improvement.sources), selectinload(Improvement.notices))


class ImprovementFilter(View):
    """A filter of the list of improvements; absent fields do not filter."""

    state: ImprovementState | None = None
    verdict: ImprovementVerdict | None = None
    customer_id: UUID | None = None
    issue_id: UUID | None = None
    survey_id: UUID | None = None
    notices_pending: bool | None = None
    """Whether a customer still has to be notified."""


def select_improvements(work: UnitOfWork, filters: ImprovementFilter) -> Select[Improvement]:
    """Select improvements by the filter; for a customer, those that come from its own sources."""
    query = select(Improvement).options(*WITH_CHILDREN)
    columns = {Improvement.state: filters.state, Improvement.verdict: filters.verdict}
    query = query.where(*(column == value for column, value in columns.items() if value is not None))
    for customer_id in (work.principal.customer_id, filters.customer_id):
        if customer_id is not None:
            query = query.where(Improvement.sources.any(ImprovementSource.customer_id == customer_id))
    for kind, subject in ((SourceKind.ISSUE, filters.issue_id), (SourceKind.SURVEY, filters.survey_id)):
        if subject is not None:
            source = (ImprovementSource.kind == kind) & (ImprovementSource.subject == subject)
            query = query.where(Improvement.sources.any(source))
    if filters.notices_pending is not None:
        pending = Improvement.notices.any(ImprovementNotice.notified_at.is_(None))
        query = query.where(pending if filters.notices_pending else ~pending)
    return query


async def get_improvement(
    work: UnitOfWork, improvement_id: UUID, *, lock: bool = False, match: int | None = None
) -> Improvement:
    """Return the improvement with its sources and notices."""
    improvement = await work.get(Improvement, improvement_id, lock=lock, match=match)
    await work.session.refresh(improvement, ["sources", "notices"])
    customer_id = work.principal.customer_id
    if customer_id is not None and customer_id not in improvement.customer_ids:
        raise NotFound("improvement", improvement_id)
    return improvement


async def lock_survey_if_new(work: UnitOfWork, key: str) -> bool:
    """Lock the survey until the transaction ends, and return whether no improvement comes from it yet."""
    await work.lock_name(f"improvement:{key}")
    same = (ImprovementSource.kind == SourceKind.SURVEY) & (ImprovementSource.key == key)
    return await work.session.scalar(select(ImprovementSource.id).where(same)) is None


async def list_source_issues(work: UnitOfWork, issue_ids: Collection[UUID]) -> Sequence[Issue]:
    query = select(Issue).where(Issue.id.in_(issue_ids)).options(selectinload(Issue.breaches)).order_by(Issue.id)
    return (await work.session.scalars(query)).all()
