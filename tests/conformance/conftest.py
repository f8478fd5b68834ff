"""Black-box cases: each is a request, and fields that its answer must have."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from common.testing.plugin import StartService

Play = Callable[[str, Path], Awaitable[list[str]]]


@pytest.fixture
def own() -> Path:
    """The cases that come with the project."""
    return Path(__file__).parent / "cases"


@pytest.fixture
async def play(start_service: StartService, headers: Callable[[str], dict[str, str]]) -> Play:
    """Send every case of a file to an address of the sla service; answers a line for each that went wrong.

    Fields must be equal to the letter, instants included: they carry the offset of the calendar's zone.
    """
    sla = await start_service("sla")

    async def of(address: str, cases: Path) -> list[str]:
        wrong = []
        for case in cases_of(cases):
            answer = await sla.client.post(address, json=case["given"], headers=headers("viewer"))
            wrong += [f"{case['id']}: {difference}" for difference in differences(case["expect"], answer)]
        return wrong

    return of


def cases_of(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(path.read_text())["cases"]
    return cases


def differences(expect: dict[str, Any], answer: httpx.Response) -> list[str]:
    body = answer.json()
    if answer.status_code != expect.get("status", 200):
        return [f"answered {answer.status_code}: {answer.text}"]
    if answer.status_code != httpx.codes.OK:
        return [] if body.get("errors") else [f"refused without naming a field: {answer.text}"]
    return [f"{name} is {body[name]}, not {value}" for name, value in expect.items() if body[name] != value]
