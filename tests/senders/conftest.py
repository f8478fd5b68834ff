"""The senders have to be there: in CI the absence of one is a failure, elsewhere it is said."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.caller import Caller
from tests.journeys.conftest import House, house
from tests.senders.unreliable import Unreliable, unreliable

__all__ = ["house"]

PACKAGES = ("prometheus", "prometheus-alertmanager")
BUILT = Path(__file__).parents[2] / ".cache" / "senders"
PATIENCE = 60
"""Seconds until what was sent has to be measured."""


@pytest.fixture(autouse=True)
def _packages() -> None:
    missing = [package for package in PACKAGES if shutil.which(package) is None]
    if not missing:
        return
    message = f"of Debian's packages {', '.join(missing)} are missing (apt-get install): the real senders sent nothing"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def find_built_program(name: str) -> str:
    """Return the path of a program that `make test-senders` builds, or skip the test on a machine without Go."""
    program = BUILT / name
    if not program.exists():
        pytest.skip(f"{program} is missing, which `make test-senders` builds where Go is installed")
    return str(program)


@dataclass
class Receiver:
    """A running Rapport behind something unreliable, and a key to push with."""

    house: House
    manager: Caller
    key: str
    between: Unreliable

    def define(self, **fields: Any) -> str:
        return str(self.manager.post("/sla/v1/indicators", {"name": "Sent", "holds_for": 60} | fields)["id"])

    def minutes(self, indicator: str, began: float) -> Mapping[str, Any]:
        """From the minute before it began to this one."""
        start, end = int(began // 60) - 1, int(time.time() // 60) + 1
        instants = [datetime.fromtimestamp(60 * minute, UTC).isoformat() for minute in (start, end)]
        minutes: Mapping[str, Any] = self.manager.get(
            f"/sla/v1/indicators/{indicator}/minutes", **{"from": instants[0], "to": instants[1]}
        )
        return minutes

    def sums(self, indicator: str, began: float) -> tuple[int, int]:
        """Good and total."""
        minutes = self.minutes(indicator, began)
        return sum(minutes["good"]), sum(minutes["total"])


async def until(look: Callable[[], Any], expected: Any) -> None:
    """Wait until a look gives what is expected."""
    deadline = time.monotonic() + PATIENCE
    while (value := look()) != expected:
        assert time.monotonic() < deadline, f"{value} instead of {expected}"
        await asyncio.sleep(0.5)


@pytest.fixture
def receiver(house: House) -> Iterator[Receiver]:
    with Caller(house, house.token("manager")) as manager, Caller(house, house.token("admin")) as admin:
        key = admin.post("/sla/v1/api-keys", {"name": f"sender {time.time_ns()}"})["key"]
        with unreliable(house.url) as between:
            yield Receiver(house, manager, key, between)
