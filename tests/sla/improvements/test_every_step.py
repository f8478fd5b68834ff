"""Every step in the states that are nearly or fully over: done, or refused by name and without a trace."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from tests.sla.conftest import SlaClient
from tests.sla.improvements.conftest import ASSESSMENT, ImprovementClient
from tests.sla.problems import problem

BODIES: dict[str, Any] = {
    "assessment": ASSESSMENT,
    "rejection": {"reason": "too dear"},
    "implementation": {"outcome": "done"},
    "extension": {"periods_after": 12},
    "delivery": {"how": "in the review"},
}
USUAL = {
    "assessment": "improvement-not-proposed",
    "registration": "improvement-already-started",
    "approval": "improvement-not-assessed",
    "rejection": "improvement-already-started",
    "start": "improvement-not-approved",
    "implementation": "improvement-not-in-progress",
    "extension": "improvement-not-inconclusive",
    "closure": "improvement-not-verified",
    "delivery": "delivery",
}
REJECTED = dict.fromkeys(("registration", "rejection"), "improvement-already-rejected")

# What each step comes to, by state: the state it leaves, or the rule it breaks.
EXPECTED = {
    "rejected": USUAL | REJECTED | {"delivery": "rejected"},
    "verifying": USUAL | {"delivery": "verifying"},
    "inconclusive": USUAL | {"extension": "verifying", "closure": "customers-not-notified", "delivery": "inconclusive"},
    "told": USUAL | {"extension": "verifying", "closure": "closed", "delivery": "customer-already-notified"},
    "closed": USUAL | {"delivery": "customer-already-notified"},
}


async def reach(improvements: ImprovementClient, state: str) -> str:
    if state == "rejected":
        key = await improvements.reach("approved")
        assert (await improvements.step(key, "rejection", BODIES["rejection"])).status_code == 201
        return key
    key = await improvements.reach("implemented")
    days = 2 if state == "verifying" else 20
    improvements.clock.now += timedelta(days=days)
    for _ in range(2):
        await improvements.run_verification_job()
    if state in ("told", "closed"):
        await tell_all(improvements, key)
    if state == "closed":
        assert (await improvements.step(key, "closure")).status_code == 201
    return key


async def tell_all(improvements: ImprovementClient, key: str) -> None:
    for notice in (await improvements.read(key))["notices"]:
        answer = await improvements.step(key, f"notices/{notice['id']}/delivery", BODIES["delivery"])
        assert answer.status_code == 201, answer.text


async def take(improvements: ImprovementClient, key: str, step: str) -> httpx.Response:
    if step == "registration":
        return await improvements.register(key, periods_after=9)
    if step == "delivery":
        step = f"notices/{(await improvements.read(key))['notices'][-1]['id']}/delivery"
        return await improvements.step(key, step, BODIES["delivery"])
    return await improvements.step(key, step, BODIES.get(step))


async def picture(improvements: ImprovementClient, key: str) -> tuple[Any, ...]:
    audit, sla = improvements.sla_client.sla.runtime.tables.audit, improvements.sla_client.sla
    async with sla.begin() as work:
        changes = await work.session.scalar(select(func.count()).select_from(audit))
    return await improvements.read(key), changes, len(await sla.list_emitted_events())


@pytest.mark.parametrize(("state", "step"), [(state, step) for state in EXPECTED for step in USUAL])
async def test_every_step_is_done_or_refused_by_name(improvements: ImprovementClient, state: str, step: str) -> None:
    key = await reach(improvements, state)
    before = await picture(improvements, key)
    answer = await take(improvements, key, step)
    after = await picture(improvements, key)
    if answer.is_success:
        assert answer.json()["state"] == EXPECTED[state][step]
        assert after[1] > before[1]
    else:
        assert problem(answer) == (409, EXPECTED[state][step])
        assert after == before


async def test_people_who_decide_at_once_decide_once(
    committed_client: SlaClient, committed_sla: ServiceUnderTest, clock: FakeClock
) -> None:
    body = {"name": "Shop of another site", "kind": "availability"}
    defined = await committed_client.sla.client.post("/indicators", json=body, headers=committed_client.manager)
    improvements = ImprovementClient(committed_client, defined.json()["id"], clock)
    for _ in range(4):
        key = (await improvements.propose())["id"]
        await improvements.step(key, "assessment", ASSESSMENT)
        assert (await improvements.register(key)).status_code == 200
        people = [committed_client.headers("manager", subject=name) for name in ("ann", "bob")]
        answers = await asyncio.gather(
            improvements.step(key, "approval", None, people[0]),
            improvements.step(key, "approval", None, people[1]),
            improvements.register(key, periods_after=9),
        )
        outcomes = ["done" if answer.is_success else problem(answer)[1] for answer in answers]
        assert sorted(outcomes[:2]) == ["done", "improvement-not-assessed"]
        assert outcomes[2] in ("done", "registration-approved", "changed-meanwhile")
    counts = Counter(type(event).__name__ for event in await committed_sla.list_emitted_events())
    assert counts["ImprovementApproved"] == 4
