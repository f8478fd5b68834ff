"""One document of all services at the root, for programs that make clients of it."""

from collections.abc import AsyncIterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.applications import Starlette

from common.app import create_app
from common.auth.development_issuer import development_settings, load_or_create_key
from common.settings import Settings
from common.testing.plugin import BASE_URL
from console.main import build_console
from console.settings import ConsoleSettings
from console.sign_in.development import DevelopmentSignIn
from rapport.embedded.gateway import Gateway
from rapport.embedded.services import load_service
from rapport.service_names import ServiceName
from tests.console.conftest import House

PORTAL = "https://portal.example"


@pytest.fixture
def services() -> dict[str, FastAPI]:
    return {name.value: create_app(load_service(name), Settings(environment="test")) for name in ServiceName}


@pytest.fixture
async def installation(services: dict[str, FastAPI], tmp_path: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The services and the console over them, which a portal's pages may ask."""

    def build(transport: httpx.AsyncBaseTransport) -> Starlette:
        own = ConsoleSettings(session_key=SecretStr("k" * 40), service_url=BASE_URL)
        sign_in = DevelopmentSignIn(load_or_create_key(tmp_path), development_settings(BASE_URL), "embedded", ())
        return build_console(own, sign_in, transport, origins=(PORTAL,))

    gateway = Gateway(services, Starlette(), build)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(gateway), base_url=BASE_URL, timeout=60) as client:
        yield client


async def test_the_document_of_all_services_is_sent_once_and_compressed(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.url, timeout=60, trust_env=False) as client:
        sent = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
        again = await client.get("/openapi.json", headers={"If-None-Match": sent.headers["etag"]})
        parts = [
            (await client.get(f"/{service}/openapi.json")).json()
            for service in ("catalog", "engagement", "sla", "feedback", "reporting")
        ]

    assert (sent.status_code, sent.headers["content-encoding"]) == (200, "gzip")
    assert (again.status_code, again.content) == (304, b"")
    ids = list_operation_ids(sent.json())
    assert ids == [name for part in parts for name in list_operation_ids(part)]
    assert len(set(ids)) == len(ids)


def list_operation_ids(document: Any) -> list[str]:
    return [operation["operationId"] for operations in document["paths"].values() for operation in operations.values()]


async def test_while_two_versions_of_the_services_run_the_document_says_which_differ(
    installation: httpx.AsyncClient, services: dict[str, FastAPI]
) -> None:
    whole = await installation.get("/openapi.json")
    upgraded = deepcopy(services["sla"].openapi())
    upgraded["components"]["schemas"]["Problem"]["properties"]["instance"] = {"type": "string"}
    old = services["sla"]
    services["sla"] = create_app(load_service("sla"), Settings(environment="test"))
    services["sla"].openapi_schema = upgraded

    for _ in range(2):
        refusal = await installation.get("/openapi.json", headers={"Origin": PORTAL})
        assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "15")
        assert refusal.headers["content-type"] == "application/problem+json"
        assert refusal.headers["access-control-allow-origin"] == PORTAL
        assert refusal.json()["type"] == "/console/v1/problems/documents-differ"
        assert refusal.json()["detail"].startswith("Problem is not the same in catalog and sla.")

    services["sla"] = old
    again = await installation.get("/openapi.json")
    assert (again.status_code, again.headers["etag"]) == (200, whole.headers["etag"])


async def test_a_document_that_a_service_does_not_send_is_a_problem_for_programs(
    installation: httpx.AsyncClient, services: dict[str, FastAPI]
) -> None:
    del services["reporting"]

    refusal = await installation.get("/openapi.json")

    assert (refusal.status_code, refusal.headers["retry-after"]) == (503, "2")
    assert refusal.json()["detail"].startswith("The service reporting does not answer right now.")


async def test_pages_of_allowed_origins_may_read_the_document_and_no_page_of_the_console(
    installation: httpx.AsyncClient,
) -> None:
    asked = {"Origin": PORTAL, "Access-Control-Request-Method": "GET"}
    preflight = await installation.options(
        "/openapi.json", headers={**asked, "Access-Control-Request-Headers": "if-none-match"}
    )
    sent = await installation.get("/openapi.json", headers={"Origin": PORTAL})
    strange = await installation.get("/openapi.json", headers={"Origin": "https://evil.example"})
    page = await installation.get("/console/sign-in", headers={"Origin": PORTAL})

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, PORTAL)
    assert sent.headers["access-control-allow-origin"] == PORTAL
    assert "ETag" in sent.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in strange.headers
    assert "access-control-allow-origin" not in page.headers


async def test_pages_on_this_machine_may_read_the_document_of_a_rapport_that_is_tried(house: House) -> None:
    async with httpx.AsyncClient(base_url=house.url, timeout=60, trust_env=False) as client:
        sent = await client.get("/openapi.json", headers={"Origin": "http://localhost:5173"})

    assert sent.headers["access-control-allow-origin"] == "http://localhost:5173"
