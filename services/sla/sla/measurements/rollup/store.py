"""Queries of the rollup: the stored hours of many indicators at once, and last pushes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from sla.measurements.minutes import EPOCH, to_hour_start
from sla.measurements.rollup.hours import StoredHour

HoursByIndicator = Mapping[UUID, Mapping[int, StoredHour]]
"""Stored hours by indicator and by the number of the hour since 1970."""

_SELECT_HOURS = """
SELECT needed.indicator_id, needed.hour, s.samples, p.minutes, o.observed
FROM unnest($1::uuid[], $2::timestamptz[]) AS needed(indicator_id, hour)
LEFT JOIN sla.sample_hours s USING (indicator_id, hour)
LEFT JOIN sla.packed_hours p USING (indicator_id, hour)
LEFT JOIN sla.observed_hours o USING (indicator_id, hour)
WHERE s.samples IS NOT NULL OR p.minutes IS NOT NULL
"""
_UPSERT_HOURS = """
INSERT INTO sla.{table} (indicator_id, hour, {column})
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[])
ON CONFLICT (indicator_id, hour) DO UPDATE SET {column} = EXCLUDED.{column}
"""
_TABLES_BY_COLUMN = {"samples": "sample_hours", "minutes": "packed_hours", "observed": "observed_hours"}
_DELETE_MINUTES = """
WITH unknown AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS unknown(indicator_id, hour)),
observed AS (DELETE FROM sla.observed_hours WHERE (indicator_id, hour) IN (SELECT * FROM unknown))
DELETE FROM sla.packed_hours WHERE (indicator_id, hour) IN (SELECT * FROM unknown)
"""
_UPSERT_ACTIVITY = """
INSERT INTO sla.indicator_activity AS stored (indicator_id, last_sample_at, last_received_at)
SELECT latest.indicator_id, latest.at, $3 FROM unnest($1::uuid[], $2::timestamptz[]) AS latest(indicator_id, at)
ON CONFLICT (indicator_id) DO UPDATE SET
    last_sample_at = greatest(stored.last_sample_at, EXCLUDED.last_sample_at),
    last_received_at = greatest(stored.last_received_at, EXCLUDED.last_received_at)
"""
_MARK_SERIES_SEEN = """
UPDATE sla.series SET last_seen = $2 WHERE id = ANY($1) AND last_seen < $2::timestamptz - interval '5 minutes'
"""


async def load_hours(
    connection: asyncpg.Connection, needed: Mapping[UUID, Sequence[int]]
) -> dict[UUID, dict[int, StoredHour]]:
    """Load the needed hours of each indicator; hours that were never stored are left out."""
    stored: dict[UUID, dict[int, StoredHour]] = {indicator: {} for indicator in needed}
    pairs = [(indicator, to_hour_start(hour)) for indicator, hours in needed.items() for hour in hours]
    if not pairs:
        return stored
    for indicator, hour, samples, minutes, observed in await connection.fetch(_SELECT_HOURS, *_columns(pairs)):
        stored[indicator][(hour - EPOCH) // timedelta(hours=1)] = StoredHour(samples, minutes, observed)
    return stored


async def save_hours(connection: asyncpg.Connection, changed: HoursByIndicator) -> int:
    """Save changed hours, delete the minutes of hours that became unknown, and return how many hours there were."""
    rows = [
        (indicator, to_hour_start(number), hour)
        for indicator, hours in changed.items()
        for number, hour in hours.items()
    ]
    for column, table in _TABLES_BY_COLUMN.items():
        packed = [(*key, getattr(hour, column)) for *key, hour in rows if getattr(hour, column) is not None]
        if packed:
            await connection.execute(_UPSERT_HOURS.format(table=table, column=column), *_columns(packed))
    unknown = [(indicator, start) for indicator, start, hour in rows if hour.minutes is None]
    if unknown:
        await connection.execute(_DELETE_MINUTES, *_columns(unknown))
    return len(rows)


async def upsert_activity(
    connection: asyncpg.Connection, last_samples: Mapping[UUID, int], received_at: datetime
) -> None:
    """Record when each indicator was last pushed to, and the time (ms) of its latest sample."""
    rows = [(indicator, EPOCH + timedelta(milliseconds=at)) for indicator, at in sorted(last_samples.items())]
    if rows:
        await connection.execute(_UPSERT_ACTIVITY, *_columns(rows), received_at)


async def mark_series_seen(connection: asyncpg.Connection, series: Sequence[int], received_at: datetime) -> None:
    if series:
        await connection.execute(_MARK_SERIES_SEEN, series, received_at)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
