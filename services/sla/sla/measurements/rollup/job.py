"""Folds pending batches into packed hours: each batch once, in the transaction that takes it off the pending list."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from common.database.transient_errors import is_transient
from common.jobs.retries import list_items_on_hold, upsert_failed_item
from common.service import PeriodicJob, Runtime
from sla.indicators.definition import IndicatorDefinition
from sla.measurements.data_points import DataPoints, merge_data_points
from sla.measurements.ingest import push_log
from sla.measurements.minutes import to_milliseconds
from sla.measurements.rollup import refolds, store
from sla.measurements.rollup.indicator_input import IndicatorInput, distinct_series, split_by_indicator
from sla.measurements.rollup.sample_hours import StoredHour
from sla.measurements.rollup.series_roles import SeriesRoleCache
from sla.measurements.settings import PushSettings

REFOLD_BATCHES_PER_CYCLE = 200
"""Batches of a refold that one cycle goes through."""

_TRY_LOCK_ROLLUP = "SELECT pg_try_advisory_xact_lock(hashtextextended('sla.fold', 0))"
_EXTEND_TIMEOUTS = """
SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = '5min'
"""
"""Batches that touch very many hours take their time; cut short, they would come up again and again."""
logger = structlog.get_logger(__name__)


class RollupResult(NamedTuple):
    hours_changed: int
    """Hours."""
    failed_indicators: Mapping[UUID, Exception]
    """Indicators that could not be folded, and why."""


class RollupJob:
    """One per replica; in the database only one at a time gets to work."""

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._bindings = SeriesRoleCache()
        self._damaged: dict[int, Exception] = {}

    async def run(self, runtime: Runtime) -> None:
        """Until nothing is pending, and nothing is to be folded again that can be."""
        pool, again = await runtime.get_pool(), await refolds.mark_due_batches_pending(runtime)
        while await self.roll_up_pending(pool) | await self._refold(runtime, pool):
            pass
        for batch, error in self._damaged.items():
            await upsert_failed_item(runtime, refolds.JOB_NAME, refolds.retry_item(batch), error)
        self._damaged.clear()
        await refolds.delete_resolved_retries(runtime, again)

    async def roll_up_pending(self, pool: asyncpg.Pool) -> bool:
        """Whether there was anything to fold; all of it in one transaction."""
        async with self._alone(pool) as connection:
            batches = connection and await push_log.list_pending(connection, self._settings.rollup_batch_samples)
            if not connection or not batches:
                return False
            # Read after the batches: whatever was acknowledged after an indicator was defined finds it defined.
            await self._bindings.refresh(connection)
            sent = await self._unpacked(connection, batches)
            if batches:
                received_at = max(batch.received_at for batch in batches)
                done = await self._fold(connection, sent, received_at, self._bindings.index.definitions)
                await refolds.upsert_refolds(connection, done.failed_indicators, batches[0].id)
                await store.mark_series_seen(connection, distinct_series(sent), received_at)
                await push_log.delete_pending(connection, batches)
            return True

    @asynccontextmanager
    async def _alone(self, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection | None]:
        """A transaction in which nobody else folds; null while somebody does."""
        async with pool.acquire() as connection, connection.transaction():
            mine = await connection.fetchval(_TRY_LOCK_ROLLUP)
            if mine:
                await connection.execute(_EXTEND_TIMEOUTS)
            yield connection if mine else None

    async def _unpacked(self, connection: asyncpg.Connection, batches: list[push_log.LoggedPush]) -> DataPoints:
        parts = []
        for batch in list(batches):
            try:
                parts.append(DataPoints.unpack(batch.packed))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one batch is nothing to the others
                batches.remove(batch)
                if await push_log.mark_unreadable(connection, batch, f"{type(error).__name__}: {error}"):
                    self._damaged[batch.id] = error
        return await asyncio.to_thread(merge_data_points, parts)

    async def _fold(
        self,
        connection: asyncpg.Connection,
        sent: DataPoints,
        received_at: datetime,
        definitions: Mapping[UUID, IndicatorDefinition],
    ) -> RollupResult:
        """For the indicators in `definitions`."""
        bound = await self._bindings.load_roles(connection, distinct_series(sent))
        shares = split_by_indicator(sent, bound, definitions, self._bindings.takes_samples_until)
        return await self._apart(connection, list(shares.items()), received_at)

    async def _apart(
        self, connection: asyncpg.Connection, shares: Sequence[tuple[UUID, IndicatorInput]], received_at: datetime
    ) -> RollupResult:
        """In halves, and halves of halves, where one that cannot be folded would keep the others up."""
        try:
            async with connection.transaction():
                return RollupResult(await self._store(connection, dict(shares), received_at), {})
        except Exception as error:
            if is_transient(error):
                raise
            if len(shares) == 1:
                return RollupResult(0, {shares[0][0]: error})
        middle = len(shares) // 2
        first = await self._apart(connection, shares[:middle], received_at)
        second = await self._apart(connection, shares[middle:], received_at)
        return RollupResult(
            first.hours_changed + second.hours_changed, {**first.failed_indicators, **second.failed_indicators}
        )

    async def _store(
        self, connection: asyncpg.Connection, shares: Mapping[UUID, IndicatorInput], received_at: datetime
    ) -> int:
        """How many hours changed."""
        stored = await store.load_hours(connection, {one: share.needed_hours for one, share in shares.items()})

        def folded() -> dict[UUID, dict[int, StoredHour]]:
            return {one: share.roll_up(stored[one]) for one, share in shares.items()}

        changed = await asyncio.to_thread(folded)
        await store.upsert_late_arrivals(connection, stored, changed, received_at, self._settings.late_after)
        await store.upsert_activity(
            connection, {one: int(share.at.max()) for one, share in shares.items()}, received_at
        )
        return await store.save_hours(connection, changed)

    async def _refold(self, runtime: Runtime, pool: asyncpg.Pool) -> bool:
        """One step of the oldest refold that can be done; whether there was one."""
        left_alone = await list_items_on_hold(runtime, refolds.JOB_NAME)
        request: refolds.PendingRefold | None = None
        try:
            async with self._alone(pool) as connection:
                request = connection and await refolds.lock_oldest_refold(connection, left_alone)
                if not connection or not request:
                    return False
                await self._step(connection, request)
        except Exception as error:
            if request is None or is_transient(error):
                raise
            await upsert_failed_item(runtime, refolds.JOB_NAME, str(request.id), error)
        return True

    async def _step(self, connection: asyncpg.Connection, request: refolds.PendingRefold) -> None:
        """What the log holds is added to a set that may have it already."""
        await self._bindings.refresh(connection)
        batches = await push_log.list_after(
            connection, request.after_batch, REFOLD_BATCHES_PER_CYCLE, request.window_from
        )
        if not batches:
            await refolds.mark_refold_done(connection, request)
            return
        sent = await self._unpacked(connection, list(batches))
        sent = sent.between(to_milliseconds(request.window_from), to_milliseconds(request.window_to))
        only = {request.indicator_id: self._bindings.index.definitions[request.indicator_id]}
        done = await self._fold(connection, sent, max(batch.received_at for batch in batches), only)
        for error in done.failed_indicators.values():
            raise error
        await refolds.save_refold_progress(connection, request, batches[-1].id, len(batches), done.hours_changed)


def periodic_job(settings: PushSettings) -> PeriodicJob:
    return PeriodicJob(refolds.JOB_NAME, settings.rollup_interval, RollupJob(settings).run)
