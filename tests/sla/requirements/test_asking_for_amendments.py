"""A customer asks for an amendment by a requirement: it stands open at the agreement until a version answers it."""

from typing import Any

from tests.sla.conftest import SlaClient

SERVICE_LEVEL = {"level": {"kind": "availability", "target": "99.9"}}


async def read_coverage(sla_client: SlaClient, agreement: dict[str, Any]) -> dict[str, Any]:
    answer = await sla_client.sla.client.get(f"/agreements/{agreement['id']}/requirements", headers=sla_client.manager)
    coverage: dict[str, Any] = answer.json()
    return coverage


async def amend(sla_client: SlaClient, agreement: dict[str, Any], requirement_id: str, target: str) -> None:
    """Amend the agreement from 1 March on, signed by both sides."""
    first, second = agreement["version"]["terms"]["objectives"]
    objectives = [first | {"target": target, "answers": [requirement_id]}, second]
    terms = agreement["version"]["terms"] | {"starts_on": "2026-03-01", "objectives": objectives}
    assert (await sla_client.step(agreement, "amendments", {"terms": terms})).status_code == 201
    await sla_client.step(agreement, "proposals", {})
    accepted = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await sla_client.step(agreement, "signatures", signature)
    assert (await sla_client.step(agreement, "signatures", signature, sla_client.customer)).status_code == 201


async def test_a_new_requirement_is_open_at_the_agreement_until_a_version_answers_it(sla_client: SlaClient) -> None:
    agreement = await sla_client.signed()
    body = {
        "title": "Less downtime",
        "service_level": SERVICE_LEVEL,
        "reason": "We grow.",
        "offering_id": str(sla_client.offering_id),
    }
    requirement = (await sla_client.sla.client.post("/requirements", json=body, headers=sla_client.customer)).json()
    assert [unanswered["id"] for unanswered in (await read_coverage(sla_client, agreement))["unanswered"]] == [
        requirement["id"]
    ]
    await amend(sla_client, agreement, requirement["id"], "99.9")
    path = f"/agreements/{agreement['id']}/requirements?version=2"
    coverage = (await sla_client.sla.client.get(path, headers=sla_client.customer)).json()
    assert (coverage["unanswered"], coverage["not_met"]) == ([], [])
    assert [(answer["requirement_id"], answer["met"]) for answer in coverage["answers"]] == [(requirement["id"], True)]


async def test_a_customer_asks_for_more_by_revising_the_requirement(sla_client: SlaClient) -> None:
    body = {"title": "Little downtime", "service_level": SERVICE_LEVEL, "reason": "We sell."}
    requirement = (await sla_client.sla.client.post("/requirements", json=body, headers=sla_client.customer)).json()
    first, second = sla_client.terms()["objectives"]
    objectives = [first | {"target": "99.9", "answers": [requirement["id"]]}, second]
    agreement = await sla_client.signed(objectives=objectives)
    assert (await read_coverage(sla_client, agreement))["not_met"] == []
    path = f"/requirements/{requirement['id']}"
    etag = (await sla_client.sla.client.get(path, headers=sla_client.customer)).headers["etag"]
    more = {"level": {"kind": "availability", "target": "99.95"}}
    answer = await sla_client.sla.client.put(
        f"{path}/service-level", json=more, headers=sla_client.customer | {"If-Match": etag}
    )
    assert answer.status_code == 200, answer.text
    coverage = await read_coverage(sla_client, agreement)
    assert coverage["not_met"] == [requirement["id"]]
    assert coverage["answers"][0]["gaps"] == ["99.95 % is wanted, 99.9 % is agreed: 0.05 points less."]
