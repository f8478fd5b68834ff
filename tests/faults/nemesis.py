"""The nemesis: breaks one thing after another, by a seed, and mends what does not mend itself."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from signal import SIGCONT, SIGKILL, SIGSTOP

import asyncpg
import psutil

from tests.faults.product.rig import Replica, Rig
from tests.processes import signal_all

SHORT, MIDDLE, LONG = 0.5, 2.0, 9.0
SERVICES_OF = "SELECT pid FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid() ORDER BY pid"


@dataclass
class Nemesis:
    rig: Rig
    random: Random
    pauses: tuple[float, ...] = (SHORT, MIDDLE, LONG)
    counts: Counter[str] = field(default_factory=Counter)
    healed: list[tuple[str, float]] = field(default_factory=list)
    """Kind of fault, and the monotonic time from which nothing was broken any more."""
    _deck: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            "kill_service": self.kill_service,
            "pause_service": self.pause_service,
            "kill_all_services": self.kill_all_services,
            "kill_postgres": self.kill_postgres,
            "kill_backend": self.kill_backend,
            "terminate_backends": self.terminate_backends,
            "pause_postgres": self.pause_postgres,
            "kill_broker": self.kill_broker,
            "empty_broker": self.empty_broker,
            "pause_broker": self.pause_broker,
        }

    async def run(self, seconds: float, kinds: tuple[str, ...] = ()) -> None:
        """Until the time is over; each kind (all, if none are named) comes once before any comes again."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await asyncio.sleep(self.random.uniform(0.3, 3))
            await self.strike(self._draw(kinds or tuple(self.faults)))

    async def strike(self, kind: str) -> None:
        await self.faults[kind]()
        self.counts[kind] += 1
        self.healed.append((kind, time.monotonic()))

    def _draw(self, kinds: tuple[str, ...]) -> str:
        if not self._deck:
            self._deck = self.random.sample(kinds, len(kinds))
        return self._deck.pop()

    async def _moment(self) -> None:
        await asyncio.sleep(self.random.uniform(0, 1))

    async def _paused(self, *processes: psutil.Process) -> None:
        signal_all(processes, SIGSTOP)
        try:
            await asyncio.sleep(self.random.choice(self.pauses))
        finally:
            signal_all(processes, SIGCONT)

    async def kill_service(self) -> None:
        await self._killed(self.random.choice(self.rig.replicas))

    async def kill_all_services(self) -> None:
        await asyncio.gather(*(self._killed(replica) for replica in self.rig.replicas))

    async def _killed(self, replica: Replica) -> None:
        await replica.kill()
        await self._moment()
        await replica.start()

    async def pause_service(self) -> None:
        await self._paused(self.random.choice(self.rig.replicas).process)

    async def kill_postgres(self) -> None:
        await self.rig.postgres.kill()
        await self._moment()
        await self.rig.postgres.start()

    async def kill_backend(self) -> None:
        """PostgreSQL then ends all others and recovers by itself."""
        async with self.rig.connected() as connection:
            pids = [row["pid"] for row in await connection.fetch(SERVICES_OF, self.rig.database)]
        if pids:
            with suppress(ProcessLookupError):
                os.kill(self.random.choice(pids), SIGKILL)
        await self._postgres_answers()

    async def terminate_backends(self) -> None:
        async with self.rig.connected() as connection:
            for row in await connection.fetch(SERVICES_OF, self.rig.database):
                if self.random.random() < 0.5:
                    await connection.execute("SELECT pg_terminate_backend($1)", row["pid"])

    async def pause_postgres(self) -> None:
        """The whole server stands still, as on a machine that swaps."""
        server = psutil.Process(self.rig.postgres.pid)
        await self._paused(server, *server.children())

    async def _postgres_answers(self) -> None:
        while True:
            with suppress(OSError, asyncpg.PostgresError, TimeoutError):
                async with self.rig.connected() as connection:
                    await connection.execute("SELECT 1")
                    return
            await asyncio.sleep(0.1)

    async def kill_broker(self) -> None:
        await self.rig.broker.kill()
        await self._moment()
        await self.rig.broker.start()

    async def empty_broker(self) -> None:
        await self.rig.broker.restart_empty()

    async def pause_broker(self) -> None:
        await self._paused(psutil.Process(self.rig.broker.pid))
