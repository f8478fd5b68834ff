"""Agreements that planned maintenance and waivers touch."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.corrections.model import CorrectionDue

Problem = Callable[[httpx.Response], tuple[int, str]]

HOURS = {"timezone": "Europe/Paris", "hours": "24x7"}


@dataclass(frozen=True)
class Works:
    """Planned maintenance of the shop, over HTTP; now is Tuesday, 3 February 2026, 12:00 UTC."""

    shop: Any
    clock: FakeClock

    async def signed(self, **changes: Any) -> dict[str, Any]:
        policy = {"notice": "PT72H", "cap": "PT8H"}
        found: dict[str, Any] = await self.shop.signed(**{"service_hours": HOURS, "maintenance": policy} | changes)
        return found

    async def post(self, path: str, body: Any = None, who: dict[str, str] | None = None) -> httpx.Response:
        found: httpx.Response = await self.shop.sla.client.post(path, json=body, headers=who or self.shop.manager)
        return found

    async def get(self, path: str, who: dict[str, str] | None = None) -> httpx.Response:
        found: httpx.Response = await self.shop.sla.client.get(path, headers=who or self.shop.manager)
        return found

    async def announce(self, *windows: tuple[str, str], **changes: Any) -> dict[str, Any]:
        answer = await self.announced(*windows, **changes)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def announced(self, *windows: tuple[str, str], **changes: Any) -> httpx.Response:
        body = {
            "title": "Database upgrade",
            "reason": "Out of support",
            "affects": {"service_ids": [str(self.shop.service_id)]},
            "windows": [{"from": f"2026-02-{start}:00Z", "to": f"2026-02-{end}:00Z"} for start, end in windows],
        }
        return await self.post("/maintenance", body | changes)

    async def step(self, found: dict[str, Any], step: str, who: dict[str, str], **body: Any) -> httpx.Response:
        return await self.post(f"/maintenance/{found['id']}/{step}", body or None, who)

    async def rewindow(self, found: dict[str, Any], *windows: tuple[str, str], match: str = "*") -> httpx.Response:
        if match == "*":
            match = (await self.get(f"/maintenance/{found['id']}")).headers["etag"]
        body = {"windows": [{"from": f"2026-02-{one}:00Z", "to": f"2026-02-{two}:00Z"} for one, two in windows]}
        answer: httpx.Response = await self.shop.sla.client.put(
            f"/maintenance/{found['id']}/windows", json=body, headers=self.shop.manager | {"If-Match": match}
        )
        return answer

    async def considered(
        self, agreement: dict[str, Any], start: str = "2026-02-01", end: str = "2026-03-01", **more: str
    ) -> list[tuple[str, str, str]]:
        query = {"from": f"{start}T00:00:00Z", "to": f"{end}T00:00:00Z"} | more
        path = f"/agreements/{agreement['id']}/exclusions"
        answer = await self.shop.sla.client.get(path, params=query, headers=self.shop.manager)
        assert answer.status_code == 200, answer.text
        return [(one["from"][8:16], one["to"][8:16], one["outcome"]) for one in answer.json()["items"]]

    def at(self, day: int, hour: int = 0, minute: int = 0) -> None:
        self.clock.now = datetime(2026, 2, day, hour, minute, tzinfo=UTC)

    @property
    def second(self) -> dict[str, str]:
        """Another manager than who announced it."""
        found: dict[str, str] = self.shop.headers("manager", subject="second")
        return found


@pytest.fixture
def works(shop: Any, clock: FakeClock) -> Works:
    return Works(shop, clock)


@pytest.fixture
def problem() -> Problem:
    return lambda answer: (answer.status_code, answer.json()["type"].rsplit("/", 1)[1])


async def corrections(sla: ServiceUnderTest) -> list[tuple[str, datetime, datetime]]:
    """What is to be looked at again, in the order in which it was asked for."""
    async with sla.begin() as work:
        found = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))
        return [(str(one.agreement_id), one.window_from, one.window_to) for one in found]
