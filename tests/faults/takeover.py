"""Finds the replica that runs a job, and holds a job back until everything is set up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from signal import SIGSTOP
from typing import Any

import asyncpg
import psutil

from tests.faults.product.rig import Replica, Rig

# An advisory lock on one bigint shows its halves.
_HOLDERS = """
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database()
  AND l.classid::bigint = (hashtextextended($1, 0) >> 32) & 4294967295
  AND l.objid::bigint = hashtextextended($1, 0) & 4294967295
"""
PATIENCE = 180.0


@dataclass
class Takeover:
    rig: Rig
    connection: asyncpg.Connection
    """The superuser's, to the services' database."""

    async def holder(self, lock: str) -> Replica | None:
        """The replica that holds an advisory lock at this instant."""
        port = await self.connection.fetchval("SELECT a.client_port" + _HOLDERS, lock)
        return next((replica for replica in self.rig.replicas if port in _local_ports(replica)), None) if port else None

    async def kill_holder(self, lock: str) -> None:
        """As soon as one replica holds the lock, kill it in the middle of what it does; it stays away."""
        await (await self._wait_for_holder(lock)).kill()

    async def stop_holder(self, lock: str) -> psutil.Process:
        """The same, but it only hangs, until SIGCONT."""
        process = (await self._wait_for_holder(lock)).process
        process.send_signal(SIGSTOP)
        return process

    async def _wait_for_holder(self, lock: str) -> Replica:
        holder: Replica = await self.until(lambda: self.holder(lock), f"nobody holds {lock}")
        return holder

    async def _waits(self, waiting: asyncio.Task[str], query: str, pid: int) -> bool:
        """In the queue, or first in it already."""
        return waiting.done() or await self.count(query, pid) == 1

    async def count(self, query: str, *values: Any) -> int:
        return int(await self.connection.fetchval(query, *values))

    async def until(self, look: Callable[[], Awaitable[Any]], otherwise: str, seconds: float = PATIENCE) -> Any:
        """What `look` finds, once it finds something."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not (result := await look()):
            assert asyncio.get_running_loop().time() < deadline, otherwise
            await asyncio.sleep(0.01)
        return result

    @asynccontextmanager
    async def hold_back(self, job: str) -> AsyncIterator[None]:
        """Keep every replica from the job while the block runs: its lock is held here."""
        async with self.rig.connected() as keeper:
            lock = "SELECT pg_advisory_lock(hashtextextended($1, 0))"
            waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND pid = $1"
            waiting = asyncio.create_task(keeper.execute(lock, job, timeout=PATIENCE))
            await self.until(lambda: self._waits(waiting, waits, keeper.get_server_pid()), f"{job} is not asked for")
            await self.connection.execute("SELECT pg_terminate_backend(a.pid)" + _HOLDERS, job)
            await waiting
            yield


def _local_ports(replica: Replica) -> set[int]:
    try:
        return {connection.laddr.port for connection in replica.process.net_connections() if connection.laddr}
    except psutil.NoSuchProcess:
        return set()


@asynccontextmanager
async def open_takeover(rig: Rig) -> AsyncIterator[Takeover]:
    async with rig.connected() as connection:
        yield Takeover(rig, connection)
