"""The rollup job: takes each pending push off the list once, in the transaction that rolls it up or has it wait."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from common.runtime import Runtime
from common.service import PeriodicJob
from sla.measurements.backlog import WAITING_LOCK
from sla.measurements.data_points import DataPoints
from sla.measurements.ingest import push_log
from sla.measurements.rollup import store
from sla.measurements.rollup.indicator_input import IndicatorInput, distinct_series, split_by_indicator
from sla.measurements.rollup.jobs import refolds
from sla.measurements.rollup.jobs.hour_updates import begin_rollup, lock_indicators, unpack_pushes, update_hours
from sla.measurements.rollup.jobs.waiting_rollups import add_waiting_rollups
from sla.measurements.rollup.series_roles import SeriesRoleCache
from sla.measurements.settings import PushSettings

LARGE_INPUT_SAMPLES = 200_000
LARGE_INPUT_HOURS = 6
"""An input with more samples, histograms and buckets, or in more hours, is left to a worker.

Live pushes touch two hours at most.
"""
AWAITED_JOB_NAME = "roll-up-awaited"
WAITING_CHECK = timedelta(seconds=0.25)
"""The pause between checks whether anybody waits for pending pushes, which are rolled up at once then."""

_IS_WAITED_FOR = f"SELECT NOT pg_try_advisory_xact_lock(hashtextextended('{WAITING_LOCK}', 0))"
_TRY_LOCK_PENDING = "SELECT pg_try_advisory_xact_lock(hashtextextended('sla.pending-pushes', 0))"


class RollupJob:
    """The job of one replica; a lock in the database lets one replica work at a time."""

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._series_roles = SeriesRoleCache()

    async def run(self, runtime: Runtime) -> None:
        """Go on until no push is pending."""
        await refolds.mark_due_pushes_pending(runtime)
        await self._roll_up_all_pending(runtime)

    async def run_if_awaited(self, runtime: Runtime) -> None:
        """Roll pending pushes up if somebody waits for them."""
        if await (await runtime.get_pool()).fetchval(_IS_WAITED_FOR):
            await self._roll_up_all_pending(runtime)

    async def _roll_up_all_pending(self, runtime: Runtime) -> None:
        while await self._roll_up_pending(runtime):
            pass

    async def _roll_up_pending(self, runtime: Runtime) -> bool:
        """Take some pending pushes off the list in one transaction; return whether there were any."""
        async with begin_rollup(runtime) as connection:
            if not connection or not await connection.fetchval(_TRY_LOCK_PENDING):
                return False
            pushes = await push_log.list_pending(connection, self._settings.rollup_batch_samples)
            if not pushes:
                return False
            # Definitions are read after the pushes: a push acknowledged after its indicator was defined finds it.
            await self._series_roles.refresh(connection)
            data, pushes = await unpack_pushes(runtime, connection, pushes)
            if pushes:
                await self._roll_up(connection, data, pushes)
                await push_log.delete_pending(connection, pushes)
                await refolds.delete_retries(connection, [refolds.retry_item(push.id) for push in pushes])
            return True

    async def _roll_up(
        self, connection: asyncpg.Connection, data: DataPoints, pushes: Sequence[push_log.LoggedPush]
    ) -> None:
        """Roll data up, except that of large inputs and of indicators that others lock or changed: that waits."""
        received_at, first_push = max(push.received_at for push in pushes), pushes[0].id
        series = distinct_series(data)
        roles = await self._series_roles.load_roles(connection, series)
        definitions = self._series_roles.index.definitions
        inputs = await asyncio.to_thread(split_by_indicator, data, roles, definitions)
        small = [indicator_id for indicator_id, one_input in inputs.items() if not _is_large(one_input)]
        locked = await lock_indicators(connection, {key: self._series_roles.versions[key] for key in small})
        waiting = {key: one_input.arrived for key, one_input in inputs.items() if key not in locked}
        await add_waiting_rollups(connection, waiting, first_push, received_at)
        ready = [(key, one_input) for key, one_input in inputs.items() if key in locked]
        result = await update_hours(connection, ready, received_at, self._settings.late_after)
        await refolds.upsert_refolds(
            connection, {**self._series_roles.unreadable, **result.failed_indicators}, first_push
        )
        arrived = {key: one_input for key, one_input in inputs.items() if key not in result.failed_indicators}
        await store.upsert_activity(connection, arrived, received_at)
        await store.mark_series_seen(connection, series, received_at)


def _is_large(one_input: IndicatorInput) -> bool:
    return one_input.arrived.entry_count > LARGE_INPUT_SAMPLES or one_input.hour_count > LARGE_INPUT_HOURS


def periodic_jobs(settings: PushSettings) -> Sequence[PeriodicJob]:
    """Return the job of each interval, and the one of those who do not want to wait for it."""
    job = RollupJob(settings)
    return (
        PeriodicJob(refolds.JOB_NAME, settings.rollup_interval, job.run, acts_by_clock=False),
        PeriodicJob(AWAITED_JOB_NAME, WAITING_CHECK, job.run_if_awaited, acts_by_clock=False),
    )
