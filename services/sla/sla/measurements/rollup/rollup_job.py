"""The rollup job: rolls each pending push up once, in the transaction that takes it off the pending list."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from common.database.transient_errors import is_transient
from common.error_descriptions import describe_error
from common.jobs.retries import list_items_on_hold, upsert_failed_item
from common.runtime import Runtime
from common.service import PeriodicJob
from sla.indicators.definition import IndicatorDefinition
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.ingest import push_log
from sla.measurements.minutes import to_milliseconds
from sla.measurements.rollup import refolds, store
from sla.measurements.rollup.hours import Changes, StoredHours
from sla.measurements.rollup.indicator_input import IndicatorInput, distinct_series, split_by_indicator
from sla.measurements.rollup.late_arrivals import upsert_late_arrivals
from sla.measurements.rollup.series_roles import SeriesRoleCache
from sla.measurements.settings import PushSettings

REFOLD_BATCHES_PER_STEP = 200
"""Pushes of a refold that one transaction rolls up."""

_TRY_LOCK_ROLLUP = "SELECT pg_try_advisory_xact_lock(hashtextextended('sla.fold', 0))"
_EXTEND_TIMEOUTS = """
SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = '5min'
"""
"""Pushes that touch very many hours take long; a transaction cut short would be tried again and again."""
logger = structlog.get_logger(__name__)


class RollupResult(NamedTuple):
    hours_changed: int
    failed_indicators: Mapping[UUID, Exception]
    """The indicators that could not be rolled up, and why."""


class RollupJob:
    """The job of one replica; a lock in the database lets one replica work at a time."""

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._series_roles = SeriesRoleCache()

    async def run(self, runtime: Runtime) -> None:
        """Roll up until no push is pending and no refold is due."""
        await refolds.mark_due_pushes_pending(runtime)
        while await self._roll_up_pending(runtime) | await self._run_refold_step(runtime):
            pass

    async def _roll_up_pending(self, runtime: Runtime) -> bool:
        """Roll up one batch of pending pushes in one transaction; return whether there was any."""
        async with self._locked_transaction(runtime) as connection:
            pushes = connection and await push_log.list_pending(connection, self._settings.rollup_batch_samples)
            if not connection or not pushes:
                return False
            # Definitions are read after the pushes: a push acknowledged after its indicator was defined finds it.
            await self._series_roles.refresh(connection)
            data, pushes = await self._unpack(runtime, connection, pushes)
            if pushes:
                received_at = max(push.received_at for push in pushes)
                result = await self._roll_up(connection, data, received_at, self._series_roles.index.definitions)
                failed_indicators = {**self._series_roles.unreadable, **result.failed_indicators}
                await refolds.upsert_refolds(connection, failed_indicators, pushes[0].id)
                await store.mark_series_seen(connection, distinct_series(data), received_at)
                await push_log.delete_pending(connection, pushes)
                await refolds.delete_retries(connection, [refolds.retry_item(push.id) for push in pushes])
            return True

    @asynccontextmanager
    async def _locked_transaction(self, runtime: Runtime) -> AsyncIterator[asyncpg.Connection | None]:
        """Open a transaction in which no other replica rolls up; yield None while another one does."""
        async with (await runtime.get_pool()).acquire() as connection, connection.transaction():
            is_locked = await connection.fetchval(_TRY_LOCK_ROLLUP)
            if is_locked:
                await connection.execute(_EXTEND_TIMEOUTS)
            yield connection if is_locked else None

    async def _unpack(
        self, runtime: Runtime, connection: asyncpg.Connection, pushes: Sequence[push_log.LoggedPush]
    ) -> tuple[DataPoints, list[push_log.LoggedPush]]:
        """Unpack and merge pushes; set those aside that cannot be read, and return the others with their data."""
        parts, readable = [], []
        for push in pushes:
            try:
                parts.append(DataPoints.unpack(push.packed))
                readable.append(push)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one push concerns no other
                if await push_log.mark_unreadable(connection, push, describe_error(error)):
                    await upsert_failed_item(runtime, refolds.JOB_NAME, refolds.retry_item(push.id), error)
        return await asyncio.to_thread(merge_data_points, parts), readable

    async def _roll_up(
        self,
        connection: asyncpg.Connection,
        data: DataPoints,
        received_at: datetime,
        definitions: Mapping[UUID, IndicatorDefinition],
        *,
        from_whole_set: bool = False,
    ) -> RollupResult:
        """Roll data up into the hours of the indicators in `definitions`."""
        roles = await self._series_roles.load_roles(connection, distinct_series(data))
        inputs = split_by_indicator(data, roles, definitions, from_whole_set=from_whole_set)
        return await self._roll_up_apart(connection, list(inputs.items()), received_at)

    async def _roll_up_apart(
        self, connection: asyncpg.Connection, inputs: Sequence[tuple[UUID, IndicatorInput]], received_at: datetime
    ) -> RollupResult:
        """Roll indicators up together; after a failure in halves, so that one bad indicator keeps no other waiting."""
        try:
            async with connection.transaction():
                return RollupResult(await self._roll_up_together(connection, dict(inputs), received_at), {})
        except Exception as error:
            if is_transient(error):
                raise
            if len(inputs) == 1:
                return RollupResult(0, {inputs[0][0]: error})
        middle = len(inputs) // 2
        first = await self._roll_up_apart(connection, inputs[:middle], received_at)
        second = await self._roll_up_apart(connection, inputs[middle:], received_at)
        failed_indicators = {**first.failed_indicators, **second.failed_indicators}
        return RollupResult(first.hours_changed + second.hours_changed, failed_indicators)

    async def _roll_up_together(
        self, connection: asyncpg.Connection, inputs: Mapping[UUID, IndicatorInput], received_at: datetime
    ) -> int:
        """Roll indicators up and save what changed; return how many hours did."""
        needed = {indicator_id: one_input.needed_hours for indicator_id, one_input in inputs.items()}
        stored = await store.load_hours(connection, needed)
        await self._load_missing_parts(connection, inputs, stored)

        def compute() -> dict[UUID, Changes]:
            return {indicator_id: one_input.roll_up(stored[indicator_id]) for indicator_id, one_input in inputs.items()}

        changes = await asyncio.to_thread(compute)
        await upsert_late_arrivals(connection, stored, changes, received_at, self._settings.late_after)
        last_samples = {indicator_id: int(one_input.arrived.at.max()) for indicator_id, one_input in inputs.items()}
        await store.upsert_activity(connection, last_samples, received_at)
        return await store.save_changes(connection, changes)

    async def _load_missing_parts(
        self, connection: asyncpg.Connection, inputs: Mapping[UUID, IndicatorInput], stored: Mapping[UUID, StoredHours]
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

    async def _run_refold_step(self, runtime: Runtime) -> bool:
        """Run one step of the oldest refold that is not on hold; return whether there was one."""
        on_hold = await list_items_on_hold(runtime, refolds.JOB_NAME)
        refold: refolds.PendingRefold | None = None
        try:
            async with self._locked_transaction(runtime) as connection:
                refold = connection and await refolds.lock_oldest_refold(connection, on_hold)
                if not connection or not refold:
                    return False
                await self._roll_up_again(runtime, connection, refold)
        except Exception as error:
            if refold is None or is_transient(error):
                raise
            await upsert_failed_item(runtime, refolds.JOB_NAME, str(refold.id), error)
        return True

    async def _roll_up_again(
        self, runtime: Runtime, connection: asyncpg.Connection, refold: refolds.PendingRefold
    ) -> None:
        """Add the next logged pushes to the indicator's hours, which are sets and may hold them already."""
        await self._series_roles.refresh(connection)
        definition = self._series_roles.get_definition(refold.indicator_id)
        pushes = await push_log.list_after(connection, refold.after_batch, REFOLD_BATCHES_PER_STEP, refold.window_from)
        if definition is None or not pushes:
            await refolds.mark_refold_done(connection, refold)
            return
        data, _ = await self._unpack(runtime, connection, pushes)
        data = data.between(to_milliseconds(refold.window_from), to_milliseconds(refold.window_to))
        received_at = max(push.received_at for push in pushes)
        definitions = {refold.indicator_id: definition}
        result = await self._roll_up(connection, data, received_at, definitions, from_whole_set=True)
        for error in result.failed_indicators.values():
            raise error
        await refolds.save_refold_progress(connection, refold, pushes[-1].id, len(pushes), result.hours_changed)


def periodic_job(settings: PushSettings) -> PeriodicJob:
    return PeriodicJob(refolds.JOB_NAME, settings.rollup_interval, RollupJob(settings).run, acts_by_clock=False)
