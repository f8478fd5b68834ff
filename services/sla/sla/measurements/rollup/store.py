"""Queries of the rollup: the stored hours and parts of many indicators at once, and last pushes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import asyncpg

from sla.measurements.minutes import HOUR_MS, from_milliseconds, to_hour_start, to_milliseconds
from sla.measurements.rollup.hour_parts import LARGE_PART_BYTES, HourPart
from sla.measurements.rollup.hours import Changes, StoredHour, StoredHours
from sla.measurements.rollup.indicator_input import IndicatorInput

_SELECT_HOURS = """
SELECT needed.indicator_id, needed.hour, p.minutes, o.observed, k.spans
FROM unnest($1::uuid[], $2::timestamptz[]) AS needed(indicator_id, hour)
JOIN sla.packed_hours p USING (indicator_id, hour)
LEFT JOIN sla.observed_hours o USING (indicator_id, hour)
LEFT JOIN sla.known_spans k USING (indicator_id, hour)
"""
_SELECT_PARTS = """
SELECT s.indicator_id, s.hour, s.series_index,
    CASE WHEN s.series_index IS NULL AND octet_length(s.samples) <= $3 THEN s.samples END AS samples
FROM unnest($1::uuid[], $2::timestamptz[]) AS needed(indicator_id, hour)
JOIN sla.sample_hours s ON s.indicator_id = needed.indicator_id
    AND s.hour >= needed.hour AND s.hour < needed.hour + interval '1 hour'
"""
_SELECT_LARGE_PARTS = """
SELECT indicator_id, hour, samples FROM sla.sample_hours
JOIN unnest($1::uuid[], $2::timestamptz[]) AS missing(indicator_id, hour) USING (indicator_id, hour)
"""
_UPSERT_PARTS = """
INSERT INTO sla.sample_hours (indicator_id, hour, samples, series_index)
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[], $4::bytea[])
ON CONFLICT (indicator_id, hour) DO UPDATE SET samples = EXCLUDED.samples, series_index = EXCLUDED.series_index
"""
_UPSERT_HOURS = """
INSERT INTO sla.{table} (indicator_id, hour, {column})
SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::bytea[])
ON CONFLICT (indicator_id, hour) DO UPDATE SET {column} = EXCLUDED.{column}
"""
_TABLES_BY_COLUMN = {"minutes": "packed_hours", "observed": "observed_hours", "spans": "known_spans"}
_DELETE_MINUTES = """
WITH unknown AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS unknown(indicator_id, hour)),
observed AS (DELETE FROM sla.observed_hours WHERE (indicator_id, hour) IN (SELECT * FROM unknown)),
spans AS (DELETE FROM sla.known_spans WHERE (indicator_id, hour) IN (SELECT * FROM unknown))
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


async def load_hours(connection: asyncpg.Connection, needed: Mapping[UUID, Sequence[int]]) -> dict[UUID, StoredHours]:
    """Load the needed hours of each indicator and their parts; of large parts only that they exist."""
    stored = {indicator: StoredHours() for indicator in needed}
    pairs = [(indicator, to_hour_start(hour)) for indicator, hours in needed.items() for hour in hours]
    if not pairs:
        return stored
    columns = _columns(pairs)
    for indicator, start, *packed in await connection.fetch(_SELECT_HOURS, *columns):
        stored[indicator].hours[to_milliseconds(start) // HOUR_MS] = StoredHour(*packed)
    for indicator, start, index, packed in await connection.fetch(_SELECT_PARTS, *columns, LARGE_PART_BYTES):
        stored[indicator].parts[to_milliseconds(start)] = HourPart(packed, index)
    return stored


async def load_large_parts(
    connection: asyncpg.Connection, stored: Mapping[UUID, StoredHours], missing: Sequence[tuple[UUID, int]]
) -> None:
    """Load large parts, given by their start (ms), into what is stored of each indicator."""
    pairs = [(indicator, from_milliseconds(start)) for indicator, start in missing]
    for indicator, start, samples in await connection.fetch(_SELECT_LARGE_PARTS, *_columns(pairs)):
        parts = stored[indicator].parts
        parts[to_milliseconds(start)] = replace(parts[to_milliseconds(start)], packed=samples)


async def save_changes(connection: asyncpg.Connection, changes: Mapping[UUID, Changes]) -> int:
    """Save changed parts and hours; return how many hours changed. Hours that became unknown lose their minutes."""
    parts = [
        (indicator, from_milliseconds(start), part.packed, part.series_index)
        for indicator, changed in changes.items()
        for start, part in changed.parts.items()
    ]
    if parts:
        await connection.execute(_UPSERT_PARTS, *_columns(parts))
    rows = [
        (indicator, to_hour_start(number), hour)
        for indicator, changed in changes.items()
        for number, hour in changed.hours.items()
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
    connection: asyncpg.Connection, inputs: Mapping[UUID, IndicatorInput], received_at: datetime
) -> None:
    """Record when each indicator was last pushed to, and the time of its latest sample."""
    rows = sorted((key, from_milliseconds(int(one_input.arrived.at.max()))) for key, one_input in inputs.items())
    if rows:
        await connection.execute(_UPSERT_ACTIVITY, *_columns(rows), received_at)


async def mark_series_seen(connection: asyncpg.Connection, series: Sequence[int], received_at: datetime) -> None:
    if series:
        await connection.execute(_MARK_SERIES_SEEN, series, received_at)


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
