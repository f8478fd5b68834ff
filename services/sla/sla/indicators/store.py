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
    """Of those that there are."""
    rows = await work.session.execute(select(Indicator.id, Indicator.kind).where(Indicator.id.in_(indicator_ids)))
    return {row.id: row.kind for row in rows}


async def load_activity_by_indicator(work: UnitOfWork, indicator_ids: Sequence[UUID]) -> dict[UUID, IndicatorActivity]:
    found = await work.session.scalars(
        select(IndicatorActivity).where(IndicatorActivity.indicator_id.in_(indicator_ids))
    )
    return {entry.indicator_id: entry for entry in found}


def select_refolds(indicator_id: UUID) -> Select[Refold]:
    return select(Refold).where(Refold.indicator_id == indicator_id)


async def list_ids_with_changed_silence(work: UnitOfWork) -> Sequence[UUID]:
    """Indicators that went silent, or that are silent no longer, of which nothing was told yet."""
    query = select(Indicator.id).outerjoin(IndicatorActivity, IndicatorActivity.indicator_id == Indicator.id)
    return (await work.session.scalars(query.where(or_(_gone(work.now), _heard())).order_by(Indicator.id))).all()


async def list_newly_silent(
    work: UnitOfWork, indicator_ids: Collection[UUID]
) -> Sequence[tuple[Indicator, IndicatorActivity | None]]:
    """Those of them in use that are overdue by their own measure, and not known to be silent yet."""
    rows = await work.session.execute(
        select(Indicator, IndicatorActivity)
        .outerjoin(IndicatorActivity, IndicatorActivity.indicator_id == Indicator.id)
        .where(Indicator.id.in_(indicator_ids), _gone(work.now))
        .order_by(Indicator.id)
    )
    return [(indicator, entry) for indicator, entry in rows]


async def lock_heard_again(work: UnitOfWork, indicator_ids: Collection[UUID]) -> Sequence[IndicatorActivity]:
    """Silent ones of them that were heard of since, or retired."""
    query = (
        select(IndicatorActivity)
        .join(Indicator, Indicator.id == IndicatorActivity.indicator_id)
        .where(Indicator.id.in_(indicator_ids), _heard())
        .order_by(Indicator.id)
    )
    return (await work.session.scalars(query.with_for_update(of=IndicatorActivity))).all()


def _gone(now: datetime) -> ColumnElement[bool]:
    last = func.coalesce(IndicatorActivity.last_received_at, Indicator.created_at)
    overdue = last + func.make_interval(0, 0, 0, 0, 0, 0, Indicator.silent_after) < now
    return and_(Indicator.retired_at.is_(None), overdue, IndicatorActivity.silent_since.is_(None))


def _heard() -> ColumnElement[bool]:
    heard = or_(IndicatorActivity.last_received_at > IndicatorActivity.silent_since, Indicator.retired_at.is_not(None))
    return and_(IndicatorActivity.silent_since.is_not(None), heard)
