"""The catalog service on trial, and what its tests do again and again through its API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.testing.plugin import ServiceUnderTest, StartService


@dataclass
class Catalog:
    trial: ServiceUnderTest
    headers: Callable[..., dict[str, str]]

    async def ask(
        self, method: str, path: str, role: str | None = "owner", customer: UUID | None = None, **rest: Any
    ) -> httpx.Response:
        """The answer to a request of someone in `role`, of nobody when null."""
        headers = (self.headers(role, customer) if role else {}) | rest.pop("extra", {})
        return await self.trial.client.request(method, path, headers=headers, **rest)

    async def get(self, path: str, role: str = "viewer", customer: UUID | None = None, **rest: Any) -> Any:
        answer = await self.ask("GET", path, role, customer, **rest)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def service(self, name: str = "Mail", **fields: Any) -> str:
        answer = await self.ask("POST", "/services", json={"name": name, "owner": "Ada Lovelace", **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def draft(self, service: str | None = None, **fields: Any) -> str:
        body = {"service_id": service or await self.service(), "name": "Mailbox", "tier": "gold", **fields}
        answer = await self.ask("POST", "/offerings", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def published(self, service: str | None = None, **fields: Any) -> str:
        offering = await self.draft(service, **fields)
        answer = await self.ask("POST", f"/offerings/{offering}/publication")
        assert answer.status_code == 201, answer.text
        return offering

    async def change(self, method: str, path: str, body: Any, of: str) -> httpx.Response:
        """A change of the newest version of what stands at `of`."""
        newest = await self.ask("GET", of)
        return await self.ask(method, path, json=body, extra={"If-Match": newest.headers["etag"]})

    async def ids(self, path: str, role: str = "viewer", customer: UUID | None = None, **params: Any) -> list[str]:
        return [item["id"] for item in (await self.get(path, role, customer, params=params))["items"]]


@pytest.fixture
async def catalog(start_service: StartService, headers: Callable[..., dict[str, str]]) -> Catalog:
    return Catalog(await start_service("catalog"), headers)


def problem(answer: httpx.Response, status: int, slug: str) -> Any:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    document = answer.json()
    assert document["type"] == f"/catalog/v1/problems/{slug}"
    return document


@pytest.fixture(name="problem")
def checked_problem() -> Callable[[httpx.Response, int, str], Any]:
    """`problem(answer, 409, "service-name-taken")` is the document of exactly this problem."""
    return problem
