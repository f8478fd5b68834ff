"""Every step in every state of a requirement: done and told, or refused by name and without a trace; and at once."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from common.testing.plugin import ServiceUnderTest
from tests.sla.conftest import SlaClient

SERVICE_LEVEL = {"level": {"kind": "availability", "target": "99.9"}}
HIGHER_LEVEL: dict[str, Any] = {"level": {"kind": "availability", "target": "99.95"}}
REASON = {"reason": "The contract ends."}
STEPS = ("revise", "refusal", "withdrawal")
EVENTS = {"refusal": "RequirementRefused", "withdrawal": "RequirementWithdrawn"}

# What each step comes to, by state: the state it leaves, or the rule it breaks.
EXPECTED = {
    "submitted": {"revise": "submitted", "refusal": "refused", "withdrawal": "withdrawn"},
    "answered": {
        "revise": "answered",
        "refusal": "requirement-already-answered",
        "withdrawal": "requirement-already-answered",
    },
    "refused": dict.fromkeys(STEPS, "requirement-already-refused"),
    "withdrawn": dict.fromkeys(STEPS, "requirement-already-withdrawn"),
}


async def submit(sla_client: SlaClient) -> str:
    body = {"title": "Less downtime", "service_level": SERVICE_LEVEL, "reason": "We grow."}
    return str((await sla_client.sla.client.post("/requirements", json=body, headers=sla_client.customer)).json()["id"])


async def reach(sla_client: SlaClient, state: str) -> str:
    requirement_id = await submit(sla_client)
    if state == "answered":
        first, second = sla_client.terms()["objectives"]
        await sla_client.signed(objectives=[first | {"answers": [requirement_id]}, second])
    elif state != "submitted":
        await step(sla_client, requirement_id, "refusal" if state == "refused" else "withdrawal")
    return requirement_id


async def step(sla_client: SlaClient, requirement: str, name: str) -> httpx.Response:
    path, client = f"/requirements/{requirement}", sla_client.sla.client
    if name != "revise":
        return await client.post(f"{path}/{name}", json=REASON, headers=sla_client.manager)
    etag = (await client.get(path, headers=sla_client.customer)).headers["etag"]
    return await client.put(
        f"{path}/service-level", json=HIGHER_LEVEL, headers=sla_client.customer | {"If-Match": etag}
    )


def outcome(answer: httpx.Response) -> str:
    return str(answer.json()["state"] if answer.is_success else answer.json()["type"].rsplit("/", 1)[1])


async def picture(sla_client: SlaClient, requirement: str) -> tuple[Any, ...]:
    """What it is, how often it was changed, and what was told."""
    read = (await sla_client.sla.client.get(f"/requirements/{requirement}", headers=sla_client.manager)).json()
    audit = sla_client.sla.runtime.tables.audit
    async with sla_client.sla.begin() as work:
        query = select(func.count()).select_from(audit).where(audit.c.entity_id == requirement)
        changes = await work.session.scalar(query)
    return read, changes, [type(event).__name__ for event in await sla_client.sla.list_emitted_events()]


@pytest.mark.parametrize(("state", "name"), [(state, name) for state in EXPECTED for name in STEPS])
async def test_every_transition_succeeds_or_is_refused_by_name(sla_client: SlaClient, state: str, name: str) -> None:
    requirement = await reach(sla_client, state)
    before = await picture(sla_client, requirement)
    answer = await step(sla_client, requirement, name)
    assert outcome(answer) == EXPECTED[state][name]
    after = await picture(sla_client, requirement)
    if not answer.is_success:
        assert (answer.status_code, after) == (409, before)
        return
    assert after[1:] == (before[1] + 1, [*before[2], *([EVENTS[name]] if name in EVENTS else [])])
    read = after[0]
    if name in EVENTS:
        assert (read["ended_by"], read["ended_because"]) == ("manager", REASON["reason"])
    else:
        assert read["service_level"]["level"] == HIGHER_LEVEL["level"]


async def test_a_customer_withdraws_and_does_not_refuse(sla_client: SlaClient) -> None:
    requirement = await submit(sla_client)
    path = f"/requirements/{requirement}"
    refused = await sla_client.sla.client.post(f"{path}/refusal", json=REASON, headers=sla_client.customer)
    assert (refused.status_code, outcome(refused)) == (403, "forbidden")
    assert (
        outcome(await sla_client.sla.client.post(f"{path}/withdrawal", json=REASON, headers=sla_client.customer))
        == "withdrawn"
    )


async def test_of_a_refusal_and_a_withdrawal_at_once_one_succeeds(
    committed_client: SlaClient, committed_sla: ServiceUnderTest
) -> None:
    for _ in range(4):
        requirement = await submit(committed_client)
        answers = await asyncio.gather(
            *(step(committed_client, requirement, name) for name in ("refusal", "withdrawal"))
        )
        assert tuple(map(outcome, answers)) in (
            ("refused", "requirement-already-refused"),
            ("requirement-already-withdrawn", "withdrawn"),
        )
    emitted = Counter(
        event.subject for event in await committed_sla.list_emitted_events() if type(event).__name__ in EVENTS.values()
    )
    assert set(emitted.values()) == {1}
