"""Queries on improvements, and on what they refer to."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import InstrumentedAttribute, selectinload

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
    is_visible = _of_customer(work.principal.customer_id, ImprovementSource.customer_id)
    if work.principal.is_bound:
        query = query.where(Improvement.sources.any(is_visible))
    if filters.customer_id is not None:
        query = query.where(
            Improvement.sources.any(is_visible & (ImprovementSource.customer_id == filters.customer_id))
        )
    for kind, subject in ((SourceKind.ISSUE, filters.issue_id), (SourceKind.SURVEY, filters.survey_id)):
        if subject is not None:
            source = (ImprovementSource.kind == kind) & (ImprovementSource.subject == subject)
            query = query.where(Improvement.sources.any(is_visible & source))
    if filters.notices_pending is not None:
        is_visible_notice = _of_customer(work.principal.customer_id, ImprovementNotice.customer_id)
        pending = Improvement.notices.any(is_visible_notice & ImprovementNotice.notified_at.is_(None))
        query = query.where(pending if filters.notices_pending else ~pending)
    return query


def _of_customer(
    customer_id: UUID | None, column: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]
) -> ColumnElement[bool]:
    """Return the condition that a source or notice is this customer's; null restricts nothing."""
    return true() if customer_id is None else column == customer_id


async def get_improvement(
    work: UnitOfWork, improvement_id: UUID, *, lock: bool = False, match: int | None = None
) -> Improvement:
    """Return the improvement with its sources and notices."""
    improvement = await work.get(Improvement, improvement_id, lock=lock, match=match)
    await work.session.refresh(improvement, ["sources", "notices"])
    if not any(map(work.principal.may_see, improvement.customer_ids or (None,))):
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
