"""A monitor's real program for tests: started with a configuration of its own, asked whether it is ready, stopped."""

import asyncio
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGTERM
from types import TracebackType
from typing import ClassVar, Self

import httpx

from rapport.child import Child, tail
from rapport.ports import HOST, free_port

START_SECONDS = 20


@dataclass
class Program(ABC):
    """Subclasses say what it is called and how it is started."""

    name: ClassVar[str]

    home: Path
    port: int = field(default_factory=free_port, kw_only=True)
    child: Child | None = field(default=None, kw_only=True)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @abstractmethod
    def options(self) -> Sequence[str]:
        """After writing its configuration."""

    async def start(self) -> None:
        program = shutil.which(self.name)
        assert program, f"the Debian package {self.name} is missing"
        self.home.mkdir(parents=True, exist_ok=True)
        listen = f"--web.listen-address={HOST}:{self.port}"
        self.child = await Child.start([program, *self.options(), listen], log=self.home / f"{self.name}.log")
        self.client = httpx.AsyncClient(base_url=f"http://{HOST}:{self.port}", timeout=10)
        await self._ready()

    async def stop(self) -> None:
        """It first sends what it still has."""
        if self.child and self.child.exit_code is None:
            await self.client.aclose()
            await self.child.stop((SIGTERM, 20.0))

    async def _ready(self) -> None:
        assert self.child
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while not await self._answers():
            assert self.child.exit_code is None, tail(self.child.log, 20)
            assert asyncio.get_running_loop().time() < deadline, tail(self.child.log, 20)
            await asyncio.sleep(0.1)

    async def _answers(self) -> bool:
        try:
            return (await self.client.get("/-/ready")).is_success
        except httpx.HTTPError:
            return False
