"""Starts a part again when it stops by itself, later each time, and says so."""

import asyncio
from collections.abc import Callable, Sequence
from signal import Signals
from typing import Protocol

from rapport.errors import CommandError
from rapport.processes.child import ChildProcess

RESTART_PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS = 60
"""A part that ran this long has recovered: its next fall counts as the first."""


class RestartableServer(Protocol):
    @property
    def child(self) -> ChildProcess: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class KeepsFailing(CommandError):
    def __init__(self, name: str, falls: int, problem: str) -> None:
        super().__init__(f"{name} was started again {falls} times and does not stay; giving up. {problem}")


async def keep_running(
    name: str, part: RestartableServer, say: Callable[[str], None], pauses: Sequence[float] = RESTART_PAUSES
) -> None:
    """Watch `part` until cancelled; raise KeepsFailing when starting it again does not help."""
    loop = asyncio.get_running_loop()
    falls, since = 0, loop.time()
    while True:
        how = describe_exit(await part.child.wait())
        falls = 0 if loop.time() - since > STEADY_SECONDS else falls
        problem = f"{name} stopped unexpectedly ({how})"
        while True:
            if falls == len(pauses):
                raise KeepsFailing(name, falls, problem)
            say(f"{problem}; starting it again in {pauses[falls]:g} s")
            await asyncio.sleep(pauses[falls])
            falls += 1
            try:
                await part.stop()
                await part.start()
            except CommandError as trouble:
                problem = str(trouble)
            else:
                break
        since = loop.time()
        say(f"{name} is back")


def describe_exit(code: int) -> str:
    return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"
