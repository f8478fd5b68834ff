"""The one way to update the hours of indicators: under their locks, in a transaction that has time for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import asyncpg

from common.database.transient_errors import is_transient
from common.error_descriptions import describe_error
from common.jobs.retries import upsert_failed_item
from common.runtime import Runtime
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.ingest.push_log import LoggedPush, mark_unreadable
from sla.measurements.rollup import store
from sla.measurements.rollup.hours import Changes, StoredHours
from sla.measurements.rollup.indicator_input import IndicatorInput
from sla.measurements.rollup.jobs import refolds
from sla.measurements.rollup.late_arrivals import upsert_late_arrivals

# A version of this service that knows no workers holds the lock of roll-ups alone, so that they wait while it runs.
_TRY_LOCK_ROLLUP = "SELECT pg_try_advisory_xact_lock_shared(hashtextextended('sla.fold', 0))"
_LOCK_INDICATORS = """
SELECT id FROM sla.indicators JOIN unnest($1::uuid[], $2::int[]) AS read(id, version) USING (id, version)
ORDER BY id FOR NO KEY UPDATE OF indicators SKIP LOCKED
"""
_EXTEND_TIMEOUTS = """
SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = '5min'
"""
"""Pushes that touch very many hours take long; a transaction cut short would be tried again and again."""


class RollupResult(NamedTuple):
    hours_changed: int
    failed_indicators: Mapping[UUID, Exception]
    """The indicators that could not be rolled up, and why."""


@asynccontextmanager
async def begin_rollup(runtime: Runtime) -> AsyncIterator[asyncpg.Connection | None]:
    """Open a transaction in which hours are updated; yield None while an older version of the service does it."""
    async with (await runtime.get_pool()).acquire() as connection, connection.transaction():
        is_locked = await connection.fetchval(_TRY_LOCK_ROLLUP)
        if is_locked:
            await connection.execute(_EXTEND_TIMEOUTS)
        yield connection if is_locked else None


async def lock_indicators(connection: asyncpg.Connection, versions: Mapping[UUID, int]) -> set[UUID]:
    """Lock the indicators whose hours are to be updated, each at the version in which its definition was read.

    Return those that no other transaction holds, and that were not changed since.
    """
    columns = list(versions.keys()), list(versions.values())
    return {row["id"] for row in await connection.fetch(_LOCK_INDICATORS, *columns)} if versions else set()


async def update_hours(
    connection: asyncpg.Connection,
    inputs: Sequence[tuple[UUID, IndicatorInput]],
    received_at: datetime,
    late_after: timedelta,
) -> RollupResult:
    """Roll locked indicators up together; after a failure in halves, so that a bad one keeps no other waiting."""
    if not inputs:
        return RollupResult(0, {})
    try:
        async with connection.transaction():
            return RollupResult(await _update_together(connection, dict(inputs), received_at, late_after), {})
    except Exception as error:
        if is_transient(error):
            raise
        if len(inputs) == 1:
            return RollupResult(0, {inputs[0][0]: error})
    middle = len(inputs) // 2
    first = await update_hours(connection, inputs[:middle], received_at, late_after)
    second = await update_hours(connection, inputs[middle:], received_at, late_after)
    failed_indicators = {**first.failed_indicators, **second.failed_indicators}
    return RollupResult(first.hours_changed + second.hours_changed, failed_indicators)


async def _update_together(
    connection: asyncpg.Connection, inputs: Mapping[UUID, IndicatorInput], received_at: datetime, late_after: timedelta
) -> int:
    """Roll indicators up and save what changed; return how many hours did."""
    needed = {indicator_id: one_input.needed_hours for indicator_id, one_input in inputs.items()}
    stored = await store.load_hours(connection, needed)
    await _load_missing_parts(connection, inputs, stored)

    def compute() -> dict[UUID, Changes]:
        return {indicator_id: one_input.roll_up(stored[indicator_id]) for indicator_id, one_input in inputs.items()}

    changes = await asyncio.to_thread(compute)
    await upsert_late_arrivals(connection, stored, changes, received_at, late_after)
    return await store.save_changes(connection, changes)


async def _load_missing_parts(
    connection: asyncpg.Connection, inputs: Mapping[UUID, IndicatorInput], stored: Mapping[UUID, StoredHours]
) -> None:
    """Load the large parts that are needed; which ones follows from those that were loaded before."""

    def list_missing() -> list[tuple[UUID, int]]:
        return [
            (indicator_id, start)
            for indicator_id, one_input in inputs.items()
            for start in one_input.list_missing_parts(stored[indicator_id])
        ]

    while missing := await asyncio.to_thread(list_missing):
        await store.load_large_parts(connection, stored, missing)


async def unpack_pushes(
    runtime: Runtime, connection: asyncpg.Connection, pushes: Sequence[LoggedPush]
) -> tuple[DataPoints, list[LoggedPush]]:
    """Unpack and merge pushes; set those aside that cannot be read, and return the others with their data."""
    parts, readable = [], []
    for push in pushes:
        try:
            parts.append(DataPoints.unpack(push.packed))
            readable.append(push)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one push concerns no other
            if await mark_unreadable(connection, push, describe_error(error)):
                await upsert_failed_item(runtime, refolds.JOB_NAME, refolds.retry_item(push.id), error)
    return await asyncio.to_thread(merge_data_points, parts), readable
