"""Whatever is sent, the answer is a problem document of a class of its own, names the field, and is never a 500."""

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.plugin import BASE_URL, build_client, trust_key
from tests.common.conftest import NOTES

Headers = Callable[..., dict[str, str]]
JSON = {"content-type": "application/json"}


@pytest.fixture
async def api(
    small: Callable[[ServiceDefinition], Runtime], development_key: Any, headers: Headers
) -> AsyncIterator[httpx.AsyncClient]:
    runtime = small(NOTES)
    trust_key(NOTES, runtime, development_key)
    async with build_client(NOTES, runtime) as client:
        client.headers.update(headers("manager"))
        yield client


BODIES = {
    "too deep": (b"[" * 100_000 + b"]" * 100_000, 400),
    "too deep, of objects": (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    "a number of 10,000 digits": (b'{"text": "a", "weight": ' + b"9" * 10_000 + b"}", 400),
    "a number of 4,000 digits": (b'{"text": "a", "weight": ' + b"9" * 4_000 + b"}", 422),
    "a number beyond 64 bits": (b'{"text": "a", "weight": 123456789012345678901234567890}', 422),
    "a number written as text": (b'{"text": "a", "weight": "' + b"9" * 5_000 + b'"}', 422),
    "NUL bytes": (b'{"text": "a\x00b"}', 400),
    "nothing": (b"", 422),
    "null": (b"null", 422),
    "two documents": (b'{"text": "a"} {"text": "b"}', 400),
    "a text in place of an object": (b'"text"', 422),
}


@pytest.mark.parametrize("kind", BODIES)
async def test_a_body_that_cannot_be_read(api: httpx.AsyncClient, kind: str) -> None:
    content, status = BODIES[kind]
    answer = await api.post("/notes", content=content, headers=JSON)
    assert answer.status_code == status, answer.text[:300]
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"/notes/v1/problems/{'malformed' if status == 400 else 'invalid'}"
    assert problem["errors"], problem
    assert len(answer.content) < 2_000


async def test_a_body_of_very_many_errors_is_refused_at_once(api: httpx.AsyncClient) -> None:
    """Compared with reading it as JSON alone, in the same run."""
    content = json.dumps({f"k{place}": 0 for place in range(75_000)}).encode()
    await api.post("/notes", json={})  # what is done once is done
    began = time.process_time()
    json.loads(content)
    plain = time.process_time() - began

    answer = await api.post("/notes", content=content, headers=JSON)

    assert time.process_time() - began < 10 * plain + 0.3
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == "body"
    assert "has 75001 errors" in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", f"{BASE_URL}/elsewhere", 404),
        ("POST", "/notes/%00", 405),
        ("GET", "/notes/%00", 422),
        ("GET", "/notes?name=%00", 422),
        ("GET", "/notes/%ff%fe", 422),
        ("GET", "/notes/" + "a" * 60_000, 422),
        ("GET", "/notes?cursor=" + "a" * 60_000, 422),
        ("GET", "/notes?cursor=%00", 422),
        ("GET", "/notes?limit=1&limit=2", 422),
        ("GET", "/notes?limit=" + "9" * 5_000, 422),
        ("GET", "/notes?limit=1e3", 422),
        ("GET", "/notes?limit=0x10", 422),
        ("GET", "/notes?limit=%D9%A1", 422),
        ("DELETE", "/notes", 405),
        ("PATCH", "/notes", 405),
        ("TRACE", "/notes", 405),
        ("NONSENSE", "/notes", 405),
        ("GET", f"{BASE_URL}/notes/v1/problems/%00", 404),
        ("GET", f"{BASE_URL}/notes/v1/problems/<script>", 404),
    ],
)
async def test_an_address_that_is_none(api: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status, answer.text[:300]
    if status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        assert (await api.get(f"{BASE_URL}{problem['type']}")).status_code == 200, problem["type"]
    if status == 405:
        assert answer.headers["allow"]


@pytest.mark.parametrize(
    "key",
    [
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "k" * 256},
        {"Idempotency-Key": "k" * 100_000},
        {"Idempotency-Key": "tab\there"},
        {"Idempotency-Key": b"\xff\xa0"},
    ],
    ids=range(5),
)
async def test_a_key_that_is_none_is_refused(api: httpx.AsyncClient, key: dict[Any, Any]) -> None:
    answer = await api.post("/notes", json={"text": "a"}, headers=key)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize(
    "value", ["*", "", "1", '"1', '"one"', '"-1"', '"1", "2"', '"' + "9" * 19 + '"', b'"\xb2"', "W/1"]
)
async def test_an_etag_that_was_never_given_is_refused(api: httpx.AsyncClient, value: str | bytes) -> None:
    note = (await api.post("/notes", json={"text": "a"})).json()["id"]
    answer = await api.put(f"/notes/{note}", json={"text": "b"}, headers={"If-Match": value})  # type: ignore[dict-item]
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == "If-Match"
    assert (await api.get(f"/notes/{note}")).json()["text"] == "a"


async def test_a_tag_that_a_proxy_weakened_is_still_the_version(api: httpx.AsyncClient) -> None:
    created = await api.post("/notes", json={"text": "a"})
    weak = {"If-Match": f"W/{created.headers['etag']}"}
    assert (await api.put(f"/notes/{created.json()['id']}", json={"text": "b"}, headers=weak)).status_code == 200


async def test_a_key_is_of_one_person_in_one_role(api: httpx.AsyncClient, headers: Headers) -> None:
    key = {"Idempotency-Key": "the-same"}
    first = await api.post("/notes", json={"text": "a"}, headers=key)
    of_another_person = await api.post(
        "/notes", json={"text": "a"}, headers=key | headers("manager", subject="another")
    )
    assert (first.status_code, of_another_person.status_code) == (201, 201)
    assert first.json()["id"] != of_another_person.json()["id"]
    admin = await api.post("/notes", json={"text": "a"}, headers=key | headers("admin", subject="manager"))
    customer = await api.post("/notes", json={"text": "a"}, headers=key | headers("customer", uuid4(), "manager"))
    assert admin.json()["type"] == "/notes/v1/problems/idempotency-key-reused"
    assert customer.json()["type"] == "/notes/v1/problems/forbidden"


async def test_a_cursor_says_where_and_nothing_else(api: httpx.AsyncClient) -> None:
    """It may be of another list, or drawn by hand: what is shown is still filtered by who asks."""
    customer_id, other_customer_id = uuid4(), uuid4()
    for customer in (customer_id, other_customer_id):
        await api.post("/notes", json={"text": str(customer), "customer_id": str(customer)})
    page = await api.get("/notes", params={"cursor": "A" * 22})
    assert len(page.json()["items"]) == 2
    for cursor in ("A" * 21, "A" * 24, "=" * 22, "ä" * 22, "!" * 22, " "):
        assert (await api.get("/notes", params={"cursor": cursor})).status_code == 400, cursor


@pytest.mark.parametrize("name", ["X-Request-Id", "Accept", "Accept-Language", "User-Agent", "X-Forwarded-For", "Host"])
@pytest.mark.parametrize("value", [b"\xff\xfe", b"a" * 100_000, b"a\tb", b"<script>"])
async def test_headers_of_any_content_are_only_that(api: httpx.AsyncClient, name: str, value: bytes) -> None:
    answer = await api.get("/notes", headers={name.encode(): value})  # type: ignore[dict-item]
    assert answer.status_code == 200
    assert value not in b" ".join(header for pair in answer.headers.raw for header in pair)
