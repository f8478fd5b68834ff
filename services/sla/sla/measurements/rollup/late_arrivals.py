"""Late arrivals: what a late sample causes. An hour that it changes is noted until the closed periods are restated."""

# A push is rolled up whenever it comes, so its minutes are right at once. But a statement may rest on an hour that
# changes: on any hour before `stated_until`, whatever the clocks said when it was closed, and on one that has been over
# for `late_after` (10 minutes), from when on periods can be closed. The job that restates periods locks the hours noted
# here, restates the statements that do rest on them, and deletes the notes.
#
# No change falls between the two: a closing raises `stated_until` before it reads minutes, and waits for roll-ups that
# hold its lock; a roll-up that comes later waits for the closing, and then knows how far the statements reach.

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from sla.measurements.minutes import first_changed_minute, to_hour_start
from sla.measurements.model import LateArrival
from sla.measurements.rollup.hours import Changes, StoredHour, StoredHours

_LOCK_STATED_UNTIL = "SELECT until FROM sla.stated_until FOR SHARE"
_RAISE_STATED_UNTIL = text("UPDATE sla.stated_until SET until = :until WHERE until < :until")
_UPSERT_LATE_ARRIVALS = """
INSERT INTO sla.late_arrivals (indicator_id, hour, received_at)
SELECT late.indicator_id, late.hour, $3 FROM unnest($1::uuid[], $2::timestamptz[]) AS late(indicator_id, hour)
ON CONFLICT (indicator_id, hour) DO UPDATE SET received_at = EXCLUDED.received_at
"""


async def upsert_late_arrivals(
    connection: asyncpg.Connection,
    stored: Mapping[UUID, StoredHours],
    changes: Mapping[UUID, Changes],
    received_at: datetime,
    late_after: timedelta,
) -> None:
    """Record the hours that changed and that a statement may rest on; closings wait until the transaction ends."""
    stated_until = await connection.fetchval(_LOCK_STATED_UNTIL)

    def may_be_stated(minute_end: datetime) -> bool:
        return minute_end <= stated_until or minute_end + late_after < received_at

    late_hours = [
        (indicator, to_hour_start(number))
        for indicator, changed in changes.items()
        for number, hour in changed.hours.items()
        if (minute := _first_change(stored[indicator].hours.get(number, StoredHour()), hour)) is not None
        and may_be_stated(to_hour_start(number) + timedelta(minutes=minute + 1))
    ]
    if late_hours:
        indicators, starts = zip(*late_hours, strict=True)
        await connection.execute(_UPSERT_LATE_ARRIVALS, indicators, starts, received_at)


async def raise_stated_until(session: AsyncSession, until: datetime) -> None:
    """Record, before minutes are read, that statements reach to `until`; wait for roll-ups that do not know it."""
    await session.execute(_RAISE_STATED_UNTIL, {"until": until})


def _first_change(before: StoredHour, after: StoredHour) -> int | None:
    """Return the first minute that changed; the first of the hour if only buckets changed."""
    first = first_changed_minute(before.minutes, after.minutes)
    return 0 if first is None and before.observed != after.observed else first


async def lock_late_arrivals(session: AsyncSession, at_most: int) -> Sequence[LateArrival]:
    """Lock the hours that changed long after they were over, oldest first; delete those that are dealt with."""
    query = select(LateArrival).order_by(LateArrival.received_at, LateArrival.indicator_id, LateArrival.hour)
    return (await session.scalars(query.limit(at_most).with_for_update(skip_locked=True))).all()
