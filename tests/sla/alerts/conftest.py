"""A client that pushes alerts as Alertmanager does, and reads the firings that follow."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from common.ids import new_id
from tests.sla.conftest import SlaClient, offering

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
NONE = "0001-01-01T00:00:00Z"
LABELS = {"alertname": "ShopDown", "severity": "critical", "service": "web shop"}


def at(minutes: float) -> datetime:
    """Return an instant in minutes after eleven; tests run at noon."""
    return NOON + timedelta(minutes=minutes - 60)


def alert(start: float, end: float | None = None, **changes: Any) -> dict[str, Any]:
    """Return an alert as Alertmanager writes one."""
    fields = {
        "status": "firing" if end is None else "resolved",
        "labels": LABELS,
        "annotations": {"summary": "The shop does not answer."},
        "startsAt": at(start).isoformat(),
        "endsAt": NONE if end is None else at(end).isoformat(),
        "generatorURL": "http://prometheus/graph",
        "fingerprint": "c1a2b3d4e5f60718",
    }
    return fields | changes


def notification(*alerts: Mapping[str, Any], **changes: Any) -> bytes:
    fields = {
        "version": "4",
        "groupKey": '{}:{alertname="ShopDown"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "rapport",
        "groupLabels": {"alertname": "ShopDown"},
        "commonLabels": LABELS,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager",
        "alerts": list(alerts),
    }
    return json.dumps(fields | changes).encode()


@dataclass(frozen=True)
class AlertClient:
    sla_client: SlaClient
    headers: Callable[..., dict[str, str]]

    async def push(self, *alerts: Mapping[str, Any], **changes: Any) -> httpx.Response:
        return await self.push_raw(notification(*alerts, **changes))

    async def push_raw(self, body: bytes) -> httpx.Response:
        headers = {"content-type": "application/json"} | self.headers("admin")
        return await self.sla_client.sla.client.post("/push/alertmanager", content=body, headers=headers)

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.sla_client.sla.client.get(path, params=query, headers=self.headers("manager"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def firings(self, **query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.get("/alerts", **query))["items"]
        return items

    async def bind(self, selector: str = 'rapport_alert{alertname="ShopDown"}', **fields: Any) -> httpx.Response:
        body = {"name": "Shop is up", "kind": "availability", "series": [{"selector": selector}]} | fields
        return await self.sla_client.sla.client.post("/indicators", json=body, headers=self.headers("manager"))

    async def states(self, indicator: str, start: float, count: int) -> list[str]:
        window = {"from": at(start).isoformat(), "to": at(start + count).isoformat()}
        states: list[str] = (await self.get(f"/indicators/{indicator}/minutes", **window))["state"]
        return states


@pytest.fixture
def alerts(sla_client: SlaClient, headers: Callable[..., dict[str, str]]) -> AlertClient:
    return AlertClient(sla_client, headers)


@pytest.fixture
async def agreement(alerts: AlertClient) -> dict[str, Any]:
    """An agreement on the shop, so that its incidents concern somebody."""
    await alerts.sla_client.sla.receive(offering(alerts.sla_client.service_id, new_id()))
    return await alerts.sla_client.signed()
