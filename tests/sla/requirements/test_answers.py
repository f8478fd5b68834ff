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
from tests.sla.conftest import SlaClient, register

SERVICE_LEVEL = {"level": {"kind": "availability", "target": "99.9"}}


async def submit(sla_client: SlaClient, customer_id: UUID | None = None) -> str:
    body = {"title": "Open at night", "service_level": SERVICE_LEVEL, "reason": "We ship then."}
    headers = sla_client.headers("customer", customer_id or sla_client.customer_id)
    return str((await sla_client.sla.client.post("/requirements", json=body, headers=headers)).json()["id"])


def objectives(sla_client: SlaClient, *answers: str) -> list[dict[str, Any]]:
    """Return two objectives, of which the second answers the requirements."""
    first, second = sla_client.terms()["objectives"]
    return [first, second | {"answers": list(answers)}]


def refused(answer: httpx.Response, rule: str, field: str = "terms.objectives.1.answers.1") -> bool:
    document = answer.json()
    return (answer.status_code, document["type"], document["errors"][0]["field"]) == (
        422,
        f"/sla/v1/problems/{rule}",
        field,
    )


async def submit_and_end(sla_client: SlaClient, how: str) -> str:
    """Submit a requirement, and refuse or withdraw it."""
    requirement_id = await submit(sla_client)
    answer = await sla_client.sla.client.post(
        f"/requirements/{requirement_id}/{how}", json={"reason": "Later."}, headers=sla_client.manager
    )
    assert answer.status_code == 201, answer.text
    return requirement_id


@pytest.fixture
async def foreign_id(sla_client: SlaClient) -> str:
    """A requirement of another customer."""
    return await submit(sla_client, await register(sla_client.sla, "Other Ltd"))


async def test_drafts_answer_requirements_of_their_customer(sla_client: SlaClient, foreign_id: str) -> None:
    own_id = await submit(sla_client)
    for other_id in (str(new_id()), foreign_id):
        answer = await sla_client.draft(objectives=objectives(sla_client, own_id, other_id))
        assert refused(answer, "requirement-unknown"), answer.text
        assert other_id in answer.json()["detail"]
    assert (await sla_client.draft(objectives=objectives(sla_client, own_id))).status_code == 201


@pytest.mark.parametrize("how", ["refusal", "withdrawal"])
async def test_refused_or_withdrawn_requirements_cannot_be_answered(sla_client: SlaClient, how: str) -> None:
    answer = await sla_client.draft(
        objectives=objectives(sla_client, await submit(sla_client), await submit_and_end(sla_client, how))
    )
    assert refused(answer, "requirement-closed"), answer.text


async def test_answers_are_checked_in_drafts_proposals_and_amendments(sla_client: SlaClient, foreign_id: str) -> None:
    agreement = (await sla_client.draft()).json()
    wrong = sla_client.terms(objectives=objectives(sla_client, await submit(sla_client), foreign_id))
    path = f"/agreements/{agreement['id']}/terms"
    etag = (await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)).headers[
        "etag"
    ]
    edited = await sla_client.sla.client.put(path, json=wrong, headers=sla_client.manager | {"If-Match": etag})
    assert refused(edited, "requirement-unknown"), edited.text
    assert refused(await sla_client.step(agreement, "proposals", {"terms": wrong}), "requirement-unknown")
    await sla_client.step(agreement, "proposals", {})
    assert refused(
        await sla_client.step(agreement, "proposals", {"terms": wrong}, sla_client.customer), "requirement-unknown"
    )
    signed = await sla_client.signed()
    amended = await sla_client.step(signed, "amendments", {"terms": wrong | {"starts_on": "2026-03-01"}})
    assert refused(amended, "requirement-unknown")


async def test_a_draft_is_not_proposed_once_what_it_answers_was_withdrawn(sla_client: SlaClient) -> None:
    requirement_id = await submit(sla_client)
    agreement = (await sla_client.draft(objectives=objectives(sla_client, requirement_id))).json()
    await sla_client.sla.client.post(
        f"/requirements/{requirement_id}/withdrawal", json={"reason": "Later."}, headers=sla_client.customer
    )
    answer = await sla_client.step(agreement, "proposals", {})
    assert refused(answer, "requirement-closed", "terms.objectives.1.answers.0"), answer.text
    read = (await sla_client.sla.client.get(f"/agreements/{agreement['id']}", headers=sla_client.manager)).json()
    assert read["state"] == "draft"


async def test_signed_terms_bind_even_if_their_requirement_is_gone(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    requirement_id = await submit(sla_client)
    agreement = await sla_client.signed(objectives=objectives(sla_client, requirement_id))
    async with sla.begin() as work:
        await work.session.execute(delete(ServiceRequirement).where(ServiceRequirement.id == UUID(requirement_id)))
    path = f"/agreements/{agreement['id']}"
    terms = await sla_client.sla.client.get(f"{path}/terms?on={date(2026, 2, 3)}", headers=sla_client.customer)
    assert terms.json()["terms"]["objectives"][1]["answers"] == [requirement_id]
    coverage = (await sla_client.sla.client.get(f"{path}/requirements", headers=sla_client.manager)).json()
    assert [(answer["requirement_exists"], answer["met"]) for answer in coverage["answers"]] == [(False, None)]
    changed = terms.json()["terms"] | {"starts_on": "2026-03-01"}
    amended = await sla_client.step(agreement, "amendments", {"terms": changed})
    assert refused(amended, "requirement-unknown", "terms.objectives.1.answers.0")
