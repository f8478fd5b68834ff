"""The rollup worker of each replica: rolls waiting input up, and goes through the push log again for refolds."""

# A step is one transaction that holds the lock of one indicator, so that the workers of all replicas share what waits,
# and none of them works on an indicator that another one has. A worker that is killed leaves nothing behind.

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import asyncpg

from common.database.transient_errors import is_transient
from common.jobs.retries import list_items_on_hold, upsert_failed_item
from common.runtime import Runtime
from common.service import PeriodicJob
from sla.indicators.definition import IndicatorDefinition
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.ingest import push_log
from sla.measurements.minutes import to_milliseconds
from sla.measurements.rollup import store
from sla.measurements.rollup.indicator_input import IndicatorInput, distinct_series, split_by_indicator
from sla.measurements.rollup.jobs import refolds
from sla.measurements.rollup.jobs.hour_updates import begin_rollup, unpack_pushes, update_hours
from sla.measurements.rollup.jobs.waiting_rollups import (
    WaitingInput,
    delete_waiting_rollups,
    list_waiting,
    lock_ready_stretch,
)
from sla.measurements.rollup.series_roles import SeriesRoleCache
from sla.measurements.settings import PushSettings

JOB_NAME = "roll-up-waiting"
INTERVAL = timedelta(seconds=1)
REFOLD_BATCHES_PER_STEP = 200
"""Pushes of a refold that one transaction rolls up."""

_HAS_WORK = """
SELECT EXISTS (SELECT FROM sla.waiting_rollups) OR EXISTS (SELECT FROM sla.refolds WHERE done_at IS NULL)
"""


class RollupWorker:
    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._series_roles = SeriesRoleCache()

    async def run(self, runtime: Runtime) -> None:
        """Go on until nothing is ready that no other worker has, and no refold is due."""
        pool = await runtime.get_pool()
        while await pool.fetchval(_HAS_WORK):
            if not await self._roll_up_waiting(runtime) | await self._run_refold_step(runtime):
                return

    async def _roll_up_waiting(self, runtime: Runtime) -> bool:
        """Roll up what waits of one indicator in one stretch of time; return whether anything did."""
        async with begin_rollup(runtime) as connection:
            stretch = connection and await lock_ready_stretch(connection)
            if not connection or not stretch:
                return False
            waiting = await list_waiting(connection, stretch)
            if waiting:
                await self._roll_up_stretch(connection, stretch.indicator_id, waiting)
                await delete_waiting_rollups(connection, waiting)
        return True

    async def _roll_up_stretch(
        self, connection: asyncpg.Connection, indicator_id: UUID, waiting: list[WaitingInput]
    ) -> None:
        """Roll waiting input up; after a failure ask for a refold from its first push on."""
        await self._series_roles.refresh(connection)
        failed_indicators: Mapping[UUID, Exception] = {
            key: error for key, error in self._series_roles.unreadable.items() if key == indicator_id
        }
        definition = None if failed_indicators else self._series_roles.get_definition(indicator_id)
        if definition is not None:
            parts = [DataPoints.unpack(waiting_input.packed) for waiting_input in waiting]
            inputs = await self._split(connection, await asyncio.to_thread(merge_data_points, parts), definition)
            received_at = max(waiting_input.received_at for waiting_input in waiting)
            result = await update_hours(connection, list(inputs.items()), received_at, self._settings.late_after)
            failed_indicators = result.failed_indicators
        first_push = min(waiting_input.first_push for waiting_input in waiting)
        await refolds.upsert_refolds(connection, failed_indicators, first_push)

    async def _split(
        self,
        connection: asyncpg.Connection,
        data: DataPoints,
        definition: IndicatorDefinition,
        *,
        from_whole_set: bool = False,
    ) -> dict[UUID, IndicatorInput]:
        """Return the input of the indicator, if the data holds any."""
        roles = await self._series_roles.load_roles(connection, distinct_series(data))
        definitions = {definition.indicator_id: definition}
        return await asyncio.to_thread(split_by_indicator, data, roles, definitions, from_whole_set=from_whole_set)

    async def _run_refold_step(self, runtime: Runtime) -> bool:
        """Run one step of the oldest refold that is due and not locked; return whether there was one."""
        on_hold = await list_items_on_hold(runtime, refolds.JOB_NAME)
        refold: refolds.PendingRefold | None = None
        try:
            async with begin_rollup(runtime) as connection:
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
        data, _ = await unpack_pushes(runtime, connection, pushes)
        data = data.between(to_milliseconds(refold.window_from), to_milliseconds(refold.window_to))
        received_at = max(push.received_at for push in pushes)
        inputs = await self._split(connection, data, definition, from_whole_set=True)
        result = await update_hours(connection, list(inputs.items()), received_at, self._settings.late_after)
        for error in result.failed_indicators.values():
            raise error
        await store.upsert_activity(connection, inputs, received_at)
        await refolds.save_refold_progress(connection, refold, pushes[-1].id, len(pushes), result.hours_changed)


def periodic_job(settings: PushSettings) -> PeriodicJob:
    return PeriodicJob(JOB_NAME, INTERVAL, RollupWorker(settings).run, acts_by_clock=False, in_every_replica=True)
