"""A queue of incidents with their clocks as of now: the same figures as the timelines, in a few queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

from common.testing.fake_issuer import FakeClock
from sla.hours.durations import parse_duration
from tests.sla.incidents.reporter import FAST, RESPONSE, SLOW, IncidentReporter


async def list_clocks(reporter: IncidentReporter, incident: str) -> dict[str, Any]:
    """List the clocks of one incident of the queue by their objectives."""
    items = (await reporter.read("/incidents", include="clocks"))["items"]
    clocks = next(item["clocks"] for item in items if item["id"] == incident)
    return {clock["objective_id"]: clock for clock in clocks}


async def test_the_time_left_is_that_of_the_timeline(reporter: IncidentReporter, clock: FakeClock) -> None:
    incident = await reporter.report(
        reporter.opening("INC1", "09:00"),
        reporter.event("INC1", "paused", "09:20", reason="waits for the customer"),
        reporter.event("INC1", "resumed", "09:50"),
    )
    for now in (datetime(2026, 2, 3, 10, 0, 7, tzinfo=UTC), datetime(2026, 2, 4, 12, tzinfo=UTC)):
        clock.now = now
        clocks = await list_clocks(reporter, incident)
        for kind, objective in (("response", RESPONSE), ("resolution", FAST)):
            [timeline] = await reporter.read(f"/incidents/{incident}/clocks/{kind}/timeline")
            remaining = timeline["remaining"]
            seconds = parse_duration(remaining.removeprefix("-")) // 1_000_000
            assert clocks[objective]["remaining_seconds"] == (-seconds if remaining.startswith("-") else seconds)


async def test_a_clock_past_its_deadline_is_late_at_once(reporter: IncidentReporter, clock: FakeClock) -> None:
    clock.now = datetime(2026, 2, 3, 9, 10, tzinfo=UTC)
    incident = await reporter.report(reporter.opening("INC1", "09:00"))
    response = (await list_clocks(reporter, incident))[RESPONSE]
    assert (response["state"], response["breached"], response["remaining_seconds"]) == ("running", False, 1200)
    assert response["due_at"] == "2026-02-03T09:30:00Z"

    clock.now += timedelta(minutes=21)  # the deadline loop has not run
    response = (await list_clocks(reporter, incident))[RESPONSE]

    assert (response["state"], response["breached"], response["remaining_seconds"]) == ("late", True, -60)


async def test_a_paused_clock_says_so_and_keeps_its_time(reporter: IncidentReporter, clock: FakeClock) -> None:
    incident = await reporter.report(
        reporter.opening("INC1", "09:00"), reporter.event("INC1", "paused", "10:00", reason="waits for the customer")
    )
    for now in (datetime(2026, 2, 3, 10, 30, tzinfo=UTC), datetime(2026, 2, 3, 15, tzinfo=UTC)):
        clock.now = now
        resolution = (await list_clocks(reporter, incident))[FAST]
        assert (resolution["state"], resolution["remaining_seconds"]) == ("paused", 3 * 3600)
        assert resolution["due_at"] is None


async def test_clocks_that_were_stopped_or_released_have_no_time_left(
    reporter: IncidentReporter, clock: FakeClock
) -> None:
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)
    incident = await reporter.report(
        reporter.opening("INC1", "09:00"),
        reporter.event("INC1", "acknowledged", "09:05"),
        reporter.event("INC1", "priority_changed", "09:10", priority=4),
    )
    clocks = await list_clocks(reporter, incident)
    states = {objective: (clock["state"], clock["remaining_seconds"]) for objective, clock in clocks.items()}
    assert states == {RESPONSE: ("in_time", None), FAST: ("released", None), SLOW: ("running", 5 * 3600)}


async def test_clocks_come_on_request_and_without_a_query_per_incident(
    reporter: IncidentReporter, clock: FakeClock
) -> None:
    clock.now = datetime(2026, 2, 3, 9, 10, tzinfo=UTC)
    sla = reporter.sla_client.sla
    counts = []
    for batch in (range(2), range(2, 12)):
        await reporter.report(*(reporter.opening(f"INC{number}", "09:00") for number in batch))
        with sla.record_queries() as queries:
            items = (await reporter.read("/incidents", include="clocks"))["items"]
        counts.append(len(queries))
        assert all(len(item["clocks"]) == 2 for item in items)
    assert counts[0] == counts[1] <= 12, queries
    assert {item["clocks"] for item in (await reporter.read("/incidents"))["items"]} == {None}


async def list_incidents_at_risk(reporter: IncidentReporter) -> list[str]:
    return [item["external_id"] for item in (await reporter.read("/incidents", at_risk="true"))["items"]]


async def test_incidents_at_risk_are_those_that_are_late_or_warn_also_while_they_are_paused(
    reporter: IncidentReporter, clock: FakeClock
) -> None:
    clock.now = datetime(2026, 2, 3, 9, 10, tzinfo=UTC)
    await reporter.report(reporter.opening("LATE", "09:00"))
    await reporter.report(reporter.opening("PAUSED", "09:00"), reporter.event("PAUSED", "acknowledged", "09:05"))
    await reporter.report(reporter.opening("SOLVED", "09:00"))
    assert await list_incidents_at_risk(reporter) == []

    clock.now = datetime(2026, 2, 3, 9, 29, tzinfo=UTC)
    assert await list_incidents_at_risk(reporter) == ["LATE", "SOLVED"], "they warn"

    clock.now = datetime(2026, 2, 3, 12, 59, tzinfo=UTC)  # the deadline loop has not run
    await reporter.report(reporter.event("SOLVED", "resolved", "12:58"))
    await reporter.report(reporter.event("PAUSED", "paused", "12:58", reason="waits for the customer"))
    assert await list_incidents_at_risk(reporter) == ["LATE", "PAUSED"]
    rest = (await reporter.read("/incidents", at_risk="false"))["items"]
    assert [item["external_id"] for item in rest] == ["SOLVED"]


async def test_a_clock_says_when_it_warns(reporter: IncidentReporter, clock: FakeClock) -> None:
    clock.now = datetime(2026, 2, 3, 9, 10, tzinfo=UTC)
    incident = await reporter.report(reporter.opening("INC1", "09:00"))

    response = (await list_clocks(reporter, incident))[RESPONSE]

    assert "2026-02-03T09:10:00Z" < response["due_soon_at"] < response["due_at"]
