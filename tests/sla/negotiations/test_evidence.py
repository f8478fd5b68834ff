"""What terms on the table stand on: back-tests of each wording, and a chain that holds them, or a reason to sign."""

from typing import Any

import pytest
from sqlalchemy import select

from common.testing.plugin import ServiceUnderTest
from published.sla import AgreementAmended, AgreementSigned
from sla.chains import actions as chains
from tests.sla.conftest import SlaClient
from tests.sla.problems import problem

WHY = {"acknowledge": {"reason": "A second line is ordered."}}
SHORT = "Availability: 99.5000 % cannot be held"


async def supporting(sla_client: SlaClient, target: str, name: str = "Network") -> str:
    terms = sla_client.terms(name=name, credits=None)
    terms["objectives"] = [terms["objectives"][0] | {"target": target}]
    body = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id), "terms": terms}
    answer = await sla_client.sla.client.post(
        "/agreements", json=body | {"kind": "ola", "supplier": "The network team"}, headers=sla_client.manager
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def rely(sla_client: SlaClient, agreement: dict[str, Any], *carriers: str) -> None:
    path = f"/agreements/{agreement['id']}/underpinnings"
    etag = (await sla_client.sla.client.get(path, headers=sla_client.manager)).headers["etag"]
    parts = [{"name": "Network", "needed": 1, "agreement_ids": list(carriers)}] if carriers else []
    answer = await sla_client.sla.client.put(
        path, json={"parts": parts}, headers=sla_client.manager | {"If-Match": etag}
    )
    assert answer.status_code == 200, answer.text


async def negotiation(
    sla_client: SlaClient, agreement: dict[str, Any], headers: dict[str, str] | None = None, **query: int
) -> Any:
    path = f"/agreements/{agreement['id']}/negotiation"
    answer = await sla_client.sla.client.get(path, params=query, headers=headers or sla_client.manager)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def trying(sla_client: SlaClient, agreement: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {"agreement_id": agreement["id"], "from": "2025-11-01", "to": "2025-12-31"} | changes
    answer = await sla_client.sla.client.post("/backtests", json=body, headers=sla_client.manager)
    assert answer.status_code == 201, answer.text
    agreement: dict[str, Any] = answer.json()
    return agreement


@pytest.fixture
async def accepted(sla_client: SlaClient) -> dict[str, Any]:
    """By the customer, on a network that is promised for 99 %."""
    agreement = (await sla_client.draft()).json()
    await rely(sla_client, agreement, await supporting(sla_client, "99"))
    await sla_client.step(agreement, "proposals", {})
    answer = await sla_client.step(agreement, "acceptances", {}, sla_client.customer)
    backtest: dict[str, Any] = answer.json()
    return backtest


def signature(agreement: dict[str, Any]) -> dict[str, Any]:
    return {"terms_sha256": agreement["version"]["terms_sha256"]}


async def test_the_newest_backtest_of_each_wording_is_shown(sla_client: SlaClient) -> None:
    agreement = (await sla_client.draft()).json()
    assert (await negotiation(sla_client, agreement))["backtests"] == []
    await trying(sla_client, agreement)
    first = await trying(sla_client, agreement, shared=True)
    path = f"/agreements/{agreement['id']}/terms"
    etag = (await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)).headers[
        "etag"
    ]
    stricter = sla_client.terms(name="Stricter")
    await sla_client.sla.client.put(path, json=stricter, headers=sla_client.manager | {"If-Match": etag})
    second = await trying(sla_client, agreement)
    backtests = (await negotiation(sla_client, agreement))["backtests"]
    assert [(backtest["id"], backtest["on_the_table"]) for backtest in backtests] == [
        (second["id"], True),
        (first["id"], False),
    ]
    assert backtests[1]["terms_sha256"] == first["terms_sha256"]
    assert backtests[0]["sentence"] == second["sentence"]
    await sla_client.step(agreement, "proposals", {})
    shared_backtests = (await negotiation(sla_client, agreement, sla_client.customer))["backtests"]
    assert [backtest["id"] for backtest in shared_backtests] == [first["id"]]


async def test_a_version_is_shown_with_the_backtests_of_its_own_time(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    before = await trying(sla_client, agreement)
    other_agreement = await sla_client.signed()
    await sla_client.step(agreement, "amendments", {"terms": sla_client.terms(starts_on="2026-03-01")})
    after = await trying(sla_client, agreement)
    assert [backtest["id"] for backtest in (await negotiation(sla_client, agreement, version=1))["backtests"]] == [
        before["id"]
    ]
    assert [backtest["id"] for backtest in (await negotiation(sla_client, agreement))["backtests"]] == [after["id"]]
    assert (await negotiation(sla_client, other_agreement))["backtests"] == []


async def test_staff_sees_whether_the_chain_holds_what_is_on_the_table(sla_client: SlaClient) -> None:
    agreement = (await sla_client.draft()).json()
    assert (await negotiation(sla_client, agreement))["feasibility"] is None
    await rely(sla_client, agreement, await supporting(sla_client, "99"))
    feasibility = (await negotiation(sla_client, agreement, sla_client.headers("viewer")))["feasibility"]
    assert feasibility["feasibility"] == "infeasible"
    assert any(reason["sentence"].startswith(SHORT) for reason in feasibility["reasons"])
    await sla_client.step(agreement, "proposals", {})
    assert (await negotiation(sla_client, agreement, sla_client.customer))["feasibility"] is None
    first, second = sla_client.terms()["objectives"]
    modest = sla_client.terms(objectives=[first | {"target": "98"}, second])
    await sla_client.step(agreement, "proposals", {"terms": modest}, sla_client.customer)
    assert (await negotiation(sla_client, agreement))["feasibility"]["feasibility"] != "infeasible"
    await sla_client.step(agreement, "withdrawal", {"reason": "No."})
    assert (await negotiation(sla_client, agreement))["feasibility"] is None


async def test_what_the_chain_cannot_hold_is_signed_for_a_reason_only(
    sla_client: SlaClient, sla: ServiceUnderTest, accepted: dict[str, Any]
) -> None:
    refused = await sla_client.step(accepted, "signatures", signature(accepted))
    assert problem(refused) == (409, "chain-falls-short")
    assert refused.json()["errors"][0]["field"] == "acknowledge"
    assert refused.json()["detail"].startswith(SHORT)
    assert (await negotiation(sla_client, accepted))["signatures"] == []
    empty = await sla_client.step(accepted, "signatures", signature(accepted) | {"acknowledge": {"reason": " "}})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "acknowledge.reason")
    assert (await sla_client.step(accepted, "signatures", signature(accepted) | WHY)).status_code == 201
    (recorded,) = (await negotiation(sla_client, accepted))["signatures"]
    assert recorded["acknowledged_because"] == "A second line is ordered."
    assert [shortfall.startswith(SHORT) for shortfall in recorded["shortfalls"]] == [True]
    (signature_view,) = (await negotiation(sla_client, accepted, sla_client.customer))["signatures"]
    assert (signature_view["acknowledged_because"], signature_view["shortfalls"], signature_view["side"]) == (
        None,
        None,
        "provider",
    )
    trail = sla.runtime.tables.audit
    async with sla.begin() as work:
        rows = await work.session.execute(select(trail).where(trail.c.entity == "agreement_signatures"))
        (row,) = rows.mappings().all()
    assert row["after"]["acknowledged_because"] == "A second line is ordered."


async def test_the_customer_is_not_asked_and_the_event_says_who_acknowledged_what(
    sla_client: SlaClient, sla: ServiceUnderTest, accepted: dict[str, Any]
) -> None:
    assert (await sla_client.step(accepted, "signatures", signature(accepted), sla_client.customer)).status_code == 201
    assert (await sla_client.step(accepted, "signatures", signature(accepted) | WHY)).status_code == 201
    (event,) = [emitted for emitted in await sla.list_emitted_events() if isinstance(emitted, AgreementSigned)]
    assert event.acknowledged is not None
    assert (event.acknowledged.reason, event.acknowledged.acknowledged_by) == ("A second line is ordered.", "manager")
    assert event.acknowledged.shortfalls[0].startswith(SHORT)


async def test_amendments_are_asked_for_as_well(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    agreement = await sla_client.signed()
    await rely(sla_client, agreement, await supporting(sla_client, "99"))
    await sla_client.step(agreement, "amendments", {"terms": sla_client.terms(starts_on="2026-03-01")})
    await sla_client.step(agreement, "proposals", {})
    ready = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    await sla_client.step(agreement, "signatures", signature(ready), sla_client.customer)
    assert problem(await sla_client.step(agreement, "signatures", signature(ready))) == (409, "chain-falls-short")
    assert (await sla_client.step(agreement, "signatures", signature(ready) | WHY)).status_code == 201
    (event,) = [emitted for emitted in await sla.list_emitted_events() if isinstance(emitted, AgreementAmended)]
    assert event.acknowledged is not None


@pytest.mark.parametrize("target", [None, "99.9"])
async def test_nothing_is_asked_where_nothing_falls_short(
    sla_client: SlaClient, sla: ServiceUnderTest, accepted: dict[str, Any], target: str | None
) -> None:
    """Without anybody named who carries it, or with somebody who holds it; a reason then changes nothing."""
    await rely(sla_client, accepted, *([await supporting(sla_client, target, "Better network")] if target else []))
    assert (await sla_client.step(accepted, "signatures", signature(accepted) | WHY)).status_code == 201
    assert (await sla_client.step(accepted, "signatures", signature(accepted), sla_client.customer)).status_code == 201
    (event,) = [emitted for emitted in await sla.list_emitted_events() if isinstance(emitted, AgreementSigned)]
    assert event.acknowledged is None
    assert [recorded["shortfalls"] for recorded in (await negotiation(sla_client, accepted))["signatures"]] == [
        None,
        None,
    ]


async def test_other_refusals_come_first(sla_client: SlaClient, accepted: dict[str, Any]) -> None:
    refusal = await sla_client.step(accepted, "signatures", {"terms_sha256": "0" * 64})
    assert problem(refusal) == (409, "signature-for-other-terms")


async def test_a_chain_too_large_to_check_keeps_nobody_from_signing(
    sla_client: SlaClient, accepted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "MAX_CHECKS", 0)
    feasibility = (await negotiation(sla_client, accepted))["feasibility"]
    assert (feasibility["feasibility"], feasibility["reasons"][0]["subject"]) == ("unknown", "parts")
    assert (await sla_client.step(accepted, "signatures", signature(accepted))).status_code == 201
