"""What objectives say they answer: requirements that their customer asks for, and no others."""

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

WANTED = {"level": {"kind": "availability", "target": "99.9"}}


async def ask(shop: Shop, customer_id: UUID | None = None) -> str:
    body = {"title": "Open at night", "service_level": WANTED, "reason": "We ship then."}
    who = shop.headers("customer", customer_id or shop.customer_id)
    return str((await shop.sla.client.post("/requirements", json=body, headers=who)).json()["id"])


def objectives(shop: Shop, *answers: str) -> list[dict[str, Any]]:
    """The second one answers."""
    first, second = shop.terms()["objectives"]
    return [first, second | {"answers": list(answers)}]


def refused(answer: httpx.Response, rule: str, field: str = "terms.objectives.1.answers.1") -> bool:
    document = answer.json()
    return (answer.status_code, document["type"], document["errors"][0]["field"]) == (
        422,
        f"/sla/v1/problems/{rule}",
        field,
    )


async def left(shop: Shop, how: str) -> str:
    """A requirement that was refused or withdrawn."""
    found = await ask(shop)
    answer = await shop.sla.client.post(f"/requirements/{found}/{how}", json={"reason": "Later."}, headers=shop.manager)
    assert answer.status_code == 201, answer.text
    return found


@pytest.fixture
async def foreign(shop: Shop) -> str:
    """A requirement of another customer."""
    return await ask(shop, await register(shop.sla, "Other Ltd"))


async def test_drafts_answer_requirements_of_their_customer(shop: Shop, foreign: str) -> None:
    mine = await ask(shop)
    for other in (str(new_id()), foreign):
        answer = await shop.draft(objectives=objectives(shop, mine, other))
        assert refused(answer, "requirement-unknown"), answer.text
        assert other in answer.json()["detail"]
    assert (await shop.draft(objectives=objectives(shop, mine))).status_code == 201


@pytest.mark.parametrize("how", ["refusal", "withdrawal"])
async def test_what_is_asked_for_no_more_is_not_answered(shop: Shop, how: str) -> None:
    answer = await shop.draft(objectives=objectives(shop, await ask(shop), await left(shop, how)))
    assert refused(answer, "requirement-closed"), answer.text


async def test_terms_are_checked_wherever_they_are_written(shop: Shop, foreign: str) -> None:
    agreement = (await shop.draft()).json()
    wrong = shop.terms(objectives=objectives(shop, await ask(shop), foreign))
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
    asked = await ask(shop)
    agreement = (await shop.draft(objectives=objectives(shop, asked))).json()
    await shop.sla.client.post(f"/requirements/{asked}/withdrawal", json={"reason": "Later."}, headers=shop.customer)
    answer = await shop.step(agreement, "proposals", {})
    assert refused(answer, "requirement-closed", "terms.objectives.1.answers.0"), answer.text
    read = (await shop.sla.client.get(f"/agreements/{agreement['id']}", headers=shop.manager)).json()
    assert read["state"] == "draft"


async def test_what_was_signed_before_binds_whatever_it_names(shop: Shop, sla: ServiceUnderTest) -> None:
    asked = await ask(shop)
    agreement = await shop.signed(objectives=objectives(shop, asked))
    async with sla.begin() as work:
        await work.session.execute(delete(ServiceRequirement).where(ServiceRequirement.id == UUID(asked)))
    path = f"/agreements/{agreement['id']}"
    terms = await shop.sla.client.get(f"{path}/terms?on={date(2026, 2, 3)}", headers=shop.customer)
    assert terms.json()["terms"]["objectives"][1]["answers"] == [asked]
    coverage = (await shop.sla.client.get(f"{path}/requirements", headers=shop.manager)).json()
    assert [(one["requirement_exists"], one["met"]) for one in coverage["answers"]] == [(False, None)]
    changed = terms.json()["terms"] | {"starts_on": "2026-03-01"}
    amended = await shop.step(agreement, "amendments", {"terms": changed})
    assert refused(amended, "requirement-unknown", "terms.objectives.1.answers.0")
