"""Folds pending batches into packed hours: each batch once, in the transaction that takes it off the pending list."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import structlog

from common.service import Duty, Runtime
from sla.indicators.definition import Definition
from sla.measurements import hour_store, log
from sla.measurements.bindings import Bindings
from sla.measurements.minutes import EPOCH, milliseconds
from sla.measurements.packed_hours import Hour
from sla.measurements.points import unpack_push
from sla.measurements.sent import Sent, united
from sla.measurements.settings import PushSettings
from sla.measurements.shares import series_of, shared

REFOLDED_AT_ONCE = 200
"""Batches of a refold that one cycle goes through."""
LATEST = datetime(9999, 1, 1, tzinfo=UTC)

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('sla.fold', 0))"
_PATIENCE = """
SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min';
SET LOCAL transaction_timeout = 0; SET LOCAL transaction_timeout = '5min'
"""
"""Batches that touch very many hours take their time; cut short, they would come up again and again."""
_TO_REFOLD = "SELECT * FROM sla.refolds WHERE done_at IS NULL ORDER BY id LIMIT 1 FOR UPDATE"
_REFOLDED = "UPDATE sla.refolds SET done_at = now() WHERE id = $1"
_GONE_THROUGH = """
UPDATE sla.refolds SET after_batch = $2, batches = batches + $3, hours_changed = hours_changed + $4 WHERE id = $1
"""

logger = structlog.get_logger(__name__)


class Folder:
    """One per replica; in the database only one at a time gets to work."""

    def __init__(self, settings: PushSettings) -> None:
        self._settings = settings
        self._bindings = Bindings()

    async def run(self, runtime: Runtime) -> None:
        """Until nothing is pending."""
        more = True
        while more:
            more = await self.cycle(await runtime.pool())

    async def cycle(self, pool: asyncpg.Pool) -> bool:
        """Whether there was anything to do; all of it in one transaction."""
        async with pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(_LOCK):
                return False
            await connection.execute(_PATIENCE)
            batches = await log.pending(connection, self._settings.fold_at_once)
            # Read after the batches: whatever was acknowledged after an indicator was defined finds it defined.
            await self._bindings.refresh(connection)
            sent = await self._unpacked(connection, batches)
            if batches:
                received_at = max(batch.received_at for batch in batches)
                await self._fold(connection, sent, received_at, self._bindings.index.definitions)
                await hour_store.note_seen(connection, series_of(sent), received_at)
                await log.done(connection, batches)
            return await self._refold(connection) or bool(batches)

    async def _unpacked(self, connection: asyncpg.Connection, batches: list[log.Batch]) -> Sent:
        parts = []
        for batch in list(batches):
            try:
                parts.append(Sent(*unpack_push(batch.packed)))
            except ValueError as error:
                logger.exception("push_cannot_be_folded", batch=batch.id)
                await log.set_aside(connection, batch, str(error))
                batches.remove(batch)
        return await asyncio.to_thread(united, parts)

    async def _fold(
        self,
        connection: asyncpg.Connection,
        sent: Sent,
        received_at: datetime,
        definitions: Mapping[UUID, Definition],
    ) -> int:
        """For the indicators in `definitions`; how many of their hours changed."""
        bound = await self._bindings.of(connection, series_of(sent))
        shares = shared(sent, bound, definitions, self._bindings.until)
        stored = await hour_store.read(connection, {one: share.needed for one, share in shares.items()})

        def folded() -> dict[UUID, dict[int, Hour]]:
            return {one: share.fold(stored[one]) for one, share in shares.items()}

        changed = await asyncio.to_thread(folded)
        await hour_store.note_late(connection, stored, changed, received_at, self._settings.late_after)
        await hour_store.note_activity(
            connection, {one: int(share.at.max()) for one, share in shares.items()}, received_at
        )
        return await hour_store.write(connection, changed)

    async def _refold(self, connection: asyncpg.Connection) -> bool:
        """One step of the oldest refold: what the log holds is added to a set that may have it already."""
        request = await connection.fetchrow(_TO_REFOLD)
        if request is None:
            return False
        window_from, window_to = request["window_from"] or EPOCH, request["window_to"] or LATEST
        batches = await log.after(connection, request["after_batch"], REFOLDED_AT_ONCE, window_from)
        if not batches:
            await connection.execute(_REFOLDED, request["id"])
            return True
        sent = await self._unpacked(connection, list(batches))
        sent = sent.between(milliseconds(window_from), milliseconds(window_to))
        only = {request["indicator_id"]: self._bindings.index.definitions[request["indicator_id"]]}
        changed = await self._fold(connection, sent, max(batch.received_at for batch in batches), only)
        await connection.execute(_GONE_THROUGH, request["id"], batches[-1].id, len(batches), changed)
        return True


def duty(settings: PushSettings) -> Duty:
    return Duty("fold-measurements", settings.fold_every, Folder(settings).run)
