"""A tool that reports incidents under an agreement on response and resolution times."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from common.testing.fake_issuer import FakeClock
from tests.sla.conftest import SlaClient
from tests.sla.lifecycles import advance_due_agreements

RESPONSE, FAST, SLOW = (f"01900000-0000-7000-8000-00000000010{digit}" for digit in "123")
OBJECTIVES: list[dict[str, Any]] = [
    {
        "id": RESPONSE,
        "name": "Answered",
        "kind": "response_time",
        "priorities": [1, 2, 3, 4, 5],
        "within": "PT30M",
        "target": "95",
    },
    {
        "id": FAST,
        "name": "Pressing ones solved",
        "kind": "resolution_time",
        "priorities": [1, 2],
        "within": "PT4H",
        "target": "90",
    },
    {
        "id": SLOW,
        "name": "Others solved",
        "kind": "resolution_time",
        "priorities": [3, 4, 5],
        "within": "PT8H",
        "target": "90",
    },
]
NEXT = "01900000-0000-7000-8000-000000000104"
NEXT_ANSWER: dict[str, Any] = {
    "id": NEXT,
    "name": "Answered again",
    "kind": "next_answer_time",
    "priorities": [1, 2, 3, 4, 5],
    "within": "PT1H",
    "target": "90",
}


@dataclass
class IncidentReporter:
    """A tool of the provider that reports incidents of one customer, and reads them back."""

    sla_client: SlaClient
    clock: FakeClock
    agreement: dict[str, Any]
    key: dict[str, str]
    built_events: list[dict[str, Any]] = field(default_factory=list)

    def event(self, incident: str, kind: str, at: str, **content: Any) -> dict[str, Any]:
        """Build an event at a time of 3 February 2026 in UTC, or at an instant."""
        occurred_at = at if "T" in at else f"2026-02-03T{at}:00Z"
        event_id = f"{incident}/{len(self.built_events)}"
        event = {"incident": incident, "event_id": event_id, "kind": kind, "occurred_at": occurred_at} | content
        self.built_events.append(event)
        return event

    def opening(self, incident: str, at: str, priority: int = 2, **content: Any) -> dict[str, Any]:
        usual = {
            "customer_id": str(self.sla_client.customer_id),
            "offering_id": str(self.sla_client.offering_id),
            "priority": priority,
            "title": "The shop is slow",
        }
        return self.event(incident, "opened", at, **usual | content)

    async def post(self, *events: dict[str, Any], source: str = "desk", headers: Any = None) -> httpx.Response:
        body = {"source": source, "events": list(events)}
        answer: httpx.Response = await self.sla_client.sla.client.post(
            "/incidents", json=body, headers=headers or self.key
        )
        return answer

    async def report(self, *events: dict[str, Any]) -> str:
        """Report events that must be accepted, and return the id of the first incident."""
        answer = await self.post(*events)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["incidents"][0]["id"])

    async def read(self, path: str, headers: Any = None, **parameters: Any) -> Any:
        answer = await self.sla_client.sla.client.get(
            path, headers=headers or self.sla_client.manager, params=parameters
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def clocks(self, incident: str) -> dict[str, dict[str, Any]]:
        """Read the clocks of an incident, by objective."""
        return {clock["objective_id"]: clock for clock in (await self.read(f"/incidents/{incident}"))["clocks"]}

    async def emitted(self, *kinds: type) -> list[Any]:
        return [event for event in await self.sla_client.sla.list_emitted_events() if isinstance(event, kinds)]

    def set_time(self, time: str) -> None:
        """Set the clock to a time of 3 February 2026 in UTC, or to an instant."""
        self.clock.now = datetime.fromisoformat(time if "T" in time else f"2026-02-03T{time}:00").replace(tzinfo=UTC)


async def start_reporter(sla_client: SlaClient, clock: FakeClock, terms: dict[str, Any]) -> IncidentReporter:
    """Start at 12:00 on 3 February 2026, with an agreement signed on 10 January and in force since the 15th."""
    clock.now = datetime(2026, 1, 10, 12, tzinfo=UTC)
    agreement = await sla_client.signed(**terms)
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)
    async with sla_client.sla.begin() as work:
        await advance_due_agreements(work)
    answer = await sla_client.sla.client.post("/api-keys", json={"name": "desk"}, headers=sla_client.headers("admin"))
    assert answer.status_code == 201, answer.text
    return IncidentReporter(sla_client, clock, agreement, {"X-API-Key": answer.json()["key"]})


def incident_terms(policy: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Build terms on incidents, around the clock in UTC unless changed."""
    hours = {"timezone": "UTC", "hours": "24x7"}
    usual: dict[str, Any] = {"objectives": [dict(objective) for objective in OBJECTIVES], "service_hours": hours}
    return usual | {"incidents": policy or {}} | changes
