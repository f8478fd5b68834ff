"""Advisory locks: one replica at a time does the work; its death frees the lock."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

LOCK_KEY = "hashtextextended($1, 0)"
TIMEOUT_SECONDS = 5.0
"""The seconds to wait for an answer; without one the lock counts as lost."""
HEARD_SECONDS = 2.0
"""The seconds for which an answer shows that the connection lives, to all who hold locks on it."""


class AdvisoryLocks:
    """All locks of one process in one database, on one connection, as each connection costs the server a process."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._session: LockSession | None = None
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
            return await self._alive()

    async def _take(self, name: str) -> "LockSession | None":
        async with self._mutex:
            # PostgreSQL would grant the same lock to its own session twice.
            if name in self._names:
                return None
            session = await self._alive()
            try:
                is_granted = await session.connection.fetchval(
                    f"SELECT pg_try_advisory_lock({LOCK_KEY})", name, timeout=TIMEOUT_SECONDS
                )
            except BaseException:
                # The lock may have been granted: only the end of the session surely frees it.
                session.connection.terminate()
                raise
            if not is_granted:
                return None
            self._names.add(name)
            return session

    async def _alive(self) -> "LockSession":
        if self._session is None or self._session.connection.is_closed():
            self._session = LockSession(await self._connect(), self._mutex)
        return self._session

    def close(self) -> None:
        if self._session is not None:
            self._session.connection.terminate()


@dataclass(slots=True)
class LockSession:
    """The connection of a process's locks, which all of them are lost with."""

    connection: asyncpg.Connection
    mutex: asyncio.Lock
    heard_at: float = 0.0
    """When it last answered, by the monotonic clock."""

    async def check_alive(self) -> None:
        """Raise if the lock was lost: it lives as long as its connection."""
        if self.connection.is_closed() or time.monotonic() - self.heard_at > HEARD_SECONDS:
            await self.fetch_value("SELECT 1")

    async def fetch_value(self, query: str, *values: object) -> Any:
        """Return the one value of the query. Raise if the connection is lost, and every lock with it."""
        rows = await self.fetch(query, *values)
        return rows[0][0] if rows else None

    async def fetch(self, query: str, *values: object, seconds: float = TIMEOUT_SECONDS) -> list[asyncpg.Record]:
        """Return the rows of the query. Raise if the connection is lost, and every lock with it."""
        async with self.mutex:
            rows: list[asyncpg.Record] = await self.connection.fetch(query, *values, timeout=seconds)
            self.heard_at = time.monotonic()
            return rows

    async def release(self, name: str) -> None:
        try:
            await self.fetch_value(f"SELECT pg_advisory_unlock({LOCK_KEY})", name)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            self.connection.terminate()
