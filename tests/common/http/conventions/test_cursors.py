"""A cursor belongs to its list: in another one it would skip rows that nobody has seen."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest

from common.testing.plugin import StartService

Headers = Callable[..., dict[str, str]]


@pytest.fixture
async def catalog(start_service: StartService, headers: Headers) -> httpx.AsyncClient:
    """A catalog with three services and an offering of each, and a manager who reads it."""
    service = await start_service("catalog")
    service.client.headers.update(headers("manager"))
    for name in ("Mail", "Print", "Web shop"):
        made = await service.client.post("/services", json={"name": name, "owner": "Ada"})
        offer = {"service_id": made.json()["id"], "name": f"{name}, gold", "tier": "gold"}
        assert (await service.client.post("/offerings", json=offer)).status_code == 201
    return service.client


async def read_page(catalog: httpx.AsyncClient, path: str, **parameters: str) -> dict[str, Any]:
    answer = await catalog.get(path, params={"limit": "2", **parameters})
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


@pytest.mark.parametrize("order", [{}, {"sort": "name"}, {"sort": "-changed"}])
async def test_a_cursor_is_taken_by_its_own_list_alone(catalog: httpx.AsyncClient, order: dict[str, str]) -> None:
    cursor = (await read_page(catalog, "/services", **order))["next"]

    rest = await read_page(catalog, "/services", cursor=cursor, **order)
    refused = await catalog.get("/offerings", params={"cursor": cursor, **order})

    assert (len(rest["items"]), rest["next"]) == (1, None)
    assert (refused.status_code, refused.json()["type"]) == (400, "/catalog/v1/problems/bad-cursor")
    assert refused.json()["errors"][0]["field"] == "cursor"


async def test_a_cursor_of_the_version_before_goes_on(catalog: httpx.AsyncClient) -> None:
    last = UUID((await read_page(catalog, "/services"))["items"][-1]["id"])
    cursor = urlsafe_b64encode(last.bytes).decode().rstrip("=")

    rest = await read_page(catalog, "/services", cursor=cursor)

    assert [service["name"] for service in rest["items"]] == ["Web shop"]
