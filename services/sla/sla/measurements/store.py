"""Reading what was measured: for charts, for statements, and for whoever has closed a period."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from sla.measurements.minutes import Minutes, unpack_hours
from sla.measurements.model import LateArrival, PushPending, Series

_HOURS = """
SELECT hour, minutes FROM sla.packed_hours WHERE indicator_id = $1 AND hour > $2 AND hour < $3
"""


async def minutes(session: AsyncSession, indicator_id: UUID, window_from: datetime, window_to: datetime) -> Minutes:
    """The minutes of a half-open window between two whole minutes; those nothing is known of are unknown."""
    if any(instant.second or instant.microsecond for instant in (window_from, window_to)):
        raise ValueError("a window begins and ends on a whole minute")
    count = max(0, (window_to - window_from) // timedelta(minutes=1))
    raw = await (await session.connection()).get_raw_connection()
    connection: Any = raw.driver_connection  # asyncpg's own records: 90 days are 2,160 rows, read in milliseconds
    rows = await connection.fetch(_HOURS, indicator_id, window_from - timedelta(hours=1), window_to)
    packed = [((hour - window_from) // timedelta(minutes=1), held) for hour, held in rows]
    return unpack_hours(window_from, count, packed)


async def unfolded_since(session: AsyncSession) -> datetime | None:
    """When the oldest push was received that is not folded yet: a period is closed on what came before it."""
    return await session.scalar(select(func.min(PushPending.received_at)).where(PushPending.problem.is_(None)))


async def late_arrivals(session: AsyncSession, at_most: int) -> Sequence[LateArrival]:
    """Hours that changed long after they were over, oldest first, locked; delete those that are dealt with."""
    query = select(LateArrival).order_by(LateArrival.received_at, LateArrival.indicator_id, LateArrival.hour)
    return (await session.scalars(query.limit(at_most).with_for_update(skip_locked=True))).all()


def series_after(number: int, metric: str | None, count: int) -> Select[Series]:
    """Series sent under their labels, in the order in which they were first seen."""
    query = select(Series).where(Series.id > number, Series.metric == metric if metric else Series.metric != "")
    return query.order_by(Series.id).limit(count)
