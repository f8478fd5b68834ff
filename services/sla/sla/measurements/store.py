"""Reading what was measured: for charts, for statements, and for whoever has closed a period."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from sla.alerts.store import load_downtimes
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packing import unpack_observations
from sla.measurements.minutes import Minutes, unpack_hour_blocks, with_downtime
from sla.measurements.model import LateArrival, PendingPush, Series
from sla.measurements.samples import Ints

# Gathered by the server into one value per indicator and width: thousands of rows and instants less to decode.
_SELECT_HOURS = """
SELECT indicator_id, string_agg(timestamptz_send(hour), '') AS hours, string_agg(minutes, '') AS minutes
FROM sla.packed_hours WHERE indicator_id = ANY($1) AND hour > $2 AND hour < $3
GROUP BY indicator_id, octet_length(minutes)
"""
_SELECT_OBSERVED = """
SELECT indicator_id, string_agg(timestamptz_send(hour), '' ORDER BY hour) AS hours,
    string_agg(observed, '' ORDER BY hour) AS observed
FROM sla.observed_hours WHERE indicator_id = ANY($1) AND hour > $2 AND hour < $3
GROUP BY indicator_id
"""
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""What PostgreSQL sends an instant as is microseconds from here."""
_MINUTE_US = 60_000_000
_NO_HOURS = b"", b""


async def load_minutes(
    session: AsyncSession,
    indicator_id: UUID,
    window_from: datetime,
    window_to: datetime,
    *,
    now: datetime | None = None,
) -> Minutes:
    """The minutes of a half-open window between two whole minutes; those nothing is known of are unknown.

    An alert that still fires is downtime until now, or until the end of the window.
    """
    return (await load_minutes_by_indicator(session, [indicator_id], window_from, window_to, now=now))[indicator_id]


async def load_minutes_by_indicator(
    session: AsyncSession,
    indicators: Collection[UUID],
    window_from: datetime,
    window_to: datetime,
    *,
    now: datetime | None = None,
) -> dict[UUID, Minutes]:
    """The same for many."""
    blocks: dict[UUID, list[tuple[Ints, bytes]]] = {indicator: [] for indicator in indicators}
    for row in await _hours(session, _SELECT_HOURS, indicators, window_from, window_to):
        blocks[row["indicator_id"]].append((_offsets(row["hours"], window_from), row["minutes"]))
    count = _minutes_in(window_from, window_to)
    down = await load_downtimes(session, indicators, window_from, min(window_to, now or window_to))
    return {
        indicator: with_downtime(unpack_hour_blocks(window_from, count, held), down.get(indicator, ()))
        for indicator, held in blocks.items()
    }


async def load_observations_by_indicator(
    session: AsyncSession, indicators: Collection[UUID], window_from: datetime, window_to: datetime
) -> dict[UUID, Observations]:
    """What histograms observed in a half-open window between two whole minutes; nothing, if it is none."""
    count, hours = _minutes_in(window_from, window_to), dict.fromkeys(indicators, _NO_HOURS)
    for row in await _hours(session, _SELECT_OBSERVED, indicators, window_from, window_to):
        hours[row["indicator_id"]] = row["hours"], row["observed"]
    return {
        indicator: unpack_observations(window_from, count, _offsets(sent, window_from), observed)
        for indicator, (sent, observed) in hours.items()
    }


async def _hours(
    session: AsyncSession, query: str, indicators: Collection[UUID], window_from: datetime, window_to: datetime
) -> Sequence[Mapping[str, Any]]:
    """Those that the window touches, of all indicators in one query."""
    if any(instant.second or instant.microsecond for instant in (window_from, window_to)):
        raise ValueError("a window begins and ends on a whole minute")
    raw = await (await session.connection()).get_raw_connection()
    connection: Any = raw.driver_connection
    found: Sequence[Mapping[str, Any]] = await connection.fetch(
        query, list(indicators), window_from - timedelta(hours=1), window_to
    )
    return found


def _minutes_in(window_from: datetime, window_to: datetime) -> int:
    return max(0, (window_to - window_from) // timedelta(minutes=1))


def _offsets(sent: bytes, window_from: datetime) -> Ints:
    """Minutes from the start of the window to each of the hours."""
    start = (window_from - _POSTGRES_EPOCH) // timedelta(microseconds=1)
    return (np.frombuffer(sent, ">i8").astype(np.int64) - start) // _MINUTE_US


async def find_oldest_pending_push_at(session: AsyncSession) -> datetime | None:
    """When the oldest push was received that is not folded yet: a period is closed on what came before it."""
    return await session.scalar(select(func.min(PendingPush.received_at)).where(PendingPush.problem.is_(None)))


async def lock_late_arrivals(session: AsyncSession, at_most: int) -> Sequence[LateArrival]:
    """Hours that changed long after they were over, oldest first, locked; delete those that are dealt with."""
    query = select(LateArrival).order_by(LateArrival.received_at, LateArrival.indicator_id, LateArrival.hour)
    return (await session.scalars(query.limit(at_most).with_for_update(skip_locked=True))).all()


def select_series_after(number: int, metric: str | None, count: int) -> Select[Series]:
    """Series sent under their labels, in the order in which they were first seen."""
    query = select(Series).where(Series.id > number, Series.metric == metric if metric else Series.metric != "")
    return query.order_by(Series.id).limit(count)
