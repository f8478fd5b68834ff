"""The log of pushes: appended to and committed before a push is acknowledged, read by the folder."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

import asyncpg

from common.database.transient_errors import is_transient
from common.errors import Unavailable
from sla.measurements.ingest import decoded_push, partitions
from sla.measurements.minutes import EPOCH

MAX_WAITING_PUSHES = 500
"""Pushes of one commit at the most."""
MAX_CLOCK_SKEW = timedelta(milliseconds=decoded_push.MAX_CLOCK_SKEW_MS)
COMMIT_TIMEOUT_SECONDS = 10.0
"""Seconds a push waits for its commit before the sender is asked to come again."""

_APPEND = """
WITH appended AS (
    INSERT INTO sla.push_batches (received_at, sender, samples, packed)
    SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::int[], $4::bytea[])
    RETURNING id, received_at
)
INSERT INTO sla.push_pending (batch_id, received_at) SELECT id, received_at FROM appended
"""
_PENDING = """
SELECT p.batch_id, p.received_at, b.samples
FROM sla.push_pending p JOIN sla.push_batches b ON b.id = p.batch_id AND b.received_at = p.received_at
WHERE p.problem IS NULL ORDER BY p.batch_id LIMIT 2000
"""
_READ = """
SELECT b.id, b.received_at, b.packed
FROM unnest($1::bigint[], $2::timestamptz[]) AS wanted(id, received_at)
JOIN sla.push_batches b USING (id, received_at)
"""
_AFTER = """
SELECT id, received_at, packed FROM sla.push_batches WHERE id > $1 AND received_at >= $2 ORDER BY id LIMIT $3
"""
_LATEST = "SELECT id, received_at, packed FROM sla.push_batches ORDER BY id DESC LIMIT $1"


@dataclass(frozen=True, slots=True)
class PushLogEntry:
    received_at: datetime
    sender: str
    samples: int
    packed: bytes


@dataclass(frozen=True, slots=True)
class LoggedPush:
    id: int
    received_at: datetime
    packed: bytes


class PushLog:
    """Appends; pushes that arrive while a commit is under way share the next one."""

    def __init__(self, pool: Callable[[], Awaitable[asyncpg.Pool]]) -> None:
        self._pool = pool
        self._writing = asyncio.Lock()
        self._entries: list[PushLogEntry] = []
        self._commit: asyncio.Task[None] | None = None

    async def append(self, entry: PushLogEntry) -> None:
        """Return once the entry is committed. Raise Unavailable when it cannot be said to be."""
        if len(self._entries) >= MAX_WAITING_PUSHES:
            raise Unavailable("More is pushed than can be written down.")
        self._entries.append(entry)
        if self._commit is None:
            self._commit = asyncio.create_task(self._write())
        await asyncio.shield(self._commit)

    async def _write(self) -> None:
        async with self._writing:
            entries, self._entries, self._commit = self._entries, [], None
            try:
                async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS), (await self._pool()).acquire() as connection:
                    await add_entries(connection, entries)
            except Exception as error:
                if is_transient(error):
                    raise Unavailable("The push could not be written down.") from error
                raise


async def add_entries(connection: asyncpg.Connection, entries: Sequence[PushLogEntry]) -> None:
    """In one statement, which is one transaction if none is open."""
    columns = (
        [entry.received_at for entry in entries],
        [entry.sender for entry in entries],
        [entry.samples for entry in entries],
        [entry.packed for entry in entries],
    )
    try:
        await connection.execute(_APPEND, *columns)
    except asyncpg.CheckViolationError:
        first = min(columns[0]).date()
        await partitions.create_partitions(connection, first, (max(columns[0]).date() - first + timedelta(days=1)).days)
        await connection.execute(_APPEND, *columns)


async def list_pending(connection: asyncpg.Connection, samples: int) -> list[LoggedPush]:
    """The oldest batches still to be folded: about as many samples, and at least one batch if there is any."""
    rows = await connection.fetch(_PENDING)
    sums = accumulate(row["samples"] for row in rows)
    taken = [row for row, total in zip(rows, sums, strict=True) if total - row["samples"] < samples]
    found = await connection.fetch(_READ, [row["batch_id"] for row in taken], [row["received_at"] for row in taken])
    return [LoggedPush(*row) for row in found]


async def list_after(
    connection: asyncpg.Connection, batch_id: int, count: int, measured_from: datetime
) -> list[LoggedPush]:
    """The next batches that can hold samples of an instant or later ones."""
    since = max(measured_from, EPOCH + MAX_CLOCK_SKEW) - MAX_CLOCK_SKEW
    return [LoggedPush(*row) for row in await connection.fetch(_AFTER, batch_id, since, count)]


async def list_latest(connection: asyncpg.Connection, count: int) -> list[LoggedPush]:
    """Those written down last."""
    return [LoggedPush(*row) for row in await connection.fetch(_LATEST, count)]


async def delete_pending(connection: asyncpg.Connection, batches: Sequence[LoggedPush]) -> None:
    ids = [batch.id for batch in batches]
    await connection.execute("DELETE FROM sla.push_pending WHERE batch_id = ANY($1)", ids)


async def mark_unreadable(connection: asyncpg.Connection, batch: LoggedPush, problem: str) -> bool:
    """Whether it was pending."""
    query = "UPDATE sla.push_pending SET problem = $2 WHERE batch_id = $1 RETURNING true"
    return bool(await connection.fetchval(query, batch.id, problem))
