"""What every address does alike: misspelt parameters, the place of what was created, pages of other origins."""

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
PORTAL = "https://portal.example"


@pytest.fixture
def notes(small: Callable[[ServiceDefinition], Runtime], development_key: Any) -> Runtime:
    runtime = small(NOTES)
    runtime.settings.http.allowed_origins = (PORTAL, "http://localhost:*")
    trust_key(NOTES, runtime, development_key)
    return runtime


@pytest.fixture
async def api(notes: Runtime, headers: Headers) -> AsyncIterator[httpx.AsyncClient]:
    async with build_client(NOTES, notes) as client:
        client.headers.update(headers("manager"))
        yield client


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("cursr=abc", "is no parameter of this address; did you mean cursor?"),
        ("Limit=5", "is no parameter of this address; did you mean limit?"),
        ("colour=red", "is no parameter of this address, which takes count, cursor, limit"),
        ("sort=text", "is no parameter of this address, which takes count, cursor, limit"),
    ],
)
async def test_an_unknown_parameter_is_refused_and_the_nearest_known_one_named(
    api: httpx.AsyncClient, query: str, message: str
) -> None:
    answer = await api.get(f"/notes?{query}")
    assert (answer.status_code, answer.json()["type"]) == (422, "/notes/v1/problems/unknown-parameter")
    name = query.partition("=")[0]
    assert answer.json()["errors"] == [{"field": name, "message": message}]
    assert answer.json()["detail"] == f"{name}: {message}"


async def test_a_parameter_of_one_value_is_sent_once(api: httpx.AsyncClient) -> None:
    answer = await api.get("/notes?limit=5&limit=10")
    assert (answer.status_code, answer.json()["type"]) == (422, "/notes/v1/problems/repeated-parameter")
    assert answer.json()["detail"] == "limit: takes one value; send it once"


async def test_an_address_without_parameters_says_so(api: httpx.AsyncClient) -> None:
    answer = await api.post("/notes?dry_run=true", json={"text": "hello"})
    assert answer.json()["detail"] == "dry_run: is no parameter of this address, which takes none"
    assert (await api.get("/notes")).json()["items"] == []


async def test_a_link_may_carry_parameters_of_others(api: httpx.AsyncClient) -> None:
    assert (await api.get("/notes/open/to/all?utm_source=mail")).status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", ""])
async def test_a_body_that_is_not_sent_as_json_is_refused_by_the_name_of_the_header(
    api: httpx.AsyncClient, media_type: str
) -> None:
    answer = await api.post("/notes", content=b'{"text": "hello"}', headers={"Content-Type": media_type})
    message = "must be JSON, sent with the header Content-Type: application/json"
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": "body", "message": message}])


async def test_an_address_or_a_method_that_there_is_not_leads_to_those_that_there_are(api: httpx.AsyncClient) -> None:
    absent, wrong = await api.get("/nots"), await api.delete("/notes")
    advice = "There is no such address or method; /notes/openapi.json lists those that there are."
    assert (absent.status_code, absent.json()["detail"]) == (404, advice)
    assert absent.json()["type"] == "/notes/v1/problems/not-found"
    assert (wrong.status_code, wrong.json()["detail"], wrong.headers["allow"]) == (405, advice, "GET, POST")
    assert wrong.json()["type"] == "/notes/v1/problems/method-not-allowed"


async def test_the_address_of_a_problems_type_is_a_page_that_says_what_to_do(api: httpx.AsyncClient) -> None:
    problem = (await api.get("/notes", params={"limt": "1"})).json()
    page = await api.get(f"{BASE_URL}{problem['type']}")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert f"<code>{problem['type']}</code>" in page.text
    assert "Mend the request as the detail and the errors say" in page.text
    assert f"HTTP {problem['status']}" in page.text


async def test_a_wrong_address_leads_to_those_of_the_same_room(api: httpx.AsyncClient) -> None:
    below = (await api.get("/notes/open/to/everybody")).json()["detail"]
    assert below.startswith("There is no such address or method; near it are /notes/v1/notes, ")
    assert ", /notes/v1/notes/open/to/all, " in below
    assert below.endswith("; /notes/openapi.json lists those that there are.")


async def test_what_was_created_is_found_at_its_location(api: httpx.AsyncClient) -> None:
    first = await api.post("/notes", json={"text": "hello"}, headers={"Idempotency-Key": "once"})
    again = await api.post("/notes", json={"text": "hello"}, headers={"Idempotency-Key": "once"})
    assert again.headers["location"] == first.headers["location"] == f"/notes/v1/notes/{first.json()['id']}"
    found = await api.get(f"{BASE_URL}{first.headers['location']}")
    assert found.json() == first.json()


@pytest.mark.parametrize("origin", [PORTAL, "http://localhost:5173", "http://localhost"])
async def test_pages_of_allowed_origins_may_ask_and_see_what_they_need(api: httpx.AsyncClient, origin: str) -> None:
    wanted = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization, content-type, if-match, idempotency-key, last-event-id",
    }
    preflight = await api.request("OPTIONS", "/notes", headers=wanted)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, origin)
    assert "PATCH" in preflight.headers["access-control-allow-methods"]

    refusal = await api.get("/notes?colour=red", headers={"Origin": origin})
    assert refusal.headers["access-control-allow-origin"] == origin
    exposed = refusal.headers["access-control-expose-headers"].split(", ")
    assert {"ETag", "Location", "Retry-After", "X-Request-Id", "Idempotency-Replayed"} <= set(exposed)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://portal.example.evil.example", "http://localhost.evil.example", "null"]
)
async def test_pages_of_other_origins_may_not(api: httpx.AsyncClient, origin: str) -> None:
    assert "access-control-allow-origin" not in (await api.get("/notes", headers={"Origin": origin})).headers
    wanted = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    assert (await api.request("OPTIONS", "/notes", headers=wanted)).status_code == 400


async def test_the_document_of_the_interface_is_sent_once_and_compressed(api: httpx.AsyncClient) -> None:
    address = f"{BASE_URL}/notes/openapi.json"
    sent = await api.get(address, headers={"Accept-Encoding": "gzip"})
    plain = await api.get(address, headers={"Accept-Encoding": "identity"})
    assert sent.json() == plain.json()
    assert (sent.headers["content-encoding"], "content-encoding" in plain.headers) == ("gzip", False)
    assert sent.json()["info"]["title"]

    again = await api.get(address, headers={"If-None-Match": f'"other", {sent.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")


async def test_what_is_held_already_is_not_sent_again(api: httpx.AsyncClient) -> None:
    note = (await api.post("/notes", json={"text": "hello"})).json()["id"]
    for address, is_entity in ((f"/notes/{note}", True), ("/notes", False)):
        sent = await api.get(address)
        tag = sent.headers["etag"]
        assert tag.startswith('"1.' if is_entity else 'W/"')
        assert sent.headers["cache-control"] == "private, no-cache"
        for held in (tag, f'W/"older", {tag}', f"W/{tag.removeprefix('W/')}", tag.removeprefix("W/"), "*"):
            again = await api.get(address, headers={"If-None-Match": held})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await api.get(address, headers={"If-None-Match": '"1", "1.00"'})).json() == sent.json()


async def test_a_tag_still_counts_after_a_gateway_compressed_the_answer(api: httpx.AsyncClient) -> None:
    """Caddy's `encode gzip` puts `-gzip` into the tags that pass through it."""
    written = await api.post("/notes", json={"text": "hello"})
    address = f"/notes/{written.json()['id']}"
    compressed = written.headers["etag"].removesuffix('"') + '-gzip"'

    assert (await api.get(address, headers={"If-None-Match": compressed})).status_code == 304
    rewritten = await api.put(address, json={"text": "good"}, headers={"If-Match": compressed})

    assert rewritten.status_code == 200


async def test_a_tag_changes_with_all_that_is_said(api: httpx.AsyncClient) -> None:
    await api.post("/notes", json={"text": "hello"})
    before = (await api.get("/notes")).headers["etag"]

    await api.post("/notes", json={"text": "again"})

    assert (await api.get("/notes", headers={"If-None-Match": before})).status_code == 200
    assert (await api.get("/notes?limit=1")).headers["etag"] != (await api.get("/notes")).headers["etag"]


async def test_the_tag_of_a_change_is_that_of_the_reading_after_it(api: httpx.AsyncClient) -> None:
    written = await api.post("/notes", json={"text": "hello"})
    address = f"/notes/{written.json()['id']}"
    rewritten = await api.put(address, json={"text": "good"}, headers={"If-Match": written.headers["etag"]})

    assert written.headers["etag"] != rewritten.headers["etag"] == (await api.get(address)).headers["etag"]
    again = await api.put(address, json={"text": "better"}, headers={"If-Match": rewritten.headers["etag"]})
    assert again.status_code == 200
    late = await api.put(address, json={"text": "late"}, headers={"If-Match": rewritten.headers["etag"]})
    assert late.status_code == 412


async def test_refusals_and_what_a_browser_must_not_keep_have_no_tag(api: httpx.AsyncClient) -> None:
    refusal = await api.get(f"/notes/{uuid4()}", headers={"If-None-Match": "*"})
    assert (refusal.status_code, "etag" in refusal.headers) == (404, False)
    assert refusal.headers["cache-control"] == "no-store"
