"""Queries for indicators."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select

from common.work import Work
from sla.indicators.definition import Kind
from sla.indicators.model import Indicator, IndicatorActivity, Refold


def indicators(kind: Kind | None, *, retired: bool | None) -> Select[Indicator]:
    query = select(Indicator)
    if kind is not None:
        query = query.where(Indicator.kind == kind)
    if retired is not None:
        query = query.where(Indicator.retired_at.is_not(None) if retired else Indicator.retired_at.is_(None))
    return query


async def all_indicators(work: Work) -> Sequence[Indicator]:
    return (await work.session.scalars(select(Indicator))).all()


async def kinds_of(work: Work, indicator_ids: Collection[UUID]) -> dict[UUID, Kind]:
    """Of those that there are."""
    rows = await work.session.execute(select(Indicator.id, Indicator.kind).where(Indicator.id.in_(indicator_ids)))
    return {row.id: row.kind for row in rows}


async def activity(work: Work, indicator_ids: Sequence[UUID]) -> dict[UUID, IndicatorActivity]:
    found = await work.session.scalars(
        select(IndicatorActivity).where(IndicatorActivity.indicator_id.in_(indicator_ids))
    )
    return {entry.indicator_id: entry for entry in found}


def refolds(indicator_id: UUID) -> Select[Refold]:
    return select(Refold).where(Refold.indicator_id == indicator_id)


async def gone_silent(work: Work, now: datetime) -> Sequence[tuple[Indicator, IndicatorActivity | None]]:
    """Indicators in use that are overdue by their own measure, and not known to be silent yet."""
    last = func.coalesce(IndicatorActivity.last_received_at, Indicator.created_at)
    overdue = last + func.make_interval(0, 0, 0, 0, 0, 0, Indicator.silent_after) < now
    rows = await work.session.execute(
        select(Indicator, IndicatorActivity)
        .outerjoin(IndicatorActivity, IndicatorActivity.indicator_id == Indicator.id)
        .where(Indicator.retired_at.is_(None), overdue, IndicatorActivity.silent_since.is_(None))
        .order_by(Indicator.id)
    )
    return [(indicator, entry) for indicator, entry in rows]


async def heard_again(work: Work) -> Sequence[IndicatorActivity]:
    """Silent ones that were heard of since, or retired."""
    heard = or_(IndicatorActivity.last_received_at > IndicatorActivity.silent_since, Indicator.retired_at.is_not(None))
    query = (
        select(IndicatorActivity)
        .join(Indicator, Indicator.id == IndicatorActivity.indicator_id)
        .where(IndicatorActivity.silent_since.is_not(None), heard)
    )
    return (await work.session.scalars(query.with_for_update(of=IndicatorActivity))).all()
