"""What every request may count on: one transaction, an answer that is true, and a refusal that says why."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select, update

from common.audit import count_unsealed, find_broken_seal, seal
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.answers import get_tagged_version
from common.testing.plugin import BASE_URL, build_client, trust_key
from tests.common.conftest import NOTES, Note

Headers = Callable[..., dict[str, str]]


@pytest.fixture
def notes(small: Callable[[ServiceDefinition], Runtime], development_key: Any) -> Runtime:
    runtime = small(NOTES)
    trust_key(NOTES, runtime, development_key)
    return runtime


@pytest.fixture
async def api(notes: Runtime, headers: Headers) -> AsyncIterator[httpx.AsyncClient]:
    async with build_client(NOTES, notes) as client:
        client.headers.update(headers("manager"))
        yield client


async def count(runtime: Runtime) -> int:
    async with runtime.database.sessions() as session:
        return await session.scalar(select(func.count()).select_from(Note)) or 0


async def test_a_change_is_kept_before_the_answer_leaves(api: httpx.AsyncClient, notes: Runtime) -> None:
    answer = await api.post("/notes", json={"text": "hello"})
    assert answer.status_code == 201
    assert get_tagged_version(answer) == 1
    assert await count(notes) == 1


async def test_a_reading_that_would_change_something_is_a_bug_that_shows(
    api: httpx.AsyncClient, notes: Runtime
) -> None:
    assert (await api.get("/notes/by/careless/reading")).status_code == 500
    assert await count(notes) == 0


async def test_a_database_that_dies_before_the_commit_is_never_answered_with_success(
    api: httpx.AsyncClient, notes: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = notes.complete

    async def die_first(work: Any) -> None:
        await work.session.connection()
        async with notes.database.engine.connect() as connection:
            await connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'notes' AND pid <> pg_backend_pid()"
            )
        await complete(work)

    monkeypatch.setattr(notes, "complete", die_first)
    answer = await api.post("/notes", json={"text": "hello"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert await count(notes) == 0


async def test_slow_reads_take_no_connection_from_changes(api: httpx.AsyncClient, notes: Runtime) -> None:
    async with AsyncExitStack() as slow:
        for _ in range(notes.settings.database.read_pool_size):
            session = await slow.enter_async_context(notes.database.read_sessions())
            await session.connection()
        assert (await api.post("/notes", json={"text": "hello"})).status_code == 201


async def test_a_read_does_without_a_connection_that_was_ended(api: httpx.AsyncClient, notes: Runtime) -> None:
    key = (await api.post("/notes", json={"text": "hello"})).json()["id"]
    assert (await api.get(f"/notes/{key}")).status_code == 200
    backends = "FROM pg_stat_activity WHERE usename = 'notes' AND pid <> pg_backend_pid()"
    async with notes.database.engine.connect() as connection:
        await connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid) {backends}")
        await connection.commit()
        while (await connection.exec_driver_sql(f"SELECT count(*) {backends}")).scalar():
            await connection.commit()
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)  # until the farewell was read
    assert (await api.get(f"/notes/{key}")).status_code == 200


async def test_the_same_idempotency_key_has_one_effect_and_one_answer(api: httpx.AsyncClient, notes: Runtime) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first = await api.post("/notes", json={"text": "hello"}, headers=headers)
    again = await api.post("/notes", json={"text": "hello"}, headers=headers)
    second = await api.post("/notes", json={"text": "another"}, headers=headers)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert second.status_code == 422
    assert await count(notes) == 1


async def test_many_retries_at_once_have_one_effect(api: httpx.AsyncClient, notes: Runtime) -> None:
    headers = {"Idempotency-Key": "order-2"}
    answers = await asyncio.gather(*(api.post("/notes", json={"text": "hello"}, headers=headers) for _ in range(12)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.text for answer in answers if answer.status_code == 201}) == 1
    assert await count(notes) == 1


async def test_a_refused_request_may_be_repeated_under_its_key(api: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "order-3"}
    assert (await api.post("/notes", json={"text": "forbidden"}, headers=headers)).status_code == 409
    assert (await api.post("/notes", json={"text": "allowed"}, headers=headers)).status_code == 201


async def test_a_change_must_name_the_version_it_was_made_from(api: httpx.AsyncClient) -> None:
    note = await api.post("/notes", json={"text": "hello"})
    place = f"/notes/{note.json()['id']}"
    assert (await api.put(place, json={"text": "new"})).status_code == 428
    assert (await api.put(place, json={"text": "new"}, headers={"If-Match": "one"})).status_code == 400
    changed = await api.put(place, json={"text": "new"}, headers={"If-Match": note.headers["etag"]})
    assert (changed.status_code, get_tagged_version(changed)) == (200, 2)
    late = await api.put(place, json={"text": "late"}, headers={"If-Match": note.headers["etag"]})
    assert (late.status_code, late.json()["type"]) == (412, "/notes/v1/problems/changed-meanwhile")


async def test_a_broken_rule_is_a_problem_with_a_stable_type_that_can_be_read_up(api: httpx.AsyncClient) -> None:
    answer = await api.post("/notes", json={"text": "forbidden"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem == {
        "type": "/notes/v1/problems/note-is-forbidden",
        "title": "A note may not be called forbidden.",
        "status": 409,
        "detail": "Call it something else.",
        "errors": [{"field": "text", "message": "Call it something else."}],
    }
    explained = await api.get(f"{BASE_URL}{problem['type']}")
    assert "A note may not be called forbidden" in explained.text


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"text": ', 400, "body"),
        (b"[]", 422, "body"),
        (b'{"text": ""}', 422, "text"),
        (b'{"text": "a\\u0000b"}', 422, "text"),
        (b'{"text": "\\ud800"}', 422, "text"),
        (b'{"text": "a", "weight": NaN}', 422, "weight"),
        (b'{"text": "a", "weight": Infinity}', 422, "weight"),
        (b'{"text": "a", "weight": 1e400}', 422, "weight"),
        (b'{"text": "a", "weight": true}', 422, "weight"),
        (b'{"text": "a", "at": 253402300800}', 422, "at"),
        (b'{"text": "a", "at": "2026-01-01T00:00:00"}', 422, "at"),
        (b'{"text": "a", "id": "mine"}', 422, "id"),
        (b"\xff\xfe", 400, "body"),
    ],
)
async def test_bad_input_is_refused_naming_the_field(
    api: httpx.AsyncClient, body: bytes, status: int, field: str
) -> None:
    answer = await api.post("/notes", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_body_over_the_limit_is_refused_with_and_without_a_length(
    api: httpx.AsyncClient, notes: Runtime
) -> None:
    notes.settings.limits.max_body_bytes = 1000

    async def drips() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100

    async with build_client(NOTES, notes) as small:
        small.headers = api.headers
        assert (await small.post("/notes", content=b" " * 2000)).status_code == 413
        assert (await small.post("/notes", content=drips())).status_code == 413
    assert await count(notes) == 0


async def test_pages_follow_each_other_without_gap_or_repetition(api: httpx.AsyncClient) -> None:
    ids = [(await api.post("/notes", json={"text": str(n)})).json()["id"] for n in range(7)]
    read_ids, cursor = [], None
    while True:
        page = (await api.get("/notes", params={"limit": 3} | ({"cursor": cursor} if cursor else {}))).json()
        read_ids += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert read_ids == ids
    assert (await api.get("/notes", params={"cursor": "nonsense"})).json()["errors"][0]["field"] == "cursor"
    assert (await api.get("/notes", params={"limit": 10**9})).status_code == 422


async def test_a_customer_does_not_see_what_is_anothers(api: httpx.AsyncClient, headers: Headers) -> None:
    customer_id, other_customer_id = uuid4(), uuid4()
    note = (await api.post("/notes", json={"text": "private", "customer_id": str(customer_id)})).json()["id"]
    assert (await api.get(f"/notes/{note}", headers=headers("customer", customer_id))).status_code == 200
    hidden = await api.get(f"/notes/{note}", headers=headers("customer", other_customer_id))
    absent = await api.get(f"/notes/{uuid4()}", headers=headers("customer", other_customer_id))
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json()["type"] == absent.json()["type"]
    assert (await api.post("/notes", json={"text": "x"}, headers=headers("customer", customer_id))).status_code == 403


async def test_without_credentials_only_open_addresses_answer(api: httpx.AsyncClient) -> None:
    del api.headers["authorization"]
    assert (await api.get("/notes")).status_code == 401
    assert (await api.get("/notes/open/to/all")).json() == {"hello": "you"}


async def test_every_change_is_in_the_audit_trail_and_tampering_shows(api: httpx.AsyncClient, notes: Runtime) -> None:
    note = await api.post("/notes", json={"text": "before"}, headers={"X-Request-Id": "request-0001"})
    key = note.json()["id"]
    await api.put(f"/notes/{key}", json={"text": "after"}, headers={"If-Match": '"1"'})
    audit = notes.tables.audit
    async with notes.database.sessions() as session, session.begin():
        trail = select(audit).where(audit.c.entity_id == key).order_by(audit.c.seq)
        created, changed = (await session.execute(trail)).mappings()
        assert (created["actor"], created["action"], created["request"]) == ("manager", "created", "request-0001")
        assert (changed["before"], changed["after"]) == ({"text": "before"}, {"text": "after"}) or (
            changed["before"]["text"],
            changed["after"]["text"],
        ) == ("before", "after")
        assert await seal(session, audit) == 2
        assert (await count_unsealed(session, audit), await find_broken_seal(session, audit)) == (0, None)
        await session.execute(update(audit).where(audit.c.seq == changed["seq"]).values(actor="somebody else"))
        assert await find_broken_seal(session, audit) == 2


async def test_each_answer_carries_its_request_id(api: httpx.AsyncClient) -> None:
    assert (await api.get("/notes", headers={"X-Request-Id": "my-request"})).headers["x-request-id"] == "my-request"
    assert (await api.get("/notes", headers={"X-Request-Id": "bad\tid"})).headers["x-request-id"] != "bad\tid"


async def test_health_readiness_and_figures_are_public(api: httpx.AsyncClient) -> None:
    for page in ("healthz", "readyz", "metrics", "openapi.json", "docs"):
        assert (await api.get(f"{BASE_URL}/notes/{page}")).status_code == 200, page
    figures = (await api.get(f"{BASE_URL}/notes/metrics")).text
    assert 'rapport_events_pending{service="notes"} 0' in figures
