"""A server program that runs as a child process: started, waited for, stopped or killed."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from signal import SIGKILL, SIGTERM, Signals
from types import TracebackType
from typing import ClassVar, Self

from rapport.errors import StartFailed
from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail


class ServerProgram(ABC):
    """A server program; a subclass's `start` sets `child` and returns when the program answers."""

    name: ClassVar[str]
    """What it is called in messages."""
    stop_signals: ClassVar[Sequence[tuple[Signals, float]]] = ((SIGTERM, 20.0),)
    """The signals that stop it, in turn, and the seconds to wait after each."""
    _child: ChildProcess | None = None

    @property
    def child(self) -> ChildProcess:
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child

    @child.setter
    def child(self, child: ChildProcess) -> None:
        self._child = child

    @property
    def pid(self) -> int:
        return self.child.pid

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @abstractmethod
    async def start(self) -> None: ...

    async def stop(self) -> None:
        """Stop the program in good order, if it runs."""
        if self._child and self._child.exit_code is None:
            await self._child.stop(*self.stop_signals)

    async def kill(self) -> None:
        """Kill the program, as a crash would."""
        self.child.signal(SIGKILL)
        await self.child.wait()

    async def wait_until_answering(
        self, answers: Callable[[], Awaitable[bool]], seconds: float, every: float = 0.1
    ) -> None:
        """Wait until it `answers`. Raise StartFailed, with the end of its log, if it ends or takes longer."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not await answers():
            if self.child.exit_code is not None or loop.time() > deadline:
                raise StartFailed(self.name, self.child.log, read_log_tail(self.child.log))
            await asyncio.sleep(every)
