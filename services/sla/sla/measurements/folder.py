"""Folds pending batches into packed hours: each batch once, in the transaction that takes it off the pending list."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import numpy as np
import structlog

from common.service import Duty, Runtime
from sla.indicators.rules import Role
from sla.measurements import hour_store, log
from sla.measurements.bindings import Bindings, Bound
from sla.measurements.packed_hours import Hour, fold, needed_hours
from sla.measurements.samples import Samples, as_set, by_series, joined, unpack
from sla.measurements.settings import PushSettings

REFOLDED_AT_ONCE = 200
"""Batches of a refold that one cycle goes through."""

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('sla.fold', 0))"
_PATIENCE = "SET LOCAL statement_timeout = '5min'; SET LOCAL idle_in_transaction_session_timeout = '5min'"
"""Batches that touch very many hours take their time; cut short, they would come up again and again."""

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Share:
    """What one cycle brings one indicator."""

    roles: dict[int, Role] = field(default_factory=dict)
    parts: list[Samples] = field(default_factory=list)

    @property
    def samples(self) -> Samples:
        return joined(self.parts)


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
            samples = await self._unpacked(connection, batches)
            if batches:
                received_at = max(batch.received_at for batch in batches)
                await self._fold(connection, samples, received_at)
                await log.done(connection, batches)
            return await self._refold(connection) or bool(batches)

    async def _unpacked(self, connection: asyncpg.Connection, batches: list[log.Batch]) -> Samples:
        parts = []
        for batch in list(batches):
            try:
                parts.append(unpack(batch.packed))
            except ValueError as error:
                logger.exception("push_cannot_be_folded", batch=batch.id)
                await log.set_aside(connection, batch, str(error))
                batches.remove(batch)
        return await asyncio.to_thread(as_set, joined(parts))

    async def _fold(
        self, connection: asyncpg.Connection, samples: Samples, received_at: datetime, only: UUID | None = None
    ) -> None:
        starts, _ = by_series(samples)
        bound = await self._bindings.of(connection, samples.series[starts].tolist())
        shares = _shared(samples, starts.tolist(), bound, self._bindings.until, only)
        rules = {indicator: self._bindings.index.definitions[indicator].rule for indicator in shares}
        wanted = {one: needed_hours(share.samples.at, rules[one].holds) for one, share in shares.items()}
        stored = await hour_store.read(connection, wanted)

        def folded() -> dict[UUID, dict[int, Hour]]:
            return {one: fold(rules[one], share.roles, stored[one], share.samples) for one, share in shares.items()}

        changed = await asyncio.to_thread(folded)
        await hour_store.write(connection, changed)
        await hour_store.note_late(connection, stored, changed, received_at, self._settings.late_after)
        if only is None:
            latest = {one: int(share.samples.at.max()) for one, share in shares.items()}
            await hour_store.note_activity(connection, latest, received_at)
            await hour_store.note_seen(connection, samples.series[starts].tolist(), received_at)

    async def _refold(self, connection: asyncpg.Connection) -> bool:
        """One step of the oldest refold: what the log holds is added to a set that may have it already."""
        request = await connection.fetchrow("SELECT * FROM sla.refolds ORDER BY requested_at LIMIT 1 FOR UPDATE")
        if request is None:
            return False
        indicator = request["indicator_id"]
        batches = await log.after(connection, request["after_batch"], REFOLDED_AT_ONCE)
        if not batches:
            await connection.execute("DELETE FROM sla.refolds WHERE indicator_id = $1", indicator)
            return True
        samples = await self._unpacked(connection, list(batches))
        await self._fold(connection, samples, max(batch.received_at for batch in batches), only=indicator)
        step = "UPDATE sla.refolds SET after_batch = $2 WHERE indicator_id = $1"
        await connection.execute(step, indicator, batches[-1].id)
        return True


def _shared(
    samples: Samples, starts: Sequence[int], bound: Mapping[int, Bound], until: Mapping[UUID, int], only: UUID | None
) -> dict[UUID, _Share]:
    """The samples of each indicator, out of a set whose series begin at `starts`."""
    shares: dict[UUID, _Share] = defaultdict(_Share)
    for start, end in _ranges(starts, len(samples)):
        series = int(samples.series[start])
        for indicator, role in bound.get(series, ()):
            if only not in (None, indicator):
                continue
            part = samples.pick(slice(start, start + int(np.searchsorted(samples.at[start:end], until[indicator]))))
            if len(part):
                shares[indicator].roles[series] = role
                shares[indicator].parts.append(part)
    return dict(shares)


def _ranges(starts: Sequence[int], end: int) -> Iterable[tuple[int, int]]:
    return zip(starts, [*starts[1:], end], strict=True)


def duty(settings: PushSettings) -> Duty:
    return Duty("fold-measurements", settings.fold_every, Folder(settings).run)
