"""Objectives answer requirements of their customer, and no others."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from sla.requirements.model import ServiceRequirement
from tests.sla.conftest import Shop, register

SERVICE_LEVEL = {"level": {"kind": "availability", "target": "99.9"}}


async def submit(shop: Shop, customer_id: UUID | None = None) -> str:
    body = {"title": "Open at night", "service_level": SERVICE_LEVEL, "reason": "We ship then."}
    who = shop.headers("customer", customer_id or shop.customer_id)
    return str((await shop.sla.client.post("/requirements", json=body, headers=who)).json()["id"])


def objectives(shop: Shop, *answers: str) -> list[dict[str, Any]]:
    """Return two objectives, of which the second answers the requirements."""
    first, second = shop.terms()["objectives"]
    return [first, second | {"answers": list(answers)}]


def refused(answer: httpx.Response, rule: str, field: str = "terms.objectives.1.answers.1") -> bool:
    document = answer.json()
    return (answer.status_code, document["type"], document["errors"][0]["field"]) == (
        422,
        f"/sla/v1/problems/{rule}",
        field,
    )


async def submit_and_end(shop: Shop, how: str) -> str:
    """Submit a requirement, and refuse or withdraw it."""
    requirement_id = await submit(shop)
    answer = await shop.sla.client.post(
        f"/requirements/{requirement_id}/{how}", json={"reason": "Later."}, headers=shop.manager
    )
    assert answer.status_code == 201, answer.text
    return requirement_id


@pytest.fixture
async def foreign_id(shop: Shop) -> str:
    """A requirement of another customer."""
    return await submit(shop, await register(shop.sla, "Other Ltd"))


async def test_drafts_answer_requirements_of_their_customer(shop: Shop, foreign_id: str) -> None:
    own_id = await submit(shop)
    for other_id in (str(new_id()), foreign_id):
        answer = await shop.draft(objectives=objectives(shop, own_id, other_id))
        assert refused(answer, "requirement-unknown"), answer.text
        assert other_id in answer.json()["detail"]
    assert (await shop.draft(objectives=objectives(shop, own_id))).status_code == 201


@pytest.mark.parametrize("how", ["refusal", "withdrawal"])
async def test_refused_or_withdrawn_requirements_cannot_be_answered(shop: Shop, how: str) -> None:
    answer = await shop.draft(objectives=objectives(shop, await submit(shop), await submit_and_end(shop, how)))
    assert refused(answer, "requirement-closed"), answer.text


async def test_answers_are_checked_in_drafts_proposals_and_amendments(shop: Shop, foreign_id: str) -> None:
    agreement = (await shop.draft()).json()
    wrong = shop.terms(objectives=objectives(shop, await submit(shop), foreign_id))
    path = f"/agreements/{agreement['id']}/terms"
    etag = (await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)).headers["etag"]
    edited = await shop.sla.client.put(path, json=wrong, headers=shop.manager | {"If-Match": etag})
    assert refused(edited, "requirement-unknown"), edited.text
    assert refused(await shop.step(agreement, "proposals", {"terms": wrong}), "requirement-unknown")
    await shop.step(agreement, "proposals", {})
    assert refused(await shop.step(agreement, "proposals", {"terms": wrong}, shop.customer), "requirement-unknown")
    signed = await shop.signed()
    amended = await shop.step(signed, "amendments", {"terms": wrong | {"starts_on": "2026-03-01"}})
    assert refused(amended, "requirement-unknown")


async def test_a_draft_is_not_proposed_once_what_it_answers_was_withdrawn(shop: Shop) -> None:
    requirement_id = await submit(shop)
    agreement = (await shop.draft(objectives=objectives(shop, requirement_id))).json()
    await shop.sla.client.post(
        f"/requirements/{requirement_id}/withdrawal", json={"reason": "Later."}, headers=shop.customer
    )
    answer = await shop.step(agreement, "proposals", {})
    assert refused(answer, "requirement-closed", "terms.objectives.1.answers.0"), answer.text
    read = (await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)).json()
    assert read["state"] == "draft"


async def test_signed_terms_bind_even_if_their_requirement_is_gone(shop: Shop, sla: ServiceUnderTest) -> None:
    requirement_id = await submit(shop)
    agreement = await shop.signed(objectives=objectives(shop, requirement_id))
    async with sla.begin() as work:
        await work.session.execute(delete(ServiceRequirement).where(ServiceRequirement.id == UUID(requirement_id)))
    path = f"/agreements/{agreement['id']}"
    terms = await shop.sla.client.get(f"{path}/terms?on={date(2026, 2, 3)}", headers=shop.customer)
    assert terms.json()["terms"]["objectives"][1]["answers"] == [requirement_id]
    coverage = (await shop.sla.client.get(f"{path}/requirements", headers=shop.manager)).json()
    assert [(one["requirement_exists"], one["met"]) for one in coverage["answers"]] == [(False, None)]
    changed = terms.json()["terms"] | {"starts_on": "2026-03-01"}
    amended = await shop.step(agreement, "amendments", {"terms": changed})
    assert refused(amended, "requirement-unknown", "terms.objectives.1.answers.0")
