"""What terms on the table stand on: back-tests of each wording, and a chain that holds them, or a reason to sign."""

from typing import Any

import pytest
from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementAmended, AgreementSigned
from sla.chains import actions as chains
from tests.sla.conftest import Shop
from tests.sla.problems import problem

WHY = {"acknowledge": {"reason": "A second line is ordered."}}
SHORT = "Availability: 99.5000 % cannot be held"


async def supporting(shop: Shop, target: str, name: str = "Network") -> str:
    terms = shop.terms(name=name, credits=None)
    terms["objectives"] = [terms["objectives"][0] | {"target": target}]
    body = {"customer_id": str(shop.customer_id), "offering_id": str(shop.offering_id), "terms": terms}
    answer = await shop.sla.client.post(
        "/agreements", json=body | {"kind": "ola", "supplier": "The network team"}, headers=shop.manager
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def rely(shop: Shop, agreement: dict[str, Any], *carriers: str) -> None:
    path = f"/agreements/{agreement['id']}/underpinnings"
    etag = (await shop.sla.client.get(path, headers=shop.manager)).headers["etag"]
    parts = [{"name": "Network", "needed": 1, "agreement_ids": list(carriers)}] if carriers else []
    answer = await shop.sla.client.put(path, json={"parts": parts}, headers=shop.manager | {"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def negotiation(shop: Shop, agreement: dict[str, Any], who: dict[str, str] | None = None, **query: int) -> Any:
    path = f"/agreements/{agreement['id']}/negotiation"
    answer = await shop.sla.client.get(path, params=query, headers=who or shop.manager)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def trying(shop: Shop, agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {"agreement_id": agreement["id"], "from": "2025-11-01", "to": "2025-12-31"} | changes
    answer = await shop.sla.client.post("/backtests", json=body, headers=shop.manager)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
async def accepted(shop: Shop) -> dict[str, Any]:
    """By the customer, on a network that is promised for 99 %."""
    agreement = (await shop.draft()).json()
    await rely(shop, agreement, await supporting(shop, "99"))
    await shop.step(agreement, "proposals", {})
    answer = await shop.step(agreement, "acceptances", {}, shop.customer)
    found: dict[str, Any] = answer.json()
    return found


def signature(agreement: dict[str, Any]) -> dict[str, Any]:
    return {"terms_sha256": agreement["version"]["terms_sha256"]}


async def test_the_newest_backtest_of_each_wording_is_shown(shop: Shop) -> None:
    agreement = (await shop.draft()).json()
    assert (await negotiation(shop, agreement))["backtests"] == []
    await trying(shop, agreement)
    first = await trying(shop, agreement, shared=True)
    path = f"/agreements/{agreement['id']}/terms"
    etag = (await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)).headers["etag"]
    stricter = shop.terms(name="Stricter")
    await shop.sla.client.put(path, json=stricter, headers=shop.manager | {"If-Match": etag})
    second = await trying(shop, agreement)
    found = (await negotiation(shop, agreement))["backtests"]
    assert [(one["id"], one["on_the_table"]) for one in found] == [(second["id"], True), (first["id"], False)]
    assert found[1]["terms_sha256"] == first["terms_sha256"]
    assert found[0]["sentence"] == second["sentence"]
    await shop.step(agreement, "proposals", {})
    seen = (await negotiation(shop, agreement, shop.customer))["backtests"]
    assert [one["id"] for one in seen] == [first["id"]]


async def test_a_version_is_shown_with_the_backtests_of_its_own_time(shop: Shop) -> None:
    agreement = await shop.signed()
    before = await trying(shop, agreement)
    other = await shop.signed()
    await shop.step(agreement, "amendments", {"terms": shop.terms(starts_on="2026-03-01")})
    after = await trying(shop, agreement)
    assert [one["id"] for one in (await negotiation(shop, agreement, version=1))["backtests"]] == [before["id"]]
    assert [one["id"] for one in (await negotiation(shop, agreement))["backtests"]] == [after["id"]]
    assert (await negotiation(shop, other))["backtests"] == []


async def test_staff_sees_whether_the_chain_holds_what_is_on_the_table(shop: Shop) -> None:
    agreement = (await shop.draft()).json()
    assert (await negotiation(shop, agreement))["feasibility"] is None
    await rely(shop, agreement, await supporting(shop, "99"))
    found = (await negotiation(shop, agreement, shop.headers("viewer")))["feasibility"]
    assert found["feasibility"] == "infeasible"
    assert any(one["sentence"].startswith(SHORT) for one in found["reasons"])
    await shop.step(agreement, "proposals", {})
    assert (await negotiation(shop, agreement, shop.customer))["feasibility"] is None
    first, second = shop.terms()["objectives"]
    modest = shop.terms(objectives=[first | {"target": "98"}, second])
    await shop.step(agreement, "proposals", {"terms": modest}, shop.customer)
    assert (await negotiation(shop, agreement))["feasibility"]["feasibility"] != "infeasible"
    await shop.step(agreement, "withdrawal", {"reason": "No."})
    assert (await negotiation(shop, agreement))["feasibility"] is None


async def test_what_the_chain_cannot_hold_is_signed_for_a_reason_only(
    shop: Shop, sla: ServiceUnderTest, accepted: dict[str, Any]
) -> None:
    refused = await shop.step(accepted, "signatures", signature(accepted))
    assert problem(refused) == (409, "chain-falls-short")
    assert refused.json()["errors"][0]["field"] == "acknowledge"
    assert refused.json()["detail"].startswith(SHORT)
    assert (await negotiation(shop, accepted))["signatures"] == []
    empty = await shop.step(accepted, "signatures", signature(accepted) | {"acknowledge": {"reason": " "}})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "acknowledge.reason")
    assert (await shop.step(accepted, "signatures", signature(accepted) | WHY)).status_code == 201
    (kept,) = (await negotiation(shop, accepted))["signatures"]
    assert kept["acknowledged_because"] == "A second line is ordered."
    assert [one.startswith(SHORT) for one in kept["shortfalls"]] == [True]
    (seen,) = (await negotiation(shop, accepted, shop.customer))["signatures"]
    assert (seen["acknowledged_because"], seen["shortfalls"], seen["side"]) == (None, None, "provider")
    trail = sla.runtime.tables.audit
    async with sla.begin() as work:
        rows = await work.session.execute(select(trail).where(trail.c.entity == "agreement_signatures"))
        (row,) = rows.mappings().all()
    assert row["after"]["acknowledged_because"] == "A second line is ordered."


async def test_the_customer_is_not_asked_and_the_event_says_who_acknowledged_what(
    shop: Shop, sla: ServiceUnderTest, accepted: dict[str, Any]
) -> None:
    assert (await shop.step(accepted, "signatures", signature(accepted), shop.customer)).status_code == 201
    assert (await shop.step(accepted, "signatures", signature(accepted) | WHY)).status_code == 201
    (told,) = [one for one in await sla.list_emitted_events() if isinstance(one, AgreementSigned)]
    assert told.acknowledged is not None
    assert (told.acknowledged.reason, told.acknowledged.acknowledged_by) == ("A second line is ordered.", "manager")
    assert told.acknowledged.shortfalls[0].startswith(SHORT)


async def test_amendments_are_asked_for_as_well(shop: Shop, sla: ServiceUnderTest) -> None:
    agreement = await shop.signed()
    await rely(shop, agreement, await supporting(shop, "99"))
    await shop.step(agreement, "amendments", {"terms": shop.terms(starts_on="2026-03-01")})
    await shop.step(agreement, "proposals", {})
    ready = (await shop.step(agreement, "acceptances", {}, shop.customer)).json()
    await shop.step(agreement, "signatures", signature(ready), shop.customer)
    assert problem(await shop.step(agreement, "signatures", signature(ready))) == (409, "chain-falls-short")
    assert (await shop.step(agreement, "signatures", signature(ready) | WHY)).status_code == 201
    (told,) = [one for one in await sla.list_emitted_events() if isinstance(one, AgreementAmended)]
    assert told.acknowledged is not None


@pytest.mark.parametrize("target", [None, "99.9"])
async def test_nothing_is_asked_where_nothing_falls_short(
    shop: Shop, sla: ServiceUnderTest, accepted: dict[str, Any], target: str | None
) -> None:
    """Without anybody named who carries it, or with somebody who holds it; a reason then changes nothing."""
    await rely(shop, accepted, *([await supporting(shop, target, "Better network")] if target else []))
    assert (await shop.step(accepted, "signatures", signature(accepted) | WHY)).status_code == 201
    assert (await shop.step(accepted, "signatures", signature(accepted), shop.customer)).status_code == 201
    (told,) = [one for one in await sla.list_emitted_events() if isinstance(one, AgreementSigned)]
    assert told.acknowledged is None
    assert [one["shortfalls"] for one in (await negotiation(shop, accepted))["signatures"]] == [None, None]


async def test_other_refusals_come_first(shop: Shop, accepted: dict[str, Any]) -> None:
    other = await shop.step(accepted, "signatures", {"terms_sha256": "0" * 64})
    assert problem(other) == (409, "signature-for-other-terms")


async def test_a_chain_too_large_to_check_keeps_nobody_from_signing(
    shop: Shop, accepted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "MAX_CHECKS", 0)
    found = (await negotiation(shop, accepted))["feasibility"]
    assert (found["feasibility"], found["reasons"][0]["subject"]) == ("unknown", "parts")
    assert (await shop.step(accepted, "signatures", signature(accepted))).status_code == 201
