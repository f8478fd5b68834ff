"""The keys that statements are signed with: kept per installation, published, replaced without loss, and revoked."""

from typing import Any

import pytest
from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from sla.compliance.statements.model import StatementKey, StatementSecret
from sla.compliance.statements.offline_verification import (
    check_chains,
    check_statement,
    parse_public_keys,
)
from sla.compliance.statements.settings import StatementSettings
from tests.sla.compliance.conftest import JsonOf, StatementClient

RFC_SEED = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
RFC_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
"""Of RFC 8037, appendix A."""


async def test_a_key_is_generated_once_and_published(
    sla: ServiceUnderTest, statements: StatementClient, json_of: JsonOf, headers: Any
) -> None:
    assert json_of(await sla.client.get("/statement-keys"), 200) == {"keys": []}
    statement = json_of(await statements.close(), 201)
    (key,) = json_of(await sla.client.get("/statement-keys"), 200)["keys"]
    assert key["kid"] == statement["signature"]["key_id"] == statement["document"]["key_id"]
    path = f"/statements/{statement['id']}/export"
    export = json_of(await sla.client.get(path, headers=statements.sla_client.customer), 200)
    assert export["document"] == statement["document"]
    assert (
        check_statement(export, parse_public_keys({"keys": [key]}))
        == check_statement(statement, parse_public_keys({"keys": [key]}))
        == []
    )
    json_of(await sla.client.get(path, headers=headers("customer", statements.sla_client.offering_id)), 404)
    assert "d" not in key


async def test_a_replaced_key_stays_published_and_its_secret_goes(
    sla: ServiceUnderTest, statements: StatementClient, json_of: JsonOf, headers: Any, clock: Any
) -> None:
    first = json_of(await statements.close(), 201)
    for role in ("manager", "owner", "viewer"):
        json_of(await sla.client.post("/statement-keys", headers=headers(role)), 403)
    new_key = json_of(await sla.client.post("/statement-keys", headers=headers("admin")), 201)
    clock.now = clock.now.replace(month=3)
    second = json_of(await statements.close("2026-02"), 201)
    keys = json_of(await sla.client.get("/statement-keys"), 200)
    assert [key["kid"] for key in keys["keys"]] == [new_key["kid"], first["signature"]["key_id"]]
    assert second["signature"]["key_id"] == new_key["kid"]
    assert [check_statement(statement, parse_public_keys(keys)) for statement in (first, second)] == [[], []]
    assert check_chains([first, second]) == []
    async with sla.begin() as work:
        assert [secret.kid for secret in await work.session.scalars(select(StatementSecret))] == [new_key["kid"]]
    for statement in (first, second):
        assert (await statements.verify(statement))["verified"]


async def test_statements_of_a_revoked_key_are_refused_until_they_are_restated(
    sla: ServiceUnderTest, statements: StatementClient, json_of: JsonOf, headers: Any, clock: Any
) -> None:
    first = json_of(await statements.close(), 201)
    clock.now = clock.now.replace(month=3)
    second = json_of(await statements.close("2026-02"), 201)
    path = f"/statement-keys/{first['signature']['key_id']}/revocation"
    body = {"since": second["document"]["issued_at"]}
    for role in ("manager", "owner", "viewer"):
        json_of(await sla.client.post(path, json=body, headers=headers(role)), 403)
    future = {"since": clock.now.replace(month=4).isoformat()}
    json_of(await sla.client.post(path, json=future, headers=headers("admin")), 422)
    for kid, status in (("unknown", 404), ("%00", 422)):
        other = f"/statement-keys/{kid}/revocation"
        json_of(await sla.client.post(other, json=body, headers=headers("admin")), status)

    clock.now = clock.now.replace(day=28)
    revoked = json_of(await sla.client.post(path, json=body, headers=headers("admin")), 201)

    keys = json_of(await sla.client.get("/statement-keys"), 200)
    assert [key["revoked_since"] for key in keys["keys"]] == [None, revoked["revoked_since"]]
    assert [bool(check_statement(statement, parse_public_keys(keys))) for statement in (first, second)] == [False, True]
    assert (await statements.verify(first))["verified"]
    assert (await statements.verify(second))["signed"] is False

    restatement = {"reason": "The key was revoked."}
    place = f"/statements/{second['id']}/restatement"
    third = json_of(await sla.client.post(place, json=restatement, headers=headers("manager")), 201)
    assert third["document"]["result"] == second["document"]["result"]
    assert (await statements.verify(third))["verified"]
    place = f"/statements/{third['id']}/restatement"
    json_of(await sla.client.post(place, json=restatement, headers=headers("manager")), 409)


async def test_a_key_of_the_settings_takes_over_and_is_replaced_there(
    sla: ServiceUnderTest,
    statements: StatementClient,
    json_of: JsonOf,
    headers: Any,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = json_of(await statements.close(), 201)
    settings: dict[Any, Any] = sla.runtime.service_settings
    monkeypatch.setitem(settings, StatementSettings, StatementSettings(key=RFC_SEED))
    clock.now = clock.now.replace(month=3)
    second = json_of(await statements.close("2026-02"), 201)
    assert (second["signature"]["key_id"], second["document"]["key_id"]) == (RFC_THUMBPRINT, RFC_THUMBPRINT)
    assert second["signature"]["key_id"] != first["signature"]["key_id"]
    refused = json_of(await sla.client.post("/statement-keys", headers=headers("admin")), 409)
    assert refused["type"].endswith("signing-key-set-by-settings")
    async with sla.begin() as work:
        assert not (await work.session.scalars(select(StatementSecret))).all()
    monkeypatch.setitem(settings, StatementSettings, StatementSettings())
    clock.now = clock.now.replace(month=4)
    third = json_of(await statements.close("2026-03"), 201)
    assert third["signature"]["key_id"] not in {first["signature"]["key_id"], RFC_THUMBPRINT}
    async with sla.begin() as work:
        assert len((await work.session.scalars(select(StatementKey))).all()) == 3


async def test_a_key_that_was_revoked_signs_nothing_again(
    sla: ServiceUnderTest,
    statements: StatementClient,
    json_of: JsonOf,
    headers: Any,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings: dict[Any, Any] = sla.runtime.service_settings
    monkeypatch.setitem(settings, StatementSettings, StatementSettings(key=RFC_SEED))
    json_of(await statements.close(), 201)
    monkeypatch.setitem(settings, StatementSettings, StatementSettings())
    path, body = f"/statement-keys/{RFC_THUMBPRINT}/revocation", {"since": clock.now.isoformat()}
    json_of(await sla.client.post(path, json=body, headers=headers("admin")), 201)
    clock.now = clock.now.replace(month=3)

    monkeypatch.setitem(settings, StatementSettings, StatementSettings(key=RFC_SEED))

    assert json_of(await statements.close("2026-02"), 409)["type"].endswith("signing-key-revoked")
