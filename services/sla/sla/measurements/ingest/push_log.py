"""The push log: appended to and committed before a push is acknowledged, read by the rollup job."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import asyncpg

from common.dates import MAX_CLOCK_SKEW
from common.errors import Unavailable
from sla.measurements.ingest import partitions
from sla.measurements.minutes import EPOCH

MAX_WAITING_PUSHES = 500
"""Pushes that wait for the next commit; more are refused."""
COMMIT_TIMEOUT_SECONDS = 10.0
"""How long a push waits for its commit before the sender is asked to send it again."""

_ADD_ENTRIES = """
WITH appended AS (
    INSERT INTO sla.push_batches (received_at, sender, samples, packed, measured_from)
    SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::int[], $4::bytea[], $5::timestamptz[])
    RETURNING id, received_at, measured_from
)
INSERT INTO sla.push_pending (batch_id, received_at, measured_from) SELECT * FROM appended
"""
_LIST_PENDING = """
SELECT batch_id, received_at FROM sla.push_pending WHERE problem IS NULL ORDER BY batch_id LIMIT 2000
"""
# The times are given, so that PostgreSQL looks into the partitions of these days only.
_LIST_FIRST = """
WITH pending AS (
    SELECT id, received_at, sum(samples) OVER (ORDER BY id) - samples AS samples_before
    FROM sla.push_batches WHERE id = ANY($1) AND received_at BETWEEN $2 AND $3
)
SELECT b.id, b.received_at, b.packed FROM pending JOIN sla.push_batches b USING (id, received_at)
WHERE samples_before < $4 AND b.received_at BETWEEN $2 AND $3 ORDER BY b.id
"""
_LIST_AFTER = """
SELECT id, received_at, packed FROM sla.push_batches WHERE id > $1 AND received_at >= $2 ORDER BY id LIMIT $3
"""


class PushLogEntry(NamedTuple):
    received_at: datetime
    sender: str
    samples: int
    """How many samples, histograms and buckets it holds."""
    packed: bytes
    measured_from: datetime | None = None
    """When its earliest sample was measured, if known."""


class LoggedPush(NamedTuple):
    id: int
    received_at: datetime
    packed: bytes


class PushLog:
    """Appends pushes; those that arrive while a commit is under way share the next one."""

    def __init__(self, pool: Callable[[], Awaitable[asyncpg.Pool]]) -> None:
        self._pool = pool
        self._writing = asyncio.Lock()
        self._entries: list[PushLogEntry] = []
        self._commit: asyncio.Task[None] | None = None

    async def append(self, entry: PushLogEntry) -> None:
        """Return once the entry is committed. Raise Unavailable when too many wait, or what the commit raises."""
        if len(self._entries) >= MAX_WAITING_PUSHES:
            raise Unavailable("More is pushed than can be written. Send the push again.")
        self._entries.append(entry)
        if self._commit is None:
            self._commit = asyncio.create_task(self._write())
        await asyncio.shield(self._commit)

    async def _write(self) -> None:
        async with self._writing:
            entries, self._entries, self._commit = self._entries, [], None
            async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS), (await self._pool()).acquire() as connection:
                await add_entries(connection, entries)


async def add_entries(connection: asyncpg.Connection, entries: Sequence[PushLogEntry]) -> None:
    """Add the entries in one statement, which is one transaction if none is open; create missing partitions."""
    columns = [list(column) for column in zip(*entries, strict=True)]
    try:
        await connection.execute(_ADD_ENTRIES, *columns)
    except asyncpg.CheckViolationError:
        await partitions.create_partitions(connection, {entry.received_at.date() for entry in entries})
        await connection.execute(_ADD_ENTRIES, *columns)


async def list_pending(connection: asyncpg.Connection, samples: int) -> list[LoggedPush]:
    """List the oldest pushes still to be rolled up: about so many samples, and at least one push if any is pending."""
    pending = await connection.fetch(_LIST_PENDING)
    if not pending:
        return []
    ids, times = zip(*pending, strict=True)
    return [LoggedPush(*row) for row in await connection.fetch(_LIST_FIRST, ids, min(times), max(times), samples)]


async def list_after(
    connection: asyncpg.Connection, batch_id: int, count: int, measured_from: datetime
) -> list[LoggedPush]:
    """List the next pushes that can hold samples of an instant or later ones."""
    since = max(measured_from, EPOCH + MAX_CLOCK_SKEW) - MAX_CLOCK_SKEW
    return [LoggedPush(*row) for row in await connection.fetch(_LIST_AFTER, batch_id, since, count)]


async def delete_pending(connection: asyncpg.Connection, pushes: Sequence[LoggedPush]) -> None:
    ids = [push.id for push in pushes]
    await connection.execute("DELETE FROM sla.push_pending WHERE batch_id = ANY($1)", ids)


async def mark_unreadable(connection: asyncpg.Connection, push: LoggedPush, problem: str) -> bool:
    """Take a push off the pending ones until it is retried. Return whether it was pending."""
    query = "UPDATE sla.push_pending SET problem = $2 WHERE batch_id = $1 AND problem IS NULL RETURNING true"
    return bool(await connection.fetchval(query, push.id, problem))
