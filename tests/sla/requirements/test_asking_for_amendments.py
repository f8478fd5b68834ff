"""A customer asks for an amendment by a requirement: it stands open at the agreement until a version answers it."""

from typing import Any

from tests.sla.conftest import Shop

WANTED = {"level": {"kind": "availability", "target": "99.9"}}


async def open_at(shop: Shop, agreement: dict[str, Any]) -> dict[str, Any]:
    answer = await shop.sla.client.get(f"/agreements/{agreement['id']}/requirements", headers=shop.manager)
    found: dict[str, Any] = answer.json()
    return found


async def amend(shop: Shop, agreement: dict[str, Any], requirement: str, target: str) -> None:
    """From 1 March, signed by both."""
    first, second = agreement["version"]["terms"]["objectives"]
    objectives = [first | {"target": target, "answers": [requirement]}, second]
    terms = agreement["version"]["terms"] | {"starts_on": "2026-03-01", "objectives": objectives}
    assert (await shop.step(agreement, "amendments", {"terms": terms})).status_code == 201
    await shop.step(agreement, "proposals", {})
    accepted = (await shop.step(agreement, "acceptances", {}, shop.customer)).json()
    signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
    await shop.step(agreement, "signatures", signature)
    assert (await shop.step(agreement, "signatures", signature, shop.customer)).status_code == 201


async def test_what_a_customer_wants_otherwise_is_open_at_its_agreement_until_a_version_answers_it(shop: Shop) -> None:
    agreement = await shop.signed()
    body = {
        "title": "Less downtime",
        "service_level": WANTED,
        "reason": "We grow.",
        "offering_id": str(shop.offering_id),
    }
    asked = (await shop.sla.client.post("/requirements", json=body, headers=shop.customer)).json()
    assert [one["id"] for one in (await open_at(shop, agreement))["unanswered"]] == [asked["id"]]
    await amend(shop, agreement, asked["id"], "99.9")
    path = f"/agreements/{agreement['id']}/requirements?version=2"
    coverage = (await shop.sla.client.get(path, headers=shop.customer)).json()
    assert (coverage["unanswered"], coverage["not_met"]) == ([], [])
    assert [(one["requirement_id"], one["met"]) for one in coverage["answers"]] == [(asked["id"], True)]


async def test_who_asks_for_more_of_what_is_agreed_revises_the_requirement(shop: Shop) -> None:
    body = {"title": "Little downtime", "service_level": WANTED, "reason": "We sell."}
    asked = (await shop.sla.client.post("/requirements", json=body, headers=shop.customer)).json()
    first, second = shop.terms()["objectives"]
    objectives = [first | {"target": "99.9", "answers": [asked["id"]]}, second]
    agreement = await shop.signed(objectives=objectives)
    assert (await open_at(shop, agreement))["not_met"] == []
    path = f"/requirements/{asked['id']}"
    etag = (await shop.sla.client.get(path, headers=shop.customer)).headers["etag"]
    more = {"level": {"kind": "availability", "target": "99.95"}}
    answer = await shop.sla.client.put(f"{path}/service-level", json=more, headers=shop.customer | {"If-Match": etag})
    assert answer.status_code == 200, answer.text
    found = await open_at(shop, agreement)
    assert found["not_met"] == [asked["id"]]
    assert found["answers"][0]["gaps"] == ["99.95 % is wanted, 99.9 % is agreed: 0.05 points less."]
