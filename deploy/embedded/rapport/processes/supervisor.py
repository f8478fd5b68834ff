"""Restarts a server that stops by itself, after a longer pause each time."""

import asyncio
from collections.abc import Callable, Sequence
from signal import Signals
from typing import Protocol

from rapport.errors import CommandError
from rapport.processes.child import ChildProcess

RESTART_PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0)
STEADY_SECONDS = 60
"""A server that ran this long has recovered: its next failure counts as the first."""


class RestartableServer(Protocol):
    @property
    def child(self) -> ChildProcess: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class KeepsFailing(CommandError):
    def __init__(self, name: str, failures: int, problem: str) -> None:
        super().__init__(f"{name} was started again {failures} times and does not stay; giving up. {problem}")


async def keep_running(
    name: str, server: RestartableServer, say: Callable[[str], None], pauses: Sequence[float] = RESTART_PAUSES
) -> None:
    """Watch the server until cancelled; raise KeepsFailing when restarts do not help."""
    loop = asyncio.get_running_loop()
    failures, since = 0, loop.time()
    while True:
        reason = describe_exit(await server.child.wait())
        failures = 0 if loop.time() - since > STEADY_SECONDS else failures
        problem = f"{name} stopped unexpectedly ({reason})"
        while True:
            if failures == len(pauses):
                raise KeepsFailing(name, failures, problem)
            say(f"{problem}; starting it again in {pauses[failures]:g} s")
            await asyncio.sleep(pauses[failures])
            failures += 1
            try:
                await server.stop()
                await server.start()
            except CommandError as error:
                problem = str(error)
            else:
                break
        since = loop.time()
        say(f"{name} is back")


def describe_exit(code: int) -> str:
    return f"killed by {Signals(-code).name}" if code < 0 else f"exit code {code}"
