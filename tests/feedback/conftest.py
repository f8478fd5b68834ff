"""The feedback service on trial, with customers and people it has heard of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest, StartService
from published.engagement import CustomerRegistered, PersonJoined
from published.event import Event


@dataclass
class Feedback:
    """What the tests of this service do again and again, through its API."""

    trial: ServiceUnderTest
    headers: Callable[..., dict[str, str]]

    async def ask(self, method: str, path: str, role: str | None = "manager", **rest: Any) -> Any:
        """The answer to a request of someone in `role`, of nobody when null."""
        customer = rest.pop("customer", None)
        headers = (self.headers(role, customer) if role else {}) | rest.pop("extra", {})
        return await self.trial.client.request(method, path, headers=headers, **rest)

    async def get(self, path: str, role: str = "manager", customer: UUID | None = None) -> Any:
        answer = await self.ask("GET", path, role, customer=customer)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def customer(self, people: int, name: str = "Harbour Authority") -> tuple[UUID, list[UUID]]:
        customer, persons = new_id(), [new_id() for _ in range(people)]
        registered = CustomerRegistered(
            customer_id=customer, name=name, parent_id=None, registered_at=datetime(2026, 1, 5, tzinfo=UTC)
        )
        await self.trial.receive(registered)
        for person in persons:
            await self.trial.receive(PersonJoined(customer_id=customer, person_id=person, role="user"))
        return customer, persons

    async def survey(self, **fields: Any) -> str:
        """An open survey's id."""
        drafted = await self.ask("POST", "/surveys", json={"name": "Autumn", **fields})
        assert drafted.status_code == 201, drafted.text
        identity: str = drafted.json()["id"]
        opened = await self.ask("POST", f"/surveys/{identity}/opening")
        assert opened.status_code == 200, opened.text
        return identity

    async def invite(self, survey: str, customer: UUID, people: list[UUID] | None = None) -> list[str]:
        """The tokens of everybody newly invited."""
        body = {"customer_id": str(customer), "person_ids": [str(person) for person in people] if people else None}
        answer = await self.ask("POST", f"/surveys/{survey}/invitations", json=body)
        assert answer.status_code == 201, answer.text
        return [link["token"] for link in answer.json()["links"]]

    async def answer(self, token: str, rating: Any, **rest: Any) -> Any:
        return await self.ask("POST", f"/answers/{token}", None, json={"rating": rating, **rest})

    async def answer_all(self, tokens: list[str], ratings: list[int]) -> None:
        for token, rating in zip(tokens, ratings, strict=False):
            answer = await self.answer(token, rating)
            assert answer.status_code == 201, answer.text

    async def close(self, survey: str) -> None:
        answer = await self.ask("POST", f"/surveys/{survey}/closing")
        assert answer.status_code == 200, answer.text

    async def measure(self, survey: str, customer: UUID) -> Any:
        page = await self.get(f"/surveys/{survey}/satisfaction?limit=200")
        return {UUID(item["customer_id"]): item["measure"] for item in page["customers"]["items"]}[customer]

    async def list_emitted(self, kind: type[Event]) -> list[Any]:
        return [event for event in await self.trial.list_emitted_events() if isinstance(event, kind)]


@pytest.fixture
async def feedback(start_service: StartService, headers: Callable[..., dict[str, str]]) -> Feedback:
    return Feedback(await start_service("feedback"), headers)


@pytest.fixture
def over_trial() -> Callable[[ServiceUnderTest, Any], Feedback]:
    return Feedback
