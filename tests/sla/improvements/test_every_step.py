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
from tests.sla.conftest import Shop
from tests.sla.improvements.conftest import ASSESSMENT, Register
from tests.sla.problems import problem

BODIES: dict[str, Any] = {
    "assessment": ASSESSMENT,
    "rejection": {"reason": "too dear"},
    "implementation": {"outcome": "done"},
    "extension": {"periods_after": 12},
    "telling": {"how": "in the review"},
}
USUAL = {
    "assessment": "improvement-not-proposed",
    "registration": "improvement-begun",
    "approval": "improvement-not-assessed",
    "rejection": "improvement-begun",
    "start": "improvement-not-approved",
    "implementation": "improvement-not-in-progress",
    "verification": "improvement-not-verifying",
    "extension": "improvement-not-inconclusive",
    "closure": "improvement-not-verified",
    "telling": "telling",
}
REJECTED = dict.fromkeys(("registration", "rejection"), "improvement-already-rejected")

# What each step comes to, by state: the state it leaves, or the rule it breaks.
EXPECTED = {
    "rejected": USUAL | REJECTED | {"telling": "rejected"},
    "verifying": USUAL | {"verification": "verification-not-due", "telling": "verifying"},
    "inconclusive": USUAL | {"extension": "verifying", "closure": "not-everybody-told", "telling": "inconclusive"},
    "told": USUAL | {"extension": "verifying", "closure": "closed", "telling": "customer-already-told"},
    "closed": USUAL | {"telling": "customer-already-told"},
}


async def reach(register: Register, state: str) -> str:
    if state == "rejected":
        key = await register.reach("approved")
        assert (await register.step(key, "rejection", BODIES["rejection"])).status_code == 201
        return key
    key = await register.reach("implemented")
    days = 2 if state == "verifying" else 20
    register.clock.now += timedelta(days=days)
    for _ in range(2):
        await register.duty()
    if state in ("told", "closed"):
        await tell_all(register, key)
    if state == "closed":
        assert (await register.step(key, "closure")).status_code == 201
    return key


async def tell_all(register: Register, key: str) -> None:
    for notice in (await register.read(key))["notices"]:
        answer = await register.step(key, f"notices/{notice['id']}/telling", BODIES["telling"])
        assert answer.status_code == 201, answer.text


async def take(register: Register, key: str, step: str) -> httpx.Response:
    if step == "registration":
        return await register.register(key, periods_after=9)
    if step == "telling":
        step = f"notices/{(await register.read(key))['notices'][-1]['id']}/telling"
        return await register.step(key, step, BODIES["telling"])
    return await register.step(key, step, BODIES.get(step))


async def picture(register: Register, key: str) -> tuple[Any, ...]:
    audit, sla = register.shop.sla.runtime.tables.audit, register.shop.sla
    async with sla.begin() as work:
        changes = await work.session.scalar(select(func.count()).select_from(audit))
    return await register.read(key), changes, len(await sla.list_emitted_events())


@pytest.mark.parametrize(("state", "step"), [(state, step) for state in EXPECTED for step in USUAL])
async def test_every_step_is_done_or_refused_by_name(register: Register, state: str, step: str) -> None:
    key = await reach(register, state)
    before = await picture(register, key)
    answer = await take(register, key, step)
    after = await picture(register, key)
    if answer.is_success:
        assert answer.json()["state"] == EXPECTED[state][step]
        assert after[1] > before[1]
    else:
        assert problem(answer) == (409, EXPECTED[state][step])
        assert after == before


async def test_people_who_decide_at_once_decide_once(kept: Shop, committed: ServiceUnderTest, clock: FakeClock) -> None:
    body = {"name": "Shop of another site", "kind": "availability"}
    defined = await kept.sla.client.post("/indicators", json=body, headers=kept.manager)
    register = Register(kept, defined.json()["id"], clock)
    for _ in range(4):
        key = (await register.propose())["id"]
        await register.step(key, "assessment", ASSESSMENT)
        assert (await register.register(key)).status_code == 200
        people = [kept.headers("manager", subject=name) for name in ("ann", "bob")]
        answers = await asyncio.gather(
            register.step(key, "approval", None, people[0]),
            register.step(key, "approval", None, people[1]),
            register.register(key, periods_after=9),
        )
        outcomes = ["done" if one.is_success else problem(one)[1] for one in answers]
        assert sorted(outcomes[:2]) == ["done", "improvement-not-assessed"]
        assert outcomes[2] in ("done", "registration-approved", "changed-meanwhile")
    told = Counter(type(one).__name__ for one in await committed.list_emitted_events())
    assert told["ImprovementApproved"] == 4
