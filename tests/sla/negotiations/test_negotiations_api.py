"""A negotiation over HTTP: two sides, their record, and an agreement at the end."""

from typing import Any
from uuid import UUID

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.catalog import OfferingRetired
from published.sla import AgreementActivated, AgreementSigned
from tests.sla.conftest import SlaClient
from tests.sla.problems import problem


@pytest.fixture
async def proposed(sla_client: SlaClient) -> dict[str, Any]:
    agreement: dict[str, Any] = (await sla_client.draft()).json()
    answer = await sla_client.step(agreement, "proposals", {"comment": "our offer"})
    assert answer.status_code == 201, answer.text
    negotiation: dict[str, Any] = answer.json()
    return negotiation


async def test_two_sides_come_to_terms_and_sign_them(
    sla_client: SlaClient, sla: ServiceUnderTest, proposed: dict[str, Any]
) -> None:
    first, second = sla_client.terms()["objectives"]
    stricter = sla_client.terms(objectives=[first | {"target": "99.9"}, second])
    why = {"objectives": [{"objective_id": first["id"], "comment": "four hours a month are too many"}]}
    await sla_client.step(proposed, "objections", why, sla_client.customer)
    answer = await sla_client.step(proposed, "proposals", {"terms": stricter, "comment": "so?"}, sla_client.customer)
    assert answer.json()["state"] == "counter_proposed"
    accepted = (await sla_client.step(proposed, "acceptances", {"comment": "deal"})).json()
    assert (accepted["state"], accepted["version"]["stage"]) == ("accepted", "accepted")
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    half = (await sla_client.step(proposed, "signatures", signature)).json()
    assert half["state"] == "accepted"
    assert half["version"]["recorded_at"] is None
    signed = (await sla_client.step(proposed, "signatures", signature, sla_client.customer)).json()
    assert signed["state"] == "active"
    assert signed["version"]["terms"]["objectives"][0]["target"] == "99.9"
    assert [signature["side"] for signature in signed["version"]["signatures"]] == ["provider", "customer"]

    event, begun = (
        event for event in await sla.list_emitted_events() if isinstance(event, AgreementSigned | AgreementActivated)
    )
    assert isinstance(event, AgreementSigned)
    assert (str(event.agreement_id), event.service_name, event.version) == (
        proposed["id"],
        "Web shop",
        1,
    )
    assert [str(objective.target) for objective in event.objectives] == ["99.9", "95"]
    assert isinstance(begun, AgreementActivated)


async def test_the_record_reads_like_the_negotiation(
    sla_client: SlaClient, proposed: dict[str, Any], sla: ServiceUnderTest
) -> None:
    first, second = sla_client.terms()["objectives"]
    stricter = sla_client.terms(objectives=[first | {"target": "99.9"}, second])
    await sla_client.step(
        proposed,
        "acceptances",
        {"objectives": [{"objective_id": second["id"], "comment": "fine"}]},
        sla_client.customer,
    )
    half = (await sla.client.get(f"/agreements/{proposed['id']}/negotiation", headers=sla_client.manager)).json()
    assert (half["accepted"], half["open"]) == ([second["id"]], [first["id"]])
    await sla_client.step(proposed, "proposals", {"terms": stricter}, sla_client.customer)
    read = (await sla.client.get(f"/agreements/{proposed['id']}/negotiation", headers=sla_client.customer)).json()
    assert [(entry["number"], entry["step"], entry["side"]) for entry in read["record"]] == [
        (1, "proposal", "provider"),
        (2, "acceptance", "customer"),
        (3, "counter_proposal", "customer"),
    ]
    assert read["record"][1]["objectives"] == [{"objective_id": second["id"], "comment": "fine"}]
    assert [change["sentence"] for change in read["record"][2]["changes"]] == [
        "objectives.Availability.target: 99.5 → 99.9"
    ]
    assert read["may_propose"] == ["provider"]
    assert sorted(read["open"]) == sorted([first["id"], second["id"]])


async def test_refusals_are_named_and_change_nothing(
    sla_client: SlaClient, proposed: dict[str, Any], sla: ServiceUnderTest
) -> None:
    sha = {"terms_sha256": proposed["version"]["terms_sha256"]}
    assert problem(await sla_client.step(proposed, "acceptances", {})) == (409, "own-proposal-answered")
    assert problem(await sla_client.step(proposed, "signatures", sha)) == (409, "proposal-not-accepted")
    assert problem(await sla_client.step(proposed, "proposals", {})) == (409, "proposal-awaits-answer")
    same = await sla_client.step(proposed, "proposals", {}, sla_client.customer)
    assert problem(same) == (409, "counter-proposal-changes-nothing")
    stray = {"objectives": [{"objective_id": str(new_id()), "comment": "?"}]}
    answer = await sla_client.step(proposed, "objections", stray, sla_client.customer)
    assert problem(answer) == (422, "objective-not-proposed")
    assert answer.json()["errors"][0]["field"] == "objectives"
    read = (await sla.client.get(f"/agreements/{proposed['id']}/negotiation", headers=sla_client.manager)).json()
    assert len(read["record"]) == 1


async def test_nobody_signs_for_both_sides(sla_client: SlaClient, proposed: dict[str, Any]) -> None:
    accepted = (await sla_client.step(proposed, "acceptances", {}, sla_client.customer)).json()
    sha = {"terms_sha256": accepted["version"]["terms_sha256"]}
    refusal = await sla_client.step(proposed, "signatures", {"terms_sha256": "0" * 64})
    assert problem(refusal) == (409, "signature-for-other-terms")
    await sla_client.step(proposed, "signatures", sha, sla_client.headers("manager", subject="mia"))
    both_hats = sla_client.headers("customer", sla_client.customer_id, "mia")
    assert problem(await sla_client.step(proposed, "signatures", sha, both_hats)) == (409, "same-signatory")
    colleague = sla_client.headers("manager", subject="max")
    assert problem(await sla_client.step(proposed, "signatures", sha, colleague)) == (409, "side-already-signed")


async def test_either_side_can_leave_and_then_it_is_over(sla_client: SlaClient) -> None:
    for headers, state in ((sla_client.manager, "withdrawn"), (sla_client.customer, "rejected")):
        agreement = (await sla_client.draft()).json()
        await sla_client.step(agreement, "proposals", {})
        answer = await sla_client.step(agreement, "withdrawal", {"reason": "no budget"}, headers)
        assert (answer.status_code, answer.json()["state"]) == (201, state)
        assert problem(await sla_client.step(agreement, "acceptances", {}, sla_client.customer)) == (
            409,
            "negotiation-over",
        )


async def test_a_signed_agreement_is_not_negotiated(sla_client: SlaClient) -> None:
    signed = await sla_client.signed()
    assert problem(await sla_client.step(signed, "proposals", {})) == (409, "agreement-already-signed")
    assert problem(await sla_client.step(signed, "withdrawal", {"reason": "regret"})) == (
        409,
        "agreement-already-signed",
    )


async def test_a_retired_offering_is_not_signed_for(
    sla_client: SlaClient, sla: ServiceUnderTest, proposed: dict[str, Any], clock: Any
) -> None:
    accepted = (await sla_client.step(proposed, "acceptances", {}, sla_client.customer)).json()
    retired = OfferingRetired(offering_id=sla_client.offering_id, service_id=sla_client.service_id, retired_at=clock())
    await sla.receive(retired)
    answer = await sla_client.step(proposed, "signatures", {"terms_sha256": accepted["version"]["terms_sha256"]})
    assert problem(answer) == (409, "offering-not-available")


@pytest.mark.parametrize("step", ["proposals", "objections", "acceptances", "signatures", "withdrawal"])
async def test_only_managers_and_the_customer_itself_negotiate(
    sla_client: SlaClient, proposed: dict[str, Any], step: str
) -> None:
    body = {
        "objections": {"objectives": [{"objective_id": str(new_id()), "comment": "?"}]},
        "signatures": {"terms_sha256": "0" * 64},
        "withdrawal": {"reason": "?"},
    }.get(step, {})
    for role in ("viewer", "owner"):
        assert (await sla_client.step(proposed, step, body, sla_client.headers(role))).status_code == 403
    stranger = sla_client.headers("customer", new_id())
    assert (await sla_client.step(proposed, step, body, stranger)).status_code == 404
    assert (await sla_client.step({"id": str(new_id())}, step, body)).status_code == 404


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("objections", {}, "objectives"),
        ("objections", {"objectives": []}, "objectives"),
        ("objections", {"objectives": [{"objective_id": "1", "comment": "?"}]}, "objectives.0.objective_id"),
        ("objections", {"objectives": [{"objective_id": str(UUID(int=1)), "comment": " "}]}, "objectives.0.comment"),
        ("acceptances", {"objectives": [{"objective_id": str(UUID(int=1))}] * 2}, "objectives"),
        ("acceptances", {"comment": "a\x00b"}, "comment"),
        ("acceptances", {"everything": True}, "everything"),
        ("signatures", {}, "terms_sha256"),
        ("signatures", {"terms_sha256": "ABC"}, "terms_sha256"),
        ("withdrawal", {"reason": ""}, "reason"),
        ("proposals", {"terms": {}}, "terms.name"),
        ("proposals", {"terms": 1}, "terms"),
    ],
)
async def test_bad_input_is_refused_by_the_name_of_its_field(
    sla_client: SlaClient, proposed: dict[str, Any], step: str, body: dict[str, Any], field: str
) -> None:
    answer = await sla_client.step(proposed, step, body, sla_client.customer)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_the_same_step_sent_twice_is_taken_once(
    sla_client: SlaClient, proposed: dict[str, Any], sla: ServiceUnderTest
) -> None:
    repeatable = sla_client.customer | {"Idempotency-Key": "once-only"}
    first = await sla_client.step(proposed, "acceptances", {}, repeatable)
    again = await sla_client.step(proposed, "acceptances", {}, repeatable)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    read = (await sla.client.get(f"/agreements/{proposed['id']}/negotiation", headers=sla_client.manager)).json()
    assert len(read["record"]) == 2


async def test_proposed_terms_name_indicators_in_use(sla_client: SlaClient, proposed: dict[str, Any]) -> None:
    first, second = sla_client.terms()["objectives"]
    terms = sla_client.terms() | {"objectives": [first, second | {"indicator_id": str(new_id())}]}
    answer = await sla_client.step(proposed, "proposals", {"terms": terms}, sla_client.customer)
    assert problem(answer) == (422, "indicator-not-defined")
    assert answer.json()["errors"][0]["field"] == "terms.objectives.1.indicator_id"
