"""A client that pushes states, and reads the alerts and incidents that follow."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.sla.alerts.conftest import AlertClient, at

Span = tuple[str, str, str, str | None]
"""Of an alert: its name, its state, its start and its end."""


def instant(minutes: float) -> str:
    return at(minutes).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class StateClient:
    alerts: AlertClient

    async def post(self, path: str, content: bytes | str | AsyncIterator[bytes], **headers: str) -> httpx.Response:
        headers = headers or self.alerts.headers("admin")
        return await self.alerts.sla_client.sla.client.post(f"/push/states{path}", content=content, headers=headers)

    async def push(self, *documents: Any, path: str = "") -> dict[str, Any]:
        """Push a document, or a list of several."""
        answer = await self.post(path, json.dumps(documents[0] if len(documents) == 1 else documents))
        assert answer.status_code == 200, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    async def spans(self) -> list[Span]:
        """Return the alerts in the order of their starts; their incidents are open as long as they fire."""
        firings = sorted(await self.alerts.firings(limit=200), key=lambda firing: str(firing["starts_at"]))
        incidents = [await self.alerts.get(f"/incidents/{key}") for firing in firings for key in firing["incident_ids"]]
        assert [(incident["opened_at"], incident["resolved_at"]) for incident in incidents] == [
            (firing["starts_at"], firing["ends_at"]) for firing in firings if firing["incident_ids"]
        ]
        labels = [firing["labels"] for firing in firings]
        names = [(label["alertname"], label["state"]) for label in labels]
        return [(*name, firing["starts_at"], firing["ends_at"]) for name, firing in zip(names, firings, strict=True)]


@pytest.fixture
def states(alerts: AlertClient) -> StateClient:
    return StateClient(alerts)
