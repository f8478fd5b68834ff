"""A child process with a log file that never outlives this process."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from signal import SIGKILL, Signals

from rapport.processes.log_files import open_log

EXEC_WITH_PARENT = Path(__file__).with_name("exec_with_parent.py")


class ChildProcess:
    """One running program; start it from the main thread, because Linux ties its life to the starting thread."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self.log = log

    @classmethod
    async def start(
        cls,
        argv: Sequence[str],
        *,
        log: Path,
        user: tuple[int, int] | None = None,
        death_signal: Signals = SIGKILL,
    ) -> "ChildProcess":
        """Run `argv`, as `user` (uid, gid) if root; `death_signal` reaches it when this process dies."""
        uid, gid = user or (os.geteuid(), os.getegid())
        launcher = (sys.executable, "-I", "-S", EXEC_WITH_PARENT, int(death_signal), os.getpid(), uid, gid)
        with open_log(log) as out:
            process = await asyncio.create_subprocess_exec(
                *(str(word) for word in (*launcher, *argv)), stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.returncode

    async def wait(self) -> int:
        return await self._process.wait()

    def signal(self, number: Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def stop(self, *signals: tuple[Signals, float]) -> int:
        """Send each signal in turn and wait its seconds; kill the process at the end."""
        for number, seconds in signals:
            self.signal(number)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(self.wait(), seconds)
        self.signal(SIGKILL)
        return await self.wait()
