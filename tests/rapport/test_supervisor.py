"""What falls is started again, and given up when that does not help."""

import asyncio
from pathlib import Path

import pytest

from rapport.processes.child import ChildProcess
from rapport.processes.program import ServerProgram
from rapport.processes.supervisor import KeepsFailing, keep_running


class Tool(ServerProgram):
    """A part that runs a program of the system."""

    name = "A tool"

    def __init__(self, home: Path, *argv: str) -> None:
        self._home = home
        self._argv = argv
        self.starts = 0

    async def start(self) -> None:
        self.starts += 1
        self.child = await ChildProcess.start(self._argv, log=self._home / "program.log")


async def test_what_falls_again_and_again_is_given_up_with_its_exit_code(place: Path) -> None:
    part, messages = Tool(place, "/bin/sh", "-c", "exit 3"), list[str]()
    await part.start()
    with pytest.raises(KeepsFailing, match=r"The sun .* 2 times.*exit code 3"):
        await keep_running("The sun", part, messages.append, pauses=(0.01, 0.02))
    assert part.starts == 3
    assert "The sun stopped unexpectedly (exit code 3); starting it again in 0.01 s" in messages


async def test_what_was_killed_is_started_once_more(place: Path) -> None:
    part, messages, back = Tool(place, "/bin/sleep", "600"), list[str](), asyncio.Event()

    def hear(line: str) -> None:
        messages.append(line)
        if line == "The sun is back":
            back.set()

    await part.start()
    keeper = asyncio.create_task(keep_running("The sun", part, hear, pauses=(0.01,)))
    await part.child.stop()
    await asyncio.wait_for(back.wait(), 10)
    keeper.cancel()
    await part.stop()
    assert part.starts == 2
    assert messages[0].startswith("The sun stopped unexpectedly (killed by SIGKILL)")
