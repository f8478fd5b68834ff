"""Queries for measured minutes and observations, pending pushes and series."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from sla.alerts.store import load_downtimes
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.packed_observations import unpack_observations
from sla.measurements.minutes import Minutes, unpack_hours, with_downtime
from sla.measurements.model import PendingPush, Series, WaitingRollup
from sla.measurements.samples import Ints

# The server joins the hours into one value per indicator and width, which saves decoding thousands of rows and times.
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
"""PostgreSQL sends a time as microseconds since then."""
_MINUTE_US = 60_000_000
_NO_HOURS = b"", b""


async def load_minutes_by_indicator(
    session: AsyncSession,
    indicators: Collection[UUID],
    window_from: datetime,
    window_to: datetime,
    *,
    now: datetime | None = None,
) -> dict[UUID, Minutes]:
    """Load the minutes of a half-open window between two whole minutes; minutes without data are unknown.

    An alert that still fires is downtime until now, or until the end of the window.
    """
    blocks: dict[UUID, list[tuple[Ints, bytes]]] = {indicator: [] for indicator in indicators}
    for row in await _list_hours(session, _SELECT_HOURS, indicators, window_from, window_to):
        blocks[row["indicator_id"]].append((_offsets(row["hours"], window_from), row["minutes"]))
    count = _minutes_in(window_from, window_to)
    downtimes = await load_downtimes(session, indicators, window_from, min(window_to, now or window_to))
    return {
        indicator: with_downtime(unpack_hours(window_from, count, hours), downtimes.get(indicator, ()))
        for indicator, hours in blocks.items()
    }


async def load_observations_by_indicator(
    session: AsyncSession, indicators: Collection[UUID], window_from: datetime, window_to: datetime
) -> dict[UUID, Observations]:
    """Load what histograms observed in a half-open window between two whole minutes; other indicators have none."""
    count, hours = _minutes_in(window_from, window_to), dict.fromkeys(indicators, _NO_HOURS)
    for row in await _list_hours(session, _SELECT_OBSERVED, indicators, window_from, window_to):
        hours[row["indicator_id"]] = row["hours"], row["observed"]
    return {
        indicator: unpack_observations(window_from, count, _offsets(starts, window_from), observed)
        for indicator, (starts, observed) in hours.items()
    }


async def _list_hours(
    session: AsyncSession, query: str, indicators: Collection[UUID], window_from: datetime, window_to: datetime
) -> Sequence[Mapping[str, Any]]:
    """List the hours that the window touches, of all indicators in one query."""
    if any(bound.second or bound.microsecond for bound in (window_from, window_to)):
        raise ValueError("a window begins and ends on a whole minute")
    connection = await get_driver_connection(session)
    rows: Sequence[Mapping[str, Any]] = await connection.fetch(
        query, list(indicators), window_from - timedelta(hours=1), window_to
    )
    return rows


async def get_driver_connection(session: AsyncSession) -> Any:
    """Return the connection of asyncpg under the session."""
    return (await (await session.connection()).get_raw_connection()).driver_connection


def _minutes_in(window_from: datetime, window_to: datetime) -> int:
    return max(0, (window_to - window_from) // timedelta(minutes=1))


def _offsets(starts: bytes, window_from: datetime) -> Ints:
    """Return the minutes from the start of the window to the start of each hour."""
    start = (window_from - _POSTGRES_EPOCH) // timedelta(microseconds=1)
    return (np.frombuffer(starts, ">i8").astype(np.int64) - start) // _MINUTE_US


async def has_pending_push(session: AsyncSession, received_by: datetime, measured_before: datetime) -> bool:
    """Return whether a push received by one instant may hold samples of before another, and is pending."""
    may_hold = or_(PendingPush.measured_from.is_(None), PendingPush.measured_from < measured_before)
    is_pending = PendingPush.problem.is_(None), PendingPush.received_at <= received_by, may_hold
    return bool(await session.scalar(select(select(PendingPush.batch_id).where(*is_pending).exists())))


async def load_waiting_extents(
    session: AsyncSession, received_by: datetime, measured_before: datetime
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """Load by indicator when the first and last samples of waiting input were measured."""
    columns = WaitingRollup.indicator_id, WaitingRollup.first_at, WaitingRollup.last_at
    waits = WaitingRollup.received_at <= received_by, WaitingRollup.first_at < measured_before
    extents = defaultdict[UUID, list[tuple[datetime, datetime]]](list)
    for indicator_id, first_at, last_at in await session.execute(select(*columns).where(*waits).distinct()):
        extents[indicator_id].append((first_at, last_at))
    return extents


async def list_series(
    session: AsyncSession, metrics: Collection[str] | None, count: int, *, after: int = 0
) -> Sequence[Series]:
    """List series of these metrics, or of any, in the order in which they were first seen."""
    is_of_metric = Series.metric != "" if metrics is None else Series.metric.in_(metrics)
    query = select(Series).where(Series.id > after, is_of_metric).order_by(Series.id).limit(count)
    return (await session.scalars(query)).all()
