"""The life of a monitor's key: shown once, used, rotated, expired, revoked; and what opens nothing."""

from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from common.auth.api_keys import hash_secret, parse_key
from common.auth.attempt_limiter import AttemptLimiter
from common.ids import new_id


async def column(gate: Any, name: str) -> list[Any]:
    async with gate.database.sessions() as session:
        return [row[0] for row in await session.execute(text(f"SELECT {name} FROM gate.api_keys ORDER BY id"))]  # noqa: S608 - columns named below


async def test_a_key_is_shown_once_and_kept_as_a_hash(gate: Any) -> None:
    answer = await gate.ask("POST", "/api-keys", json={"name": "prometheus"}, extra={"Idempotency-Key": "one"})
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    prefix, secret = parse_key(body["key"]) or ("", "")
    assert body["prefix"] == prefix
    [listed] = (await gate.ask("GET", "/api-keys", "manager")).json()["items"]
    assert "key" not in listed
    assert await column(gate, "secret_hash") == [hash_secret(secret)]
    async with gate.database.sessions() as session:
        for table in ("api_keys", "audit", "idempotency"):
            rows = await session.execute(text(f"SELECT t::text FROM gate.{table} t"))  # noqa: S608 - from the line above
            assert secret not in str(rows.all()), table


async def test_monitors_send_it_in_four_ways(gate: Any) -> None:
    key = (await gate.key())["key"]
    basic = b64encode(f"prometheus:{key}".encode()).decode()
    assert await gate.push(Authorization=f"Bearer {key}") == 204
    assert await gate.push(Authorization=f"Basic {basic}") == 204
    assert await gate.push(Authorization=f"Token {key}") == 204  # clients of InfluxDB
    assert await gate.push(**{"X-API-Key": key}) == 204


async def test_a_key_opens_what_its_scope_says_and_no_more(gate: Any) -> None:
    key = (await gate.key())["key"]
    for path in ("/pushes", "/api-keys"):
        assert (await gate.client.get(path, headers={"X-API-Key": key})).status_code == 403


async def test_what_opens_nothing(gate: Any) -> None:
    created = await gate.key()
    key, other_key = created["key"], (await gate.key("other"))["key"]
    prefix, secret = parse_key(key) or ("", "")
    swapped = f"rpk_{prefix}_{(parse_key(other_key) or ('', ''))[1]}"
    for wrong in (
        "rpk_",
        key[:-1],
        key + "A",
        key.upper(),
        swapped,
        f"rpk_{'0' * 16}_{secret}",
        f"rpk_{prefix}_",
        secret,
    ):
        assert await gate.push_with(wrong) == 401
        assert await gate.push(**{"X-API-Key": wrong}) == 401
    answer = await gate.client.post(f"/pushes?token={key}")
    assert answer.status_code == 401
    assert answer.json()["type"].endswith("/unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert key not in answer.text


async def test_whoever_has_no_valid_key_is_told_how_to_come_by_one(gate: Any) -> None:
    """All keys that open nothing are answered alike; a key is a monitor's, and a token a person's."""
    revoked = await gate.key()
    await gate.ask("DELETE", f"/api-keys/{revoked['id']}")
    details = set()
    for wrong in ("rpk_KEY", revoked["key"], f"rpk_{'0' * 16}_{'A' * 43}"):
        details.add((await gate.client.post("/pushes", headers={"X-API-Key": wrong})).json()["detail"])
    issuing = "an administrator issues one with POST …/v1/api-keys"
    assert details == {f"This API key is misspelt, expired or revoked: {issuing}."}

    by_manager = (await gate.ask("POST", "/pushes", "manager")).json()["detail"]
    assert by_manager == f"This needs a monitor's API key, or the role admin: {issuing}."
    key = (await gate.key("other"))["key"]
    read_with_key = (await gate.client.get("/pushes", headers={"X-API-Key": key})).json()["detail"]
    assert read_with_key.startswith("A monitor's key only pushes. This needs a person's token with one of the roles")

    for headers in ({}, {"Authorization": key}, {"Authorization": f"Digest {key}"}):
        detail = (await gate.client.post("/pushes", headers=headers)).json()["detail"]
        assert "`Authorization: Bearer <token or key>`, or a key as `X-API-Key`" in detail


async def test_only_monitors_are_asked_for_a_password(gate: Any) -> None:
    """Amazon SNS sends it only then; a browser would show a dialog."""
    asked = (await gate.client.post("/pushes")).headers["www-authenticate"]
    assert asked == 'Bearer realm="rapport", Basic realm="rapport"'
    assert (await gate.client.get("/api-keys")).headers["www-authenticate"] == 'Bearer realm="rapport"'


async def test_a_revoked_key_is_dead_within_a_minute(gate: Any) -> None:
    created = await gate.key()
    assert await gate.push_with(created["key"]) == 204
    for _ in range(2):
        assert (await gate.ask("DELETE", f"/api-keys/{created['id']}")).status_code == 204
    gate.clock.advance(timedelta(seconds=30))
    assert await gate.push_with(created["key"]) == 401
    assert (await gate.ask("DELETE", f"/api-keys/{new_id()}")).status_code == 404


async def test_a_key_expires(gate: Any) -> None:
    created = await gate.key(expires_at=(gate.clock() + timedelta(days=1)).isoformat())
    assert await gate.push_with(created["key"]) == 204
    gate.clock.advance(timedelta(days=1))
    assert await gate.push_with(created["key"]) == 401


async def test_rotation_needs_two_live_keys_and_no_more(gate: Any) -> None:
    old, new = await gate.key(), await gate.key()
    assert [await gate.push_with(key["key"]) for key in (old, new)] == [204, 204]
    third = await gate.ask("POST", "/api-keys", json={"name": "prometheus"})
    assert third.status_code == 409
    assert third.json()["type"].endswith("/too-many-live-keys")
    assert third.json()["errors"][0]["field"] == "name"
    await gate.ask("DELETE", f"/api-keys/{old['id']}")
    await gate.key()
    await gate.key("another")
    names = (await gate.ask("GET", "/api-keys", params={"name": "prometheus"})).json()["items"]
    assert [name["revoked_at"] is None for name in names] == [False, True, True]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["admin"]}, "scopes.0"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2199-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"secret_hash": "x"}, "secret_hash"),
    ],
    ids=str,
)
async def test_bad_input_names_the_field(gate: Any, change: dict[str, Any], field: str) -> None:
    answer = await gate.ask("POST", "/api-keys", json={"name": "prometheus"} | change)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("role", ["manager", "owner", "viewer"])
async def test_only_an_administrator_makes_and_revokes_keys(gate: Any, role: str) -> None:
    created = await gate.key()
    assert (await gate.ask("POST", "/api-keys", role, json={"name": "x"})).status_code == 403
    assert (await gate.ask("DELETE", f"/api-keys/{created['id']}", role)).status_code == 403
    assert (await gate.ask("GET", "/api-keys", role)).status_code == (200 if role == "manager" else 403)


async def test_a_push_asks_the_database_now_and_then_only(gate: Any) -> None:
    key = (await gate.key())["key"]
    requests: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "api_keys" in statement:
            requests.append(statement.partition(" ")[0])

    engine = gate.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    for _ in range(10):
        assert await gate.push_with(key) == 204
    assert requests == ["SELECT", "UPDATE"]
    gate.clock.advance(timedelta(seconds=30))
    await gate.push_with(key)
    assert requests == ["SELECT", "UPDATE", "SELECT"], "when it was used is known well enough"
    gate.clock.advance(timedelta(minutes=5))
    await gate.push_with(key)
    event.remove(engine, "before_cursor_execute", note)
    assert await column(gate, "last_used_at") == [gate.clock()]


async def test_whoever_keeps_guessing_is_told_to_wait_and_the_others_are_not(gate: Any) -> None:
    key = (await gate.key())["key"]
    guesses = [
        await gate.push_with(f"rpk_{number:016x}_{'A' * 43}") for number in range(AttemptLimiter.max_refused + 5)
    ]
    assert guesses == [401] * AttemptLimiter.max_refused + [429] * 5
    assert await gate.push_with(key) == 204
    gate.clock.advance(timedelta(minutes=1))
    assert await gate.push_with("rpk_x") == 401


async def test_while_the_database_is_away_monitors_are_told_to_come_back(gate: Any) -> None:
    key = (await gate.key())["key"]

    def away(*_: Any) -> None:
        raise ConnectionRefusedError

    engine = gate.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", away)
    try:
        answer = await gate.client.post("/pushes", headers={"X-API-Key": key})
    finally:
        event.remove(engine, "before_cursor_execute", away)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
