"""A client of planned maintenance and waivers over HTTP."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.corrections.model import CorrectionDue
from tests.sla.conftest import SlaClient

HOURS = {"timezone": "Europe/Paris", "hours": "24x7"}


@dataclass(frozen=True)
class MaintenanceClient:
    """Announce and decide on maintenance of the shop; now is Tuesday, 3 February 2026, 12:00 UTC."""

    sla_client: SlaClient
    clock: FakeClock

    async def signed(self, **changes: Any) -> dict[str, Any]:
        policy = {"notice": "PT72H", "cap": "PT8H"}
        return await self.sla_client.signed(**{"service_hours": HOURS, "maintenance": policy} | changes)

    async def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.sla_client.sla.client.post(path, json=body, headers=headers or self.sla_client.manager)

    async def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return await self.sla_client.sla.client.get(path, headers=headers or self.sla_client.manager)

    async def announce(self, *windows: tuple[str, str], **changes: Any) -> dict[str, Any]:
        answer = await self.announced(*windows, **changes)
        assert answer.status_code == 201, answer.text
        planned: dict[str, Any] = answer.json()
        return planned

    async def announced(self, *windows: tuple[str, str], **changes: Any) -> httpx.Response:
        body = {
            "title": "Database upgrade",
            "reason": "Out of support",
            "affects": {"service_ids": [str(self.sla_client.service_id)]},
            "windows": [{"from": f"2026-02-{start}:00Z", "to": f"2026-02-{end}:00Z"} for start, end in windows],
        }
        return await self.post("/maintenance", body | changes)

    async def step(self, planned: dict[str, Any], step: str, headers: dict[str, str], **body: Any) -> httpx.Response:
        return await self.post(f"/maintenance/{planned['id']}/{step}", body or None, headers)

    async def change_windows(
        self, planned: dict[str, Any], *windows: tuple[str, str], match: str = "*"
    ) -> httpx.Response:
        if match == "*":
            match = (await self.get(f"/maintenance/{planned['id']}")).headers["etag"]
        body = {"windows": [{"from": f"2026-02-{start}:00Z", "to": f"2026-02-{end}:00Z"} for start, end in windows]}
        return await self.sla_client.sla.client.put(
            f"/maintenance/{planned['id']}/windows", json=body, headers=self.sla_client.manager | {"If-Match": match}
        )

    async def list_outcomes(
        self, agreement: dict[str, Any], start: str = "2026-02-01", end: str = "2026-03-01", **more: str
    ) -> list[tuple[str, str, str]]:
        query = {"from": f"{start}T00:00:00Z", "to": f"{end}T00:00:00Z"} | more
        path = f"/agreements/{agreement['id']}/exclusions"
        answer = await self.sla_client.sla.client.get(path, params=query, headers=self.sla_client.manager)
        assert answer.status_code == 200, answer.text
        return [(item["from"][8:16], item["to"][8:16], item["outcome"]) for item in answer.json()["items"]]

    def at(self, day: int, hour: int = 0, minute: int = 0) -> None:
        self.clock.now = datetime(2026, 2, day, hour, minute, tzinfo=UTC)

    @property
    def second(self) -> dict[str, str]:
        """The headers of a manager who did not announce the maintenance."""
        return self.sla_client.headers("manager", subject="second")


@pytest.fixture
def maintenance(sla_client: SlaClient, clock: FakeClock) -> MaintenanceClient:
    return MaintenanceClient(sla_client, clock)


async def corrections(sla: ServiceUnderTest) -> list[tuple[str, datetime, datetime]]:
    """List the corrections that are due, in the order in which they were recorded."""
    async with sla.begin() as work:
        due = await work.session.scalars(select(CorrectionDue).order_by(CorrectionDue.id))
        return [(str(correction.agreement_id), correction.window_from, correction.window_to) for correction in due]
