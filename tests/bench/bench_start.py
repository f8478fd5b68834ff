"""Start: seconds from the command to the first answer of /readyz, and the memory of all processes once they idle."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import psutil
from figures import Aim, Figure
from house import House, scratch, until_ready

from rapport.postgres.server import Postgres
from rapport.processes.child import ChildProcess
from rapport.processes.ports import HOST, find_free_port

ROUNDS = 3
"""At the most: a round starts everything twice."""
IDLE = 20
"""Seconds until connections that only the start needed are given back."""
MB = 1_000_000
COMMAND = Path(sys.executable).with_name("rapport")


async def run(_house: House, rounds: int) -> list[Figure]:
    first_starts, existing = _Sides(), _Sides()
    rss, pss = _Sides(), _Sides()
    for _ in range(min(rounds, ROUNDS)):
        with scratch() as home:
            first_starts.add(await _up(home, None), await _postgres(home / "alone"))
            existing.add(await _up(home, (rss, pss)), await _postgres(home / "alone"))
    alone, parts = "PostgreSQL alone, initdb included", "PostgreSQL and the broker among them"
    ten, memory = Aim("ours", "<=", 10), Aim("ours", "<=", 500)
    return [
        first_starts.figure("rapport up on no data", "s", alone, ten),
        existing.figure("rapport up on its data", "s", "PostgreSQL alone, on its data", ten),
        rss.figure("all processes idle, sum of RSS", "MB", parts, memory),
        pss.figure("all processes idle, sum of PSS", "MB", parts, None),
    ]


class _Sides:
    def __init__(self) -> None:
        self._ours: list[float] = []
        self._limit: list[float] = []

    def add(self, ours: float, limit: float) -> None:
        self._ours.append(ours)
        self._limit.append(limit)

    def figure(self, name: str, unit: str, limit: str, aim: Aim | None) -> Figure:
        return Figure("start", name, unit, "less", self._ours, self._limit, limit, aim)


async def _up(home: Path, memory: tuple[_Sides, _Sides] | None) -> float:
    """Seconds to the first answer; then measures `memory` if asked to, and stops in good order."""
    port = find_free_port()
    began = time.perf_counter()
    words = [str(COMMAND), "up", "--data", str(home / "data"), "--port", str(port)]
    child = await ChildProcess.start(words, log=home / "up.log")
    try:
        await until_ready(f"http://{HOST}:{port}/readyz", child)
        took = time.perf_counter() - began
        if memory:
            await asyncio.sleep(IDLE)
            _measure(psutil.Process(child.pid), *memory)
    finally:
        await child.stop((signal.SIGINT, 30.0))
    return took


def _measure(rapport: psutil.Process, rss: _Sides, pss: _Sides) -> None:
    own = rapport.memory_full_info()
    parts = [child.memory_full_info() for child in rapport.children(recursive=True)]
    for sides, name in ((rss, "rss"), (pss, "pss")):
        beside = sum(getattr(part, name) for part in parts)
        sides.add((getattr(own, name) + beside) / MB, beside / MB)


async def _postgres(home: Path) -> float:
    began = time.perf_counter()
    async with Postgres(home):
        return time.perf_counter() - began
