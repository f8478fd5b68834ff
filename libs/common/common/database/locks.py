"""Advisory locks: one replica at a time does what only one may do; its death frees the lock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

LOCK_KEY = "hashtextextended($1, 0)"
TIMEOUT_SECONDS = 5.0
"""For an answer; whoever gets none has to assume that the lock is lost."""


class AdvisoryLocks:
    """All locks of one process in one database, held by one connection: each connection costs the server a process."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()
        self._names: set[str] = set()

    @asynccontextmanager
    async def acquire(self, name: str, retry: float) -> AsyncIterator["LockSession"]:
        """Wait for the lock `name`, asking every `retry` seconds."""
        while True:
            hold = await self._take(name)
            if hold:
                break
            await asyncio.sleep(retry)
        try:
            yield hold
        finally:
            self._names.discard(name)
            await hold.release(name)

    async def get_session(self) -> "LockSession":
        """The connection as it is now, for locks of other forms; they are lost with it."""
        async with self._turn:
            return LockSession(await self._alive(), self._turn)

    async def _take(self, name: str) -> "LockSession | None":
        async with self._turn:
            # To its own session PostgreSQL would give the same lock twice.
            if name in self._names:
                return None
            connection = await self._alive()
            try:
                got = await connection.fetchval(
                    f"SELECT pg_try_advisory_lock({LOCK_KEY})", name, timeout=TIMEOUT_SECONDS
                )
            except BaseException:
                # Perhaps it was given: only the end of the session is sure to give it back.
                connection.terminate()
                raise
            if not got:
                return None
            self._names.add(name)
            return LockSession(connection, self._turn)

    async def _alive(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()


@dataclass(frozen=True, slots=True)
class LockSession:
    connection: asyncpg.Connection
    mutex: asyncio.Lock

    async def check_alive(self) -> None:
        """Raise if the lock was lost: it lives as long as its connection."""
        await self.fetch_value("SELECT 1")

    async def fetch_value(self, query: str, *values: object) -> Any:
        """What the one statement gives. Raise if the connection is lost, and every lock with it."""
        async with self.mutex:
            return await self.connection.fetchval(query, *values, timeout=TIMEOUT_SECONDS)

    async def release(self, name: str) -> None:
        try:
            await self.fetch_value(f"SELECT pg_advisory_unlock({LOCK_KEY})", name)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.connection.terminate()
