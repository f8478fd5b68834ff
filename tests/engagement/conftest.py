"""The engagement service on trial, and what its tests do again and again through its API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.testing.plugin import ServiceUnderTest, StartService


@dataclass
class Engagement:
    trial: ServiceUnderTest
    headers: Callable[..., dict[str, str]]

    async def ask(
        self, method: str, path: str, role: str | None = "manager", customer: str | None = None, **rest: Any
    ) -> httpx.Response:
        """The answer to a request of someone in `role`, of nobody when null."""
        own = UUID(customer) if customer else None
        headers = (self.headers(role, own) if role else {}) | rest.pop("extra", {})
        return await self.trial.client.request(method, path, headers=headers, **rest)

    async def get(self, path: str, role: str = "viewer", customer: str | None = None, **rest: Any) -> Any:
        answer = await self.ask("GET", path, role, customer, **rest)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def customer(self, name: str = "Sales", **fields: Any) -> str:
        answer = await self.ask("POST", "/customers", json={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def person(self, customer: str, email: str = "grace@sales.example", **fields: Any) -> str:
        body = {"name": "Grace Hopper", "email": email, "role": "key user", **fields}
        answer = await self.ask("POST", f"/customers/{customer}/people", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def change(self, path: str, body: Any) -> httpx.Response:
        """A change of the newest version of what stands at `path`."""
        newest = await self.ask("GET", path)
        return await self.ask("PATCH", path, json=body, extra={"If-Match": newest.headers["etag"]})

    async def ids(self, path: str, role: str = "viewer", customer: str | None = None, **params: Any) -> list[str]:
        return [item["id"] for item in (await self.get(path, role, customer, params=params))["items"]]


@pytest.fixture
async def engagement(start_service: StartService, headers: Callable[..., dict[str, str]]) -> Engagement:
    return Engagement(await start_service("engagement"), headers)


def problem(answer: httpx.Response, status: int, slug: str) -> Any:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    document = answer.json()
    assert document["type"] == f"/engagement/v1/problems/{slug}"
    return document


@pytest.fixture(name="problem")
def checked_problem() -> Callable[[httpx.Response, int, str], Any]:
    """`problem(answer, 409, "customer-name-taken")` is the document of exactly this problem."""
    return problem
