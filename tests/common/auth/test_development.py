"""The development issuer: a front-end developer logs in with one POST; production refuses it."""

import asyncio
import stat
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.requests import Request

from common.auth.authenticator import Authenticator
from common.auth.development_issuer import (
    DevelopmentIssuerRefused,
    development_issuer,
    generate_key,
    load_or_create_key,
)
from common.testing.fake_issuer import FakeIssuer

TOKEN = "http://issuer.test/development/token"


async def test_discovery_names_the_issuer_and_its_keys(issuer: FakeIssuer, issuer_client: httpx.AsyncClient) -> None:
    body = (await issuer_client.get("http://issuer.test/development/.well-known/openid-configuration")).json()
    assert body["issuer"] == issuer.settings.issuer
    keys = (await issuer_client.get(body["jwks_uri"])).json()["keys"]
    assert [key["kid"] for key in keys] == [issuer.key.kid]
    assert not any("d" in key for key in keys), "the private part stays"


@pytest.mark.parametrize("how", ["json", "data"])
async def test_a_token_for_the_asking(
    issuer_client: httpx.AsyncClient, authenticator: Authenticator, incoming: Callable[..., Request], how: str
) -> None:
    customer = uuid4()
    request = {"role": "customer", "customer_id": str(customer), "subject": "grace"}
    answer = await issuer_client.post(TOKEN, **{how: request})
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()["access_token"]
    person = await authenticator.authenticate(incoming(("Authorization", f"Bearer {token}")))
    assert (person.subject, person.customer_id) == ("grace", customer)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "role"),
        ({"role": "king"}, "role"),
        ({"role": "customer"}, "customer_id"),
        ({"role": "admin", "customer_id": str(uuid4())}, "customer_id"),
        ({"role": "customer", "customer_id": "7"}, "customer_id"),
        ({"role": "admin", "ttl": 0}, "ttl"),
        ([], "body"),
    ],
)
async def test_a_refusal_names_the_field(issuer_client: httpx.AsyncClient, body: Any, field: str) -> None:
    answer = await issuer_client.post(TOKEN, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert field in answer.json()["error_description"]


async def test_bytes_that_are_nothing(issuer_client: httpx.AsyncClient) -> None:
    for body in (b"\xff\xfe", b"{", b""):
        answer = await issuer_client.post(TOKEN, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert (await issuer_client.post(TOKEN, content=b"role=\xff", headers=form)).status_code == 400


async def test_a_large_body_is_not_read(issuer_client: httpx.AsyncClient) -> None:
    answer = await issuer_client.post(TOKEN, json={"role": "admin", "subject": "x" * 20_000})
    assert answer.status_code == 413
    assert answer.json()["error"] == "invalid_request"


async def test_nobody_waits_for_a_body_that_does_not_come(issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("common.auth.development_issuer.REQUEST_SECONDS", 0.05)
    application = development_issuer(generate_key(), issuer.settings, "test")

    async def never_ends() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://localhost") as client:
        answer = await client.post("/token", content=never_ends())

    assert answer.status_code == 503


def test_it_does_not_start_in_production(issuer: FakeIssuer) -> None:
    with pytest.raises(DevelopmentIssuerRefused, match="production"):
        development_issuer(generate_key(), issuer.settings, "production")


def test_the_key_stays_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = load_or_create_key(tmp_path / "data")
    assert load_or_create_key(tmp_path / "data").kid == first.kid
    [file] = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: load_or_create_key(tmp_path).kid, range(8)))
    assert len(set(keys)) == 1


ALLOWED = ("127.0.0.1:8000", "localhost", "LOCALHOST:3000", "[::1]:8000", "issuer.test", "box.example:80")
FOREIGN = (
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8000",
    "127.0.0.1@evil.example",
    "evil.example#127.0.0.1",
    "",
    "[::1",
)


@pytest.fixture
async def rebound_client(issuer: FakeIssuer) -> AsyncIterator[httpx.AsyncClient]:
    app = development_issuer(issuer.key, issuer.settings, "test", ["box.example"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("host", ALLOWED)
async def test_a_request_that_names_this_machine_gets_a_token(rebound_client: httpx.AsyncClient, host: str) -> None:
    answer = await rebound_client.post("/token", json={"role": "admin"}, headers={"Host": host})
    from_page = await rebound_client.post(
        "/token", json={"role": "admin"}, headers={"Host": host, "Origin": f"http://{host}"}
    )

    assert (answer.status_code, from_page.status_code) == (200, 200)


@pytest.mark.parametrize("host", FOREIGN)
async def test_a_host_name_made_to_point_here_gets_no_token(rebound_client: httpx.AsyncClient, host: str) -> None:
    answer = await rebound_client.post("/token", json={"role": "admin"}, headers={"Host": host})

    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1.evil.example", "file://"])
async def test_a_page_of_another_host_gets_no_token(rebound_client: httpx.AsyncClient, origin: str) -> None:
    answer = await rebound_client.post("/token", data={"role": "admin"}, headers={"Origin": origin})

    assert answer.status_code == 403


async def test_two_hosts_are_none(rebound_client: httpx.AsyncClient) -> None:
    headers = [("Host", "127.0.0.1"), ("Host", "evil.example")]

    assert (await rebound_client.post("/token", json={"role": "admin"}, headers=headers)).status_code == 403
