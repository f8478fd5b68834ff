"""Deadlines as events: on time, once, again when they move, and withdrawn when their ground vanishes."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from common.http import health
from common.testing.fake_issuer import FakeClock
from published.sla import (
    AgreementResumed,
    AgreementSuspended,
    IncidentBreached,
    IncidentBreachWithdrawn,
    IncidentDueSoon,
)
from sla.incidents.projection import deadlines
from tests.sla.incidents.desk import FAST, RESPONSE, Desk, desk_of, promised

TOLD = (IncidentDueSoon, IncidentBreached, IncidentBreachWithdrawn)


def instant(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-02-03T{time}+00:00")


async def told(desk: Desk, objective: str = FAST) -> list[Any]:
    """After whoever watches deadlines has looked."""
    while await deadlines.project_overdue_incidents(desk.shop.sla.runtime):
        pass
    return [event for event in await desk.emitted(*TOLD) if str(event.objective_id) == objective]


async def named(desk: Desk, objective: str = FAST) -> list[str]:
    return [type(event).__name__ for event in await told(desk, objective)]


async def test_due_soon_and_breached_are_told_when_their_instant_is_over_and_once(desk: Desk) -> None:
    desk.at("09:00")
    await desk.took(desk.opened("INC1", "09:00"))
    for time, expected in (
        ("12:00", []),
        ("12:00:00.000001", ["IncidentDueSoon"]),
        ("13:00", ["IncidentDueSoon"]),
        ("13:00:00.000001", ["IncidentDueSoon", "IncidentBreached"]),
        ("20:00", ["IncidentDueSoon", "IncidentBreached"]),
    ):
        desk.clock.now = instant(time)
        assert await named(desk) == expected, time
    soon, breached = await told(desk)
    assert (soon.due_soon_at, soon.due_at, soon.priority) == (instant("12:00:00"), instant("13:00:00"), 2)
    assert (breached.due_at, breached.breached_at, breached.kind) == (
        instant("13:00:00"),
        instant("13:00:00"),
        "resolution_time",
    )


async def test_what_was_over_when_it_was_told_is_breached_at_once_and_not_announced(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "06:00"))
    assert [type(event).__name__ for event in await desk.emitted(*TOLD)] == ["IncidentBreached"] * 2


async def test_what_was_stopped_in_time_is_never_told(desk: Desk) -> None:
    desk.at("09:00")
    await desk.took(desk.opened("INC1", "09:00"))
    await desk.took(desk.event("INC1", "resolved", "09:00"))
    desk.at("23:00")
    assert await named(desk) == []
    assert await named(desk, RESPONSE) == []


async def test_a_breach_is_withdrawn_when_a_pause_of_before_is_told(desk: Desk) -> None:
    incident = await desk.took(desk.opened("INC1", "06:00"))
    assert await named(desk) == ["IncidentBreached"]
    await desk.took(desk.event("INC1", "paused", "09:00", reason="awaiting user"))
    withdrawn = (await told(desk))[-1]
    assert (type(withdrawn), withdrawn.breached_at) == (IncidentBreachWithdrawn, instant("10:00:00"))
    assert (await desk.clocks(incident))[FAST]["due_at"] is None
    await desk.took(desk.event("INC1", "resumed", "09:30"))
    assert await named(desk) == ["IncidentBreached", "IncidentBreachWithdrawn", "IncidentBreached"]
    assert (await told(desk))[-1].breached_at == instant("10:30:00")


async def test_a_pause_after_the_breach_cures_nothing(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "06:00"))
    await desk.took(desk.event("INC1", "paused", "10:30", reason="awaiting user"))
    await desk.took(desk.event("INC1", "priority_changed", "11:00", priority=5))
    assert await named(desk) == ["IncidentBreached"]


async def test_it_is_announced_again_when_the_deadline_has_moved(desk: Desk) -> None:
    desk.at("09:00")
    await desk.took(desk.opened("INC1", "09:00"))
    desk.at("12:30")
    assert await named(desk) == ["IncidentDueSoon"]
    await desk.took(
        desk.event("INC1", "paused", "11:00", reason="awaiting user"), desk.event("INC1", "resumed", "12:00")
    )
    assert await named(desk) == ["IncidentDueSoon"]
    desk.at("13:01")
    assert await named(desk) == ["IncidentDueSoon", "IncidentDueSoon"]
    desk.at("14:01")
    assert await named(desk) == ["IncidentDueSoon", "IncidentDueSoon", "IncidentBreached"]


async def test_nothing_is_told_in_a_pause(desk: Desk) -> None:
    desk.at("09:00")
    await desk.took(desk.opened("INC1", "09:00"), desk.event("INC1", "paused", "09:00", reason="awaiting user"))
    desk.at("2026-03-03T09:00:00")
    assert await named(desk) == []
    assert await named(desk, RESPONSE) == ["IncidentBreached"]  # the answer is never paused


async def test_the_policy_says_when_it_is_due_soon(shop: Any, clock: FakeClock) -> None:
    """A share that is no whole number of microseconds is rounded up, so that it is told none too early."""
    desk = await desk_of(shop, clock, promised({"warn_at": "33.33333333333"}))
    desk.at("09:00")
    incident = await desk.took(desk.opened("INC1", "09:00"))
    assert (await desk.clocks(incident))[FAST]["due_soon_at"] == "2026-02-03T10:20:00Z"


async def test_clocks_stand_still_while_the_agreement_is_suspended(desk: Desk) -> None:
    desk.at("09:00")
    incident = await desk.took(desk.opened("INC1", "09:00"))
    path, where = f"/agreements/{desk.agreement['id']}/suspensions", desk.shop.sla
    body = {"from": "2026-02-03T10:00:00Z", "reason": "The shop moves."}
    suspension = await where.client.post(path, json=body, headers=desk.shop.manager)
    assert suspension.status_code == 201, suspension.text
    await where.receive((await desk.emitted(AgreementSuspended))[0])
    assert await named(desk) == []
    assert (await desk.clocks(incident))[FAST]["due_at"] is None
    desk.at("10:30")
    over = {"at": "2026-02-03T11:00:00Z", "reason": "It has moved."}
    resumed = await where.client.post(
        f"{path}/{suspension.json()['id']}/resumption", json=over, headers=desk.shop.manager
    )
    assert resumed.status_code == 201, resumed.text
    desk.at("11:30")
    await where.receive(
        AgreementResumed(
            agreement_id=desk.agreement["id"], customer_id=desk.shop.customer_id, resumed_at=instant("11:00:00")
        )
    )
    await told(desk)
    assert (await desk.clocks(incident))[FAST]["due_at"] == "2026-02-03T14:00:00Z"
    pieces = (await desk.read(f"/incidents/{incident}/clocks/resolution/timeline"))[0]["timeline"]
    assert [(piece["class"], piece["to"][11:16]) for piece in pieces] == [
        ("counted", "10:00"),
        ("excluded", "11:00"),
        ("counted", "11:30"),
    ]


async def test_one_incident_that_cannot_be_judged_does_not_keep_the_others_from_being_told(desk: Desk) -> None:
    desk.at("09:00")
    broken = await desk.took(desk.opened("INC1", "09:00"))
    await desk.took(desk.opened("INC2", "09:00"))
    async with desk.shop.sla.begin() as work:
        await work.session.execute(text("INSERT INTO sla.incident_clock_terms VALUES ('broken', '{}')"))
        unreadable = "UPDATE sla.incident_clocks SET terms_sha256 = 'broken' WHERE incident_id = :id"
        await work.session.execute(text(unreadable), {"id": broken})
    desk.at("13:01")
    assert await named(desk) == ["IncidentBreached"]
    desk.at("13:03")
    assert await named(desk) == ["IncidentBreached"]


async def test_an_incident_that_cannot_be_looked_at_keeps_no_other_from_being_told(desk: Desk) -> None:
    desk.at("09:00")
    broken, _ = await desk.took(desk.opened("INC1", "09:00")), await desk.took(desk.opened("INC2", "09:00"))

    async def put(change: str) -> None:
        """As no request and no program can: what was told is final."""
        async with desk.shop.sla.begin() as work:
            await work.session.execute(text("ALTER TABLE sla.incident_events DISABLE TRIGGER USER"))
            await work.session.execute(text(change), {"broken": broken})
            await work.session.execute(text("ALTER TABLE sla.incident_events ENABLE TRIGGER USER"))

    await put(
        "UPDATE sla.incident_events SET content = jsonb_build_object('kept', content) WHERE incident_id = :broken"
    )
    desk.clock.now = instant("13:00:00.000001")
    assert await named(desk) == ["IncidentBreached"]
    (seen,) = await health.list_failed_items(desk.shop.sla.runtime)
    assert (seen["duty"], seen["item"]) == ("incident-deadlines", broken)
    await put("UPDATE sla.incident_events SET content = content -> 'kept' WHERE incident_id = :broken")
    assert await named(desk) == ["IncidentBreached"]  # it is left alone for a while
    desk.clock.advance(timedelta(minutes=1))
    assert await named(desk) == ["IncidentBreached", "IncidentBreached"]
    assert await health.list_failed_items(desk.shop.sla.runtime) == []
