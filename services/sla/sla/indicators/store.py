"""Queries for indicators."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from common.unit_of_work import UnitOfWork
from sla.indicators.definition import IndicatorKind
from sla.indicators.model import Indicator, IndicatorActivity, Refold


def select_indicators(kind: IndicatorKind | None, *, retired: bool | None) -> Select[Indicator]:
    query = select(Indicator)
    if kind is not None:
        query = query.where(Indicator.kind == kind)
    if retired is not None:
        query = query.where(Indicator.retired_at.is_not(None) if retired else Indicator.retired_at.is_(None))
    return query


async def list_all_indicators(work: UnitOfWork) -> Sequence[Indicator]:
    return (await work.session.scalars(select(Indicator))).all()


async def load_indicator_kinds(work: UnitOfWork, indicator_ids: Collection[UUID]) -> dict[UUID, IndicatorKind]:
    """Load the kind of each indicator that exists and is not retired; none of them is deleted until the commit."""
    query = select(Indicator.id, Indicator.kind).where(Indicator.id.in_(indicator_ids), Indicator.retired_at.is_(None))
    locking = query.order_by(Indicator.id).with_for_update(read=True, key_share=True)
    return {row.id: row.kind for row in await work.session.execute(locking)}


async def load_activity_by_indicator(work: UnitOfWork, indicator_ids: Sequence[UUID]) -> dict[UUID, IndicatorActivity]:
    query = select(IndicatorActivity).where(IndicatorActivity.indicator_id.in_(indicator_ids))
    return {activity.indicator_id: activity for activity in await work.session.scalars(query)}


def select_refolds(indicator_id: UUID) -> Select[Refold]:
    return select(Refold).where(Refold.indicator_id == indicator_id)


async def list_ids_with_changed_silence(work: UnitOfWork) -> Sequence[UUID]:
    """List the indicators that went silent or resumed and whose event is still to be emitted."""
    query = _select_changed_silence(work.now).with_only_columns(Indicator.id)
    return (await work.session.scalars(query)).all()


async def list_changed_silence(
    work: UnitOfWork, indicator_ids: Collection[UUID]
) -> Sequence[tuple[Indicator, IndicatorActivity | None]]:
    """List those of the indicators that went silent or resumed, each with its activity, if it had any."""
    rows = await work.session.execute(_select_changed_silence(work.now).where(Indicator.id.in_(indicator_ids)))
    return rows.all()


def _select_changed_silence(now: datetime) -> Select[Indicator, IndicatorActivity]:
    """Select indicators in use whose push is overdue, and silent ones that received samples since, or were retired."""
    query = select(Indicator, IndicatorActivity).outerjoin(IndicatorActivity)
    return query.where(or_(_went_silent(now), _has_resumed())).order_by(Indicator.id)


def _went_silent(now: datetime) -> ColumnElement[bool]:
    last_push = func.coalesce(IndicatorActivity.last_received_at, Indicator.created_at)
    overdue = last_push + func.make_interval(0, 0, 0, 0, 0, 0, Indicator.silent_after) < now
    return and_(Indicator.retired_at.is_(None), overdue, IndicatorActivity.silent_since.is_(None))


def _has_resumed() -> ColumnElement[bool]:
    received = IndicatorActivity.last_received_at > IndicatorActivity.silent_since
    return and_(IndicatorActivity.silent_since.is_not(None), or_(received, Indicator.retired_at.is_not(None)))
