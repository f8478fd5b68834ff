"""POST /sla/v1/clock answers every case as it must."""

from collections.abc import Awaitable, Callable
from pathlib import Path

Play = Callable[[str, Path], Awaitable[list[str]]]


async def test_shared_cases(play: Play, shared: Path) -> None:
    assert await play("/clock", shared / "conformance" / "clock.yaml") == []


async def test_own_cases(play: Play, own: Path) -> None:
    assert await play("/clock", own / "clock.yaml") == []
