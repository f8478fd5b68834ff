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
from sla.incidents.projection import deadline_loop
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import FAST, RESPONSE, IncidentReporter, incident_terms, start_reporter

CLOCK_EVENTS = (IncidentDueSoon, IncidentBreached, IncidentBreachWithdrawn)


def instant(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-02-03T{time}+00:00")


async def clock_events(reporter: IncidentReporter, objective: str = FAST) -> list[Any]:
    """Project what is overdue, and list the events that were emitted for the clock of an objective."""
    while await deadline_loop.project_overdue_incidents(reporter.sla_client.sla.runtime):
        pass
    return [event for event in await reporter.emitted(*CLOCK_EVENTS) if str(event.objective_id) == objective]


async def event_names(reporter: IncidentReporter, objective: str = FAST) -> list[str]:
    return [type(event).__name__ for event in await clock_events(reporter, objective)]


async def test_due_soon_and_breached_are_emitted_once_when_their_instant_is_over(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    await reporter.report(reporter.opening("INC1", "09:00"))
    for time, expected in (
        ("12:00", []),
        ("12:00:00.000001", ["IncidentDueSoon"]),
        ("13:00", ["IncidentDueSoon"]),
        ("13:00:00.000001", ["IncidentDueSoon", "IncidentBreached"]),
        ("20:00", ["IncidentDueSoon", "IncidentBreached"]),
    ):
        reporter.clock.now = instant(time)
        assert await event_names(reporter) == expected, time
    soon, breached = await clock_events(reporter)
    assert (soon.due_soon_at, soon.due_at, soon.priority) == (instant("12:00:00"), instant("13:00:00"), 2)
    assert (breached.due_at, breached.breached_at, breached.kind) == (
        instant("13:00:00"),
        instant("13:00:00"),
        "resolution_time",
    )


async def test_an_incident_reported_after_its_deadline_is_breached_at_once_without_a_warning(
    reporter: IncidentReporter,
) -> None:
    await reporter.report(reporter.opening("INC1", "06:00"))
    assert [type(event).__name__ for event in await reporter.emitted(*CLOCK_EVENTS)] == ["IncidentBreached"] * 2


async def test_a_clock_stopped_in_time_emits_nothing(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    await reporter.report(reporter.opening("INC1", "09:00"))
    await reporter.report(reporter.event("INC1", "resolved", "09:00"))
    reporter.set_time("23:00")
    assert await event_names(reporter) == []
    assert await event_names(reporter, RESPONSE) == []


async def test_a_breach_is_withdrawn_when_an_earlier_pause_is_reported(reporter: IncidentReporter) -> None:
    incident = await reporter.report(reporter.opening("INC1", "06:00"))
    assert await event_names(reporter) == ["IncidentBreached"]
    await reporter.report(reporter.event("INC1", "paused", "09:00", reason="awaiting user"))
    withdrawn = (await clock_events(reporter))[-1]
    assert (type(withdrawn), withdrawn.breached_at) == (IncidentBreachWithdrawn, instant("10:00:00"))
    assert (await reporter.clocks(incident))[FAST]["due_at"] is None
    await reporter.report(reporter.event("INC1", "resumed", "09:30"))
    assert await event_names(reporter) == ["IncidentBreached", "IncidentBreachWithdrawn", "IncidentBreached"]
    assert (await clock_events(reporter))[-1].breached_at == instant("10:30:00")


async def test_a_pause_after_the_breach_cures_nothing(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "06:00"))
    await reporter.report(reporter.event("INC1", "paused", "10:30", reason="awaiting user"))
    await reporter.report(reporter.event("INC1", "priority_changed", "11:00", priority=5))
    assert await event_names(reporter) == ["IncidentBreached"]


async def test_due_soon_is_emitted_again_when_the_deadline_has_moved(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    await reporter.report(reporter.opening("INC1", "09:00"))
    reporter.set_time("12:30")
    assert await event_names(reporter) == ["IncidentDueSoon"]
    await reporter.report(
        reporter.event("INC1", "paused", "11:00", reason="awaiting user"), reporter.event("INC1", "resumed", "12:00")
    )
    assert await event_names(reporter) == ["IncidentDueSoon"]
    reporter.set_time("13:01")
    assert await event_names(reporter) == ["IncidentDueSoon", "IncidentDueSoon"]
    reporter.set_time("14:01")
    assert await event_names(reporter) == ["IncidentDueSoon", "IncidentDueSoon", "IncidentBreached"]


async def test_nothing_is_emitted_in_a_pause(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    await reporter.report(
        reporter.opening("INC1", "09:00"), reporter.event("INC1", "paused", "09:00", reason="awaiting user")
    )
    reporter.set_time("2026-03-03T09:00:00")
    assert await event_names(reporter) == []
    assert await event_names(reporter, RESPONSE) == ["IncidentBreached"]  # the answer is never paused


async def test_the_policy_says_when_it_is_due_soon(sla_client: SlaClient, clock: FakeClock) -> None:
    """A share that is no whole number of microseconds is rounded up, so that the warning never comes too early."""
    reporter = await start_reporter(sla_client, clock, incident_terms({"warn_at": "33.33333333333"}))
    reporter.set_time("09:00")
    incident = await reporter.report(reporter.opening("INC1", "09:00"))
    assert (await reporter.clocks(incident))[FAST]["due_soon_at"] == "2026-02-03T10:20:00Z"


async def test_clocks_stand_still_while_the_agreement_is_suspended(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    incident = await reporter.report(reporter.opening("INC1", "09:00"))
    path, sla = f"/agreements/{reporter.agreement['id']}/suspensions", reporter.sla_client.sla
    body = {"from": "2026-02-03T10:00:00Z", "reason": "The shop moves."}
    suspension = await sla.client.post(path, json=body, headers=reporter.sla_client.manager)
    assert suspension.status_code == 201, suspension.text
    await sla.receive((await reporter.emitted(AgreementSuspended))[0])
    assert await event_names(reporter) == []
    assert (await reporter.clocks(incident))[FAST]["due_at"] is None
    reporter.set_time("10:30")
    end = {"at": "2026-02-03T11:00:00Z", "reason": "It has moved."}
    resumed = await sla.client.post(
        f"{path}/{suspension.json()['id']}/resumption", json=end, headers=reporter.sla_client.manager
    )
    assert resumed.status_code == 201, resumed.text
    reporter.set_time("11:30")
    await sla.receive(
        AgreementResumed(
            agreement_id=reporter.agreement["id"],
            customer_id=reporter.sla_client.customer_id,
            resumed_at=instant("11:00:00"),
        )
    )
    await clock_events(reporter)
    assert (await reporter.clocks(incident))[FAST]["due_at"] == "2026-02-03T14:00:00Z"
    timeline = (await reporter.read(f"/incidents/{incident}/clocks/resolution/timeline"))[0]["timeline"]
    assert [(segment["class"], segment["to"][11:16]) for segment in timeline] == [
        ("counted", "10:00"),
        ("excluded", "11:00"),
        ("counted", "11:30"),
    ]


async def test_an_incident_that_cannot_be_evaluated_does_not_stop_the_others(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    broken = await reporter.report(reporter.opening("INC1", "09:00"))
    await reporter.report(reporter.opening("INC2", "09:00"))
    async with reporter.sla_client.sla.begin() as work:
        await work.session.execute(text("INSERT INTO sla.incident_clock_terms VALUES ('broken', '{}')"))
        unreadable = "UPDATE sla.incident_clocks SET terms_sha256 = 'broken' WHERE incident_id = :id"
        await work.session.execute(text(unreadable), {"id": broken})
    reporter.set_time("13:01")
    assert await event_names(reporter) == ["IncidentBreached"]
    reporter.set_time("13:03")
    assert await event_names(reporter) == ["IncidentBreached"]


async def test_an_incident_that_cannot_be_projected_does_not_stop_the_others(reporter: IncidentReporter) -> None:
    reporter.set_time("09:00")
    broken = await reporter.report(reporter.opening("INC1", "09:00"))
    await reporter.report(reporter.opening("INC2", "09:00"))

    async def execute(change: str) -> None:
        """Change reported events, as no request and no program can."""
        async with reporter.sla_client.sla.begin() as work:
            await work.session.execute(text("ALTER TABLE sla.incident_events DISABLE TRIGGER USER"))
            await work.session.execute(text(change), {"broken": broken})
            await work.session.execute(text("ALTER TABLE sla.incident_events ENABLE TRIGGER USER"))

    await execute(
        "UPDATE sla.incident_events SET content = jsonb_build_object('kept', content) WHERE incident_id = :broken"
    )
    reporter.clock.now = instant("13:00:00.000001")
    assert await event_names(reporter) == ["IncidentBreached"]
    (failed_item,) = await health.list_failed_items(reporter.sla_client.sla.runtime)
    assert (failed_item["duty"], failed_item["item"]) == ("incident-deadlines", broken)
    await execute("UPDATE sla.incident_events SET content = content -> 'kept' WHERE incident_id = :broken")
    assert await event_names(reporter) == ["IncidentBreached"]  # it is left alone for a while
    reporter.clock.advance(timedelta(minutes=1))
    assert await event_names(reporter) == ["IncidentBreached", "IncidentBreached"]
    assert await health.list_failed_items(reporter.sla_client.sla.runtime) == []


async def test_a_clock_in_business_days_is_breached_when_its_last_day_is_over(
    sla_client: SlaClient, clock: FakeClock
) -> None:
    days = {"id": FAST, "name": "Solved tomorrow", "kind": "resolution_time", "priorities": [1, 2], "target": "90"}
    reporter = await start_reporter(sla_client, clock, incident_terms(objectives=[days | {"within_business_days": 1}]))
    incident = await reporter.report(reporter.opening("INC1", "12:00"))

    running = (await reporter.clocks(incident))[FAST]
    (timeline,) = await reporter.read(f"/incidents/{incident}/clocks/resolution/timeline")
    reporter.clock.now = datetime.fromisoformat("2026-02-05T00:00:00.000001+00:00")
    events = await event_names(reporter)

    assert (running["within"], running["within_business_days"], running["due_at"]) == (None, 1, "2026-02-05T00:00:00Z")
    assert (timeline["remaining"], timeline["business_days_left"]) == (None, 1)
    assert events == ["IncidentBreached"]
