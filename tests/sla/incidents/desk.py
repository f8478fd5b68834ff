"""A tool that tells of incidents under an agreement on response and resolution times."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from common.testing.fake_issuer import FakeClock
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


@dataclass
class Desk:
    """A tool of the provider, that tells of incidents of one customer."""

    shop: Any
    clock: FakeClock
    agreement: dict[str, Any]
    key: dict[str, str]
    told: list[dict[str, Any]] = field(default_factory=list)

    def event(self, incident: str, kind: str, at: str, **content: Any) -> dict[str, Any]:
        """`at`: a time of 3 February 2026 in UTC, or an instant."""
        occurred_at = at if "T" in at else f"2026-02-03T{at}:00Z"
        self.told.append(
            {"incident": incident, "event_id": f"{incident}/{len(self.told)}", "kind": kind, "occurred_at": occurred_at}
            | content
        )
        return self.told[-1]

    def opened(self, incident: str, at: str, priority: int = 2, **content: Any) -> dict[str, Any]:
        usual = {
            "customer_id": str(self.shop.customer_id),
            "offering_id": str(self.shop.offering_id),
            "priority": priority,
            "title": "The shop is slow",
        }
        return self.event(incident, "opened", at, **usual | content)

    async def tell(self, *events: dict[str, Any], source: str = "desk", who: Any = None) -> httpx.Response:
        body = {"source": source, "events": list(events)}
        answer: httpx.Response = await self.shop.sla.client.post("/incidents", json=body, headers=who or self.key)
        return answer

    async def took(self, *events: dict[str, Any]) -> str:
        """Told and accepted: the id of the first incident."""
        answer = await self.tell(*events)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["incidents"][0]["id"])

    async def read(self, path: str, who: Any = None, **parameters: Any) -> Any:
        answer = await self.shop.sla.client.get(path, headers=who or self.shop.manager, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def clocks(self, incident: str) -> dict[str, dict[str, Any]]:
        """By the objective."""
        return {clock["objective_id"]: clock for clock in (await self.read(f"/incidents/{incident}"))["clocks"]}

    async def emitted(self, *kinds: type) -> list[Any]:
        return [event for event in await self.shop.sla.list_emitted_events() if isinstance(event, kinds)]

    def at(self, time: str) -> None:
        """Let it be a time of 3 February 2026 in UTC, or an instant."""
        self.clock.now = datetime.fromisoformat(time if "T" in time else f"2026-02-03T{time}:00").replace(tzinfo=UTC)


async def desk_of(shop: Any, clock: FakeClock, terms: dict[str, Any]) -> Desk:
    """Signed on 10 January, in force since the 15th; it is 12:00 on 3 February 2026."""
    clock.now = datetime(2026, 1, 10, 12, tzinfo=UTC)
    agreement = await shop.signed(**terms)
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)
    async with shop.sla.begin() as work:
        await advance_due_agreements(work)
    made = await shop.sla.client.post("/api-keys", json={"name": "desk"}, headers=shop.headers("admin"))
    assert made.status_code == 201, made.text
    return Desk(shop, clock, agreement, {"X-API-Key": made.json()["key"]})


def promised(policy: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Terms on incidents: around the clock in UTC unless changed."""
    hours = {"timezone": "UTC", "hours": "24x7"}
    usual: dict[str, Any] = {"objectives": [dict(one) for one in OBJECTIVES], "service_hours": hours}
    return usual | {"incidents": policy or {}} | changes
