"""Next answers over HTTP: a clock for each message, deadlines as events, and turns in statements."""

from datetime import datetime
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IncidentBreached, IncidentBreachWithdrawn, IncidentDueSoon
from sla.compliance.statements import restatement_job
from sla.incidents.projection import deadline_loop
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import NEXT, NEXT_ANSWER, IncidentReporter, incident_terms, start_reporter
from tests.sla.incidents.test_statements import close_period, read_statement


@pytest.fixture
async def reporter(sla_client: SlaClient, clock: FakeClock) -> IncidentReporter:
    return await start_reporter(sla_client, clock, incident_terms(objectives=[NEXT_ANSWER]))


async def list_clocks(reporter: IncidentReporter, incident: str) -> list[tuple[str, str]]:
    """List when each message came, and the verdict on its answer."""
    clocks = (await reporter.read(f"/incidents/{incident}"))["clocks"]
    return sorted((clock["waiting_since"][11:16], clock["verdict"]) for clock in clocks)


def opened(reporter: IncidentReporter, incident: str = "INC1") -> list[dict[str, Any]]:
    return [reporter.opening(incident, "08:00"), reporter.event(incident, "answered", "08:10")]


async def test_each_message_has_a_clock_that_is_explained_by_the_second(reporter: IncidentReporter) -> None:
    incident = await reporter.report(
        *opened(reporter),
        reporter.event("INC1", "message_received", "09:00"),
        reporter.event("INC1", "answered", "09:40"),
        reporter.event("INC1", "message_received", "10:00"),
        reporter.event("INC1", "message_received", "11:30"),
        reporter.event("INC1", "answered", "11:45"),
        reporter.event("INC1", "message_received", "11:50"),
    )

    timelines = await reporter.read(f"/incidents/{incident}/clocks/next_answer/timeline")

    assert await list_clocks(reporter, incident) == [("09:00", "in_time"), ("10:00", "late"), ("11:50", "running")]
    assert sorted((timeline["counted_from"][11:16], timeline["elapsed"]) for timeline in timelines) == [
        ("09:00", "PT40M"),
        ("10:00", "PT1H45M"),
        ("11:50", "PT10M"),
    ]
    assert {timeline["opened_at"][11:16] for timeline in timelines} == {"08:00"}
    assert (await reporter.read(f"/incidents/{incident}"))["acknowledged_at"] == "2026-02-03T08:10:00Z"


async def test_a_missing_answer_is_warned_of_and_reported_for_each_message(reporter: IncidentReporter) -> None:
    await reporter.report(*opened(reporter), reporter.event("INC1", "message_received", "11:30"))
    for time in ("12:15:00.000001", "12:30:00.000001"):
        reporter.clock.now = datetime.fromisoformat(f"2026-02-03T{time}+00:00")
        while await deadline_loop.project_overdue_incidents(reporter.sla_client.sla.runtime):
            pass
    reporter.set_time("15:00")
    await reporter.report(
        reporter.event("INC1", "answered", "13:00"), reporter.event("INC1", "message_received", "13:10")
    )

    events = await reporter.emitted(IncidentDueSoon, IncidentBreached)

    assert [(type(event).__name__, event.kind, f"{event.waiting_since:%H:%M}") for event in events] == [
        ("IncidentDueSoon", "next_answer_time", "11:30"),
        ("IncidentBreached", "next_answer_time", "11:30"),
        ("IncidentBreached", "next_answer_time", "13:10"),
    ]


async def test_the_order_of_reports_changes_no_turn(reporter: IncidentReporter) -> None:
    def events(name: str) -> list[dict[str, Any]]:
        return [
            *opened(reporter, name),
            reporter.event(name, "message_received", "09:00"),
            reporter.event(name, "answered", "09:40"),
            reporter.event(name, "message_received", "10:00"),
        ]

    in_order = await reporter.report(*events("INC1"))
    for event in reversed(events("INC2")):
        backwards = await reporter.report(event)

    assert await list_clocks(reporter, backwards) == await list_clocks(reporter, in_order)


async def test_turns_count_one_by_one_and_a_statement_that_counted_others_is_still_computed_again(
    reporter: IncidentReporter,
) -> None:
    def on_the_20th(kind: str, time: str) -> dict[str, Any]:
        return reporter.event("INC1", kind, f"2026-01-20T{time}:00Z")

    await reporter.report(
        reporter.opening("INC1", "2026-01-20T08:00:00Z"),
        on_the_20th("acknowledged", "08:10"),
        on_the_20th("message_received", "09:00"),
        on_the_20th("answered", "09:30"),
        on_the_20th("message_received", "10:00"),
        on_the_20th("message_received", "11:00"),
        on_the_20th("answered", "11:30"),
    )
    first = (await close_period(reporter, "2026-01"))[NEXT]
    (statement,) = (await reporter.read("/statements", agreement_id=reporter.agreement["id"]))["items"]
    assert (first["attained"], first["counted_in"], first["in_scope"], first["bad"]) == ("50.0000", "turns", 2, 1)

    # An answer that is reported later makes two turns of the second one, both in time.
    reporter.set_time("13:00")
    await reporter.report(on_the_20th("answered", "10:20"))
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    restated = (await read_statement(reporter, "2026-01"))[NEXT]
    # A message that is reported later begins the first turn earlier.
    reporter.set_time("14:00")
    await reporter.report(on_the_20th("message_received", "08:20"))
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    restated_again = (await read_statement(reporter, "2026-01"))[NEXT]
    answer = await reporter.sla_client.sla.client.post(
        f"/statements/{statement['id']}/verification", headers=reporter.sla_client.manager
    )

    assert (restated["attained"], restated["in_scope"]) == ("100.0000", 3)
    assert (restated_again["attained"], restated_again["in_scope"], restated_again["bad"]) == ("66.6666", 3, 1)
    assert len(await reporter.emitted(IncidentBreachWithdrawn)) == 1
    assert answer.json()["recomputed"], answer.text


async def test_a_waiver_sets_aside_the_turns_whose_message_came_in_its_time(reporter: IncidentReporter) -> None:
    sla_client = reporter.sla_client
    await reporter.report(
        *opened(reporter),
        reporter.event("INC1", "message_received", "09:00"),
        reporter.event("INC1", "answered", "10:30"),
        reporter.event("INC1", "message_received", "10:40"),
        reporter.event("INC1", "answered", "11:50"),
    )
    waiver = {
        "window": {"from": "2026-02-03T08:30:00Z", "to": "2026-02-03T09:30:00Z"},
        "reason": "Your own power failed",
        "evidence": ["https://tickets.example.com/4711"],
    }
    path = f"/agreements/{reporter.agreement['id']}/waivers"
    requested = (await sla_client.sla.client.post(path, json=waiver, headers=sla_client.manager)).json()
    await sla_client.sla.client.post(f"/waivers/{requested['id']}/approval", headers=sla_client.customer)
    reporter.set_time("2026-03-02T00:00:00")
    await close_period(reporter, "2026-01")

    result = (await close_period(reporter, "2026-02"))[NEXT]

    assert (result["in_scope"], result["bad"], result["excluded"]) == (1, 1, 1)
