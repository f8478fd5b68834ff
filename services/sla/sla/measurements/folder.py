"""Folds pending batches into packed hours: each batch once, in the transaction that takes it off the pending list."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from common.failures import is_transient
from common.service import Duty, Runtime
from common.setbacks import note, resting
from sla.indicators.definition import Definition
from sla.measurements import hour_store, log, mending
from sla.measurements.bindings import Bindings
from sla.measurements.minutes import milliseconds
from sla.measurements.packed_hours import Hour
from sla.measurements.points import unpack_push
from sla.measurements.sent import Sent, united
from sla.measurements.settings import PushSettings
from sla.measurements.shares import Share, series_of, shared

REFOLDED_AT_ONCE = 200
"""Batches of a refold that one cycle goes through."""

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('sla.fold', 0))"
_PATIENCE = """
SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = '5min'
"""
"""Batches that touch very many hours take their time; cut short, they would come up again and again."""
logger = structlog.get_logger(__name__)


class Folded(NamedTuple):
    changed: int
    """Hours."""
    failed: Mapping[UUID, Exception]
    """Indicators that could not be folded, and why."""


class Folder:
    """One per replica; in the database only one at a time gets to work."""

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._bindings = Bindings()
        self._damaged: dict[int, Exception] = {}

    async def run(self, runtime: Runtime) -> None:
        """Until nothing is pending, and nothing is to be folded again that can be."""
        pool, again = await runtime.pool(), await mending.take_up_again(runtime)
        while await self.cycle(pool) | await self._refold(runtime, pool):
            pass
        for batch, error in self._damaged.items():
            await note(runtime, mending.NAME, mending.item_of(batch), error)
        self._damaged.clear()
        await mending.heal(runtime, again)

    async def cycle(self, pool: asyncpg.Pool) -> bool:
        """Whether there was anything to fold; all of it in one transaction."""
        async with self._alone(pool) as connection:
            batches = connection and await log.pending(connection, self._settings.fold_at_once)
            if not connection or not batches:
                return False
            # Read after the batches: whatever was acknowledged after an indicator was defined finds it defined.
            await self._bindings.refresh(connection)
            sent = await self._unpacked(connection, batches)
            if batches:
                received_at = max(batch.received_at for batch in batches)
                done = await self._fold(connection, sent, received_at, self._bindings.index.definitions)
                await mending.ask(connection, done.failed, batches[0].id)
                await hour_store.note_seen(connection, series_of(sent), received_at)
                await log.done(connection, batches)
            return True

    @asynccontextmanager
    async def _alone(self, pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection | None]:
        """A transaction in which nobody else folds; null while somebody does."""
        async with pool.acquire() as connection, connection.transaction():
            mine = await connection.fetchval(_LOCK)
            if mine:
                await connection.execute(_PATIENCE)
            yield connection if mine else None

    async def _unpacked(self, connection: asyncpg.Connection, batches: list[log.Batch]) -> Sent:
        parts = []
        for batch in list(batches):
            try:
                parts.append(Sent(*unpack_push(batch.packed)))
            except Exception as error:  # noqa: BLE001 - whatever is wrong with one batch is nothing to the others
                batches.remove(batch)
                if await log.set_aside(connection, batch, f"{type(error).__name__}: {error}"):
                    self._damaged[batch.id] = error
        return await asyncio.to_thread(united, parts)

    async def _fold(
        self,
        connection: asyncpg.Connection,
        sent: Sent,
        received_at: datetime,
        definitions: Mapping[UUID, Definition],
    ) -> Folded:
        """For the indicators in `definitions`."""
        bound = await self._bindings.of(connection, series_of(sent))
        shares = shared(sent, bound, definitions, self._bindings.until)
        return await self._apart(connection, list(shares.items()), received_at)

    async def _apart(
        self, connection: asyncpg.Connection, shares: Sequence[tuple[UUID, Share]], received_at: datetime
    ) -> Folded:
        """In halves, and halves of halves, where one that cannot be folded would keep the others up."""
        try:
            async with connection.transaction():
                return Folded(await self._store(connection, dict(shares), received_at), {})
        except Exception as error:
            if is_transient(error):
                raise
            if len(shares) == 1:
                return Folded(0, {shares[0][0]: error})
        middle = len(shares) // 2
        first = await self._apart(connection, shares[:middle], received_at)
        second = await self._apart(connection, shares[middle:], received_at)
        return Folded(first.changed + second.changed, {**first.failed, **second.failed})

    async def _store(self, connection: asyncpg.Connection, shares: Mapping[UUID, Share], received_at: datetime) -> int:
        """How many hours changed."""
        stored = await hour_store.read(connection, {one: share.needed for one, share in shares.items()})

        def folded() -> dict[UUID, dict[int, Hour]]:
            return {one: share.fold(stored[one]) for one, share in shares.items()}

        changed = await asyncio.to_thread(folded)
        await hour_store.note_late(connection, stored, changed, received_at, self._settings.late_after)
        await hour_store.note_activity(
            connection, {one: int(share.at.max()) for one, share in shares.items()}, received_at
        )
        return await hour_store.write(connection, changed)

    async def _refold(self, runtime: Runtime, pool: asyncpg.Pool) -> bool:
        """One step of the oldest refold that can be done; whether there was one."""
        left_alone = await resting(runtime, mending.NAME)
        request: mending.Request | None = None
        try:
            async with self._alone(pool) as connection:
                request = connection and await mending.oldest(connection, left_alone)
                if not connection or not request:
                    return False
                await self._step(connection, request)
        except Exception as error:
            if request is None or is_transient(error):
                raise
            await note(runtime, mending.NAME, str(request.id), error)
        return True

    async def _step(self, connection: asyncpg.Connection, request: mending.Request) -> None:
        """What the log holds is added to a set that may have it already."""
        await self._bindings.refresh(connection)
        batches = await log.after(connection, request.after_batch, REFOLDED_AT_ONCE, request.window_from)
        if not batches:
            await mending.finish(connection, request)
            return
        sent = await self._unpacked(connection, list(batches))
        sent = sent.between(milliseconds(request.window_from), milliseconds(request.window_to))
        only = {request.indicator_id: self._bindings.index.definitions[request.indicator_id]}
        done = await self._fold(connection, sent, max(batch.received_at for batch in batches), only)
        for error in done.failed.values():
            raise error
        await mending.go_on(connection, request, batches[-1].id, len(batches), done.changed)


def duty(settings: PushSettings) -> Duty:
    return Duty(mending.NAME, settings.fold_every, Folder(settings).run)
