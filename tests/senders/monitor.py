"""A monitor's real program for tests: started with a configuration of its own, asked whether it is ready, stopped."""

import shutil
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import httpx

from rapport.processes.child import ChildProcess
from rapport.processes.ports import HOST, find_free_port
from rapport.processes.program import ServerProgram

START_SECONDS = 20


@dataclass
class Monitor(ServerProgram):
    """Subclasses say what it is called and how it is started. Stopped, it first sends what it still has."""

    listen_option: ClassVar[str] = "--web.listen-address"
    ready_path: ClassVar[str] = "/-/ready"
    home: Path
    port: int = field(default_factory=find_free_port, kw_only=True)
    program: str | None = field(default=None, kw_only=True)
    """Its path, if it is not the one that Debian installs under its name."""

    @abstractmethod
    def options(self) -> Sequence[str]:
        """After writing its configuration."""

    async def start(self) -> None:
        program = self.program or shutil.which(self.name)
        assert program, f"the Debian package {self.name} is missing"
        self.home.mkdir(parents=True, exist_ok=True)
        listen = f"{self.listen_option}={HOST}:{self.port}"
        self.child = await ChildProcess.start([program, *self.options(), listen], log=self.home / f"{self.name}.log")
        self.client = httpx.AsyncClient(base_url=f"http://{HOST}:{self.port}", timeout=10)
        await self.wait_until_answering(self._ready, START_SECONDS)

    async def stop(self) -> None:
        if self._child and self._child.exit_code is None:
            await self.client.aclose()
        await super().stop()

    async def _ready(self) -> bool:
        try:
            return (await self.client.get(self.ready_path)).is_success
        except httpx.HTTPError:
            return False
