"""Advisory locks: one replica at a time does the work; its death frees the lock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

LOCK_KEY = "hashtextextended($1, 0)"
TIMEOUT_SECONDS = 5.0
"""The seconds to wait for an answer; without one the lock counts as lost."""


class AdvisoryLocks:
    """All locks of one process in one database, on one connection, as each connection costs the server a process."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None
        self._mutex = asyncio.Lock()
        self._names: set[str] = set()

    @asynccontextmanager
    async def acquire(self, name: str, retry: float) -> AsyncIterator["LockSession"]:
        """Wait for the lock `name`, trying every `retry` seconds."""
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
        """Return the current connection, for locks of other forms; they are lost with it."""
        async with self._mutex:
            return LockSession(await self._alive(), self._mutex)

    async def _take(self, name: str) -> "LockSession | None":
        async with self._mutex:
            # PostgreSQL would grant the same lock to its own session twice.
            if name in self._names:
                return None
            connection = await self._alive()
            try:
                is_granted = await connection.fetchval(
                    f"SELECT pg_try_advisory_lock({LOCK_KEY})", name, timeout=TIMEOUT_SECONDS
                )
            except BaseException:
                # The lock may have been granted: only the end of the session surely frees it.
                connection.terminate()
                raise
            if not is_granted:
                return None
            self._names.add(name)
            return LockSession(connection, self._mutex)

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
        """Return the one value of the query. Raise if the connection is lost, and every lock with it."""
        async with self.mutex:
            return await self.connection.fetchval(query, *values, timeout=TIMEOUT_SECONDS)

    async def release(self, name: str) -> None:
        try:
            await self.fetch_value(f"SELECT pg_advisory_unlock({LOCK_KEY})", name)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.connection.terminate()
