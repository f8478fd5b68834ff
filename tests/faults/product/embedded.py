"""`rapport up` in place of the rig's own processes: the product itself brings back what was killed under it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import psutil

from rapport.postgres.server import Postgres
from rapport.processes.child import ChildProcess
from rapport.processes.ports import find_free_port
from tests.faults.product.rig import READY_SECONDS, Replica, Rig
from tests.processes import descendants

DATABASE = "rapport"


class RapportUp(Replica):
    """The process `rapport up`; the others are its children and die with it."""

    async def start(self) -> None:
        command = [str(Path(sys.executable).with_name("rapport")), "up", "--port", str(self.port)]
        for option, value in self.plan.items():
            command += [f"--{option}", str(value)]
        self.child = await ChildProcess.start(command, log=self.home / "up.log")
        await self.ready()


@dataclass
class SupervisedProcess:
    """A child of `rapport up`, whose supervisor starts it again: it is killed here, and awaited."""

    owner: RapportUp
    name: str
    bootstrap: str = ""

    @property
    def pid(self) -> int:
        return self._processes()[0].pid

    def _processes(self) -> list[psutil.Process]:
        return descendants(self.owner.process.pid, self.name)

    async def kill(self) -> None:
        process = psutil.Process(self.pid)
        process.send_signal(SIGKILL)
        await asyncio.to_thread(process.wait)

    async def start(self) -> None:
        async with asyncio.timeout(READY_SECONDS):
            await self._wait_until_back()
        await self.owner.ready()

    async def _wait_until_back(self) -> None:
        while True:
            if self._processes():
                return
            await asyncio.sleep(0.1)

    async def restart_empty(self) -> None:
        await self.kill()
        await self.start()

    async def stop(self) -> None:
        """It ends with its owner."""


@asynccontextmanager
async def run_rapport_up(home: Path) -> AsyncIterator[Rig]:
    data, postgres_port = home / "data", find_free_port()
    owner = RapportUp(home, {"data": data, "postgres-port": postgres_port, "broker-port": find_free_port()})
    await owner.start()
    try:
        admin_url = Postgres(data / "postgres", port=postgres_port).dsn(DATABASE)
        parts = SupervisedProcess(owner, "postgres"), SupervisedProcess(owner, "tansu")
        yield Rig(home, parts[0], admin_url, parts[1], [owner], data, issuer=owner.url)
    finally:
        await owner.stop()
