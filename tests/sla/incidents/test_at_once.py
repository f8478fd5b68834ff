"""Several tools tell of the same incidents at the same moment, in transactions of their own: the result is the same."""

import asyncio
import random
from collections import Counter
from typing import Any

import httpx
import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IncidentOpened
from tests.sla.conftest import Shop
from tests.sla.incidents.desk import Desk, promised

INCIDENTS = [f"INC{number}" for number in range(6)]


@pytest.fixture
async def desk(kept: Shop, clock: FakeClock) -> Desk:
    return Desk(kept, clock, await kept.signed(**promised()), kept.manager)


def events(desk: Desk, name: str) -> list[dict[str, Any]]:
    return [
        desk.opened(name, "09:00", 3),
        desk.event(name, "acknowledged", "09:10"),
        desk.event(name, "paused", "09:30", reason="user"),
        desk.event(name, "resumed", "10:00"),
        desk.event(name, "priority_changed", "10:30", priority=1),
        desk.event(name, "resolved", "11:00"),
    ]


async def test_batches_that_overlap_neither_lose_nor_double_anything(desk: Desk) -> None:
    told = [event for name in INCIDENTS for event in events(desk, name)]
    chance = random.Random(3)
    batches = [chance.sample(told, 12) for _ in range(20)] + [told]
    answers = await asyncio.gather(*(desk.tell(*batch) for batch in batches))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    assert sum(answer.json()["accepted"] for answer in answers) == len(told)
    found = (await desk.read("/incidents"))["items"]
    assert sorted(one["external_id"] for one in found) == INCIDENTS
    for one in found:
        assert (one["state"], one["priority"], one["resolved_at"]) == ("resolved", 1, "2026-02-03T11:00:00Z")
        clocks = (await desk.read(f"/incidents/{one['id']}"))["clocks"]
        assert Counter(clock["verdict"] for clock in clocks) == {"in_time": 2, "released": 1}
    assert len(await desk.emitted(IncidentOpened)) == len(INCIDENTS)


async def test_of_two_that_tell_otherwise_at_once_one_is_refused(desk: Desk) -> None:
    """The same event of two incidents, which are not locked against each other."""
    one, other = desk.opened("INC1", "09:00"), desk.opened("INC2", "09:00")
    other["event_id"] = one["event_id"]
    answers: list[httpx.Response] = await asyncio.gather(*(desk.tell(event) for event in (one, other)))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"].endswith("/incident-event-told-otherwise")
    assert len((await desk.read("/incidents"))["items"]) == 1
