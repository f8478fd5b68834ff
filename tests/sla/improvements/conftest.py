"""Improvements on their way through the improvements, and minutes to measure them by."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from sqlalchemy import insert

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.event import Event
from sla.measurements.minutes import MinuteState, pack_hour
from sla.measurements.model import PackedHour
from tests.sla.conftest import SlaClient

Days = Mapping[date, int]
"""Bad minutes of each day."""
Lay = Callable[[UUID, Days], Awaitable[None]]


@pytest.fixture
def lay(sla: ServiceUnderTest) -> Lay:
    """Whole days of minutes of an indicator, as the rollup job writes them."""

    async def of(indicator_id: UUID, days: Days) -> None:
        rows = [
            {"indicator_id": indicator_id, "hour": _start(day) + timedelta(hours=number), "minutes": _packed(missed)}
            for day, bad in days.items()
            for number, missed in enumerate(min(60, max(0, bad - 60 * number)) for number in range(24))
        ]
        async with sla.begin() as work:
            await work.session.execute(insert(PackedHour), rows)

    return of


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@cache
def _packed(bad: int) -> bytes | None:
    state = np.array([MinuteState.BAD] * bad + [MinuteState.GOOD] * (60 - bad), np.uint8)
    return pack_hour((state == MinuteState.GOOD).astype(np.int64), np.ones(60, np.int64), state)


def days(first: date, bad: list[int]) -> dict[date, int]:
    return {first + timedelta(days=number): missed for number, missed in enumerate(bad)}


class ImprovementClient:
    """A client that takes improvements through the register over HTTP."""

    def __init__(self, sla_client: SlaClient, control_id: UUID, clock: FakeClock) -> None:
        self.sla_client, self.control_id, self.clock = sla_client, control_id, clock

    @property
    def owner(self) -> dict[str, str]:
        headers: dict[str, str] = self.sla_client.headers("owner")
        return headers

    def registration(self, **changes: Any) -> dict[str, Any]:
        """Daily, on the shop's indicator; the baseline are the twelve days before 3 February 2026."""
        usual = {
            "measure": {"kind": "indicator", "indicator_id": str(self.sla_client.indicator_id)},
            "direction": "increase",
            "smallest_effect": "0.5",
            "granularity": "day",
            "baseline_from": "2026-01-22",
            "baseline_until": "2026-02-02",
            "control": {"kind": "indicator", "indicator_id": str(self.control_id)},
            "placebo_on": "2026-01-28",
            "periods_after": 4,
        }
        return usual | changes

    async def propose(self, **changes: Any) -> dict[str, Any]:
        body = {"title": "A second cache node", "customer_ids": [str(self.sla_client.customer_id)]} | changes
        answer = await self.sla_client.sla.client.post("/improvements", json=body, headers=self.owner)
        assert answer.status_code == 201, answer.text
        proposed: dict[str, Any] = answer.json()
        return proposed

    async def read(self, key: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        view: dict[str, Any] = (
            await self.sla_client.sla.client.get(f"/improvements/{key}", headers=headers or self.sla_client.manager)
        ).json()
        return view

    async def register(self, key: str, **changes: Any) -> httpx.Response:
        path = f"/improvements/{key}"
        etag = (await self.sla_client.sla.client.get(path, headers=self.owner)).headers["etag"]
        body = self.registration(**changes)
        answer: httpx.Response = await self.sla_client.sla.client.put(
            f"{path}/registration", json=body, headers=self.owner | {"If-Match": etag}
        )
        return answer

    async def step(
        self, key: str, step: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        answer: httpx.Response = await self.sla_client.sla.client.post(
            f"/improvements/{key}/{step}", json=body, headers=headers or self.sla_client.manager
        )
        return answer

    async def reach(self, state: str) -> str:
        """A new improvement in this state."""
        key: str = (await self.propose())["id"]
        for step_from, step, body in STEPS:
            if state == step_from:
                break
            if step == "approval":
                assert (await self.register(key)).status_code == 200
            answer = await self.step(key, step, body)
            assert answer.status_code == 201, answer.text
        return key

    async def run_verification_job(self) -> None:
        """Run the periodic job that verifies improvements."""
        job = next(job for job in self.sla_client.sla.service.periodic_jobs if job.name == "verify-improvements")
        await job.run(self.sla_client.sla.runtime)


ASSESSMENT = {"benefit": "no more outages", "effort": "three days"}
STEPS: list[tuple[str, str, Any]] = [
    ("proposed", "assessment", ASSESSMENT),
    ("assessed", "approval", None),
    ("approved", "start", None),
    ("in_progress", "implementation", {"outcome": "a second node is in place"}),
    ("implemented", "", None),
]


@pytest.fixture
async def improvements(sla_client: SlaClient, clock: FakeClock) -> ImprovementClient:
    body = {"name": "Shop of another site", "kind": "availability"}
    defined = await sla_client.sla.client.post("/indicators", json=body, headers=sla_client.manager)
    return ImprovementClient(sla_client, UUID(defined.json()["id"]), clock)


async def emitted(sla: ServiceUnderTest, kind: type[Event]) -> list[Any]:
    return [event for event in await sla.list_emitted_events() if isinstance(event, kind)]
