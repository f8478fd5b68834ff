"""An incident that was reported by mistake is cancelled: it counts nowhere, whatever the order of reports."""

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from published.sla import (
    IncidentBreached,
    IncidentBreachWithdrawn,
    IncidentCancelled,
    IncidentDueSoon,
    IncidentReopened,
)
from sla.agreements.terms import Terms
from sla.compliance.statements import restatement_job
from sla.hours.spans import MINUTE
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.store import CountWindow, load_incident_counts, schedule_recheck
from sla.incidents.clocks.verdict import evaluate_clock
from sla.incidents.history import IncidentEventKind, IncidentState, ReportedEvent, build_history
from sla.incidents.projection import deadline_loop
from tests.sla.incidents.reporter import FAST, SLOW, IncidentReporter
from tests.sla.incidents.shorthand import DAY, at, clock, reported
from tests.sla.incidents.test_statements import close_period, read_statement

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
OPENED_OR_CANCELLED = {IncidentEventKind.OPENED, IncidentEventKind.CANCELLED}


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["09:00 opened 2", "09:10 cancelled"], IncidentState.CANCELLED),
        (["09:00 opened 2", "09:10 cancelled", "09:20 reopened", "09:30 acknowledged"], IncidentState.CANCELLED),
        (["09:00 opened 2", "09:10 closed", "09:20 cancelled"], IncidentState.CANCELLED),
        (["09:00 opened 2", "09:10 paused a", "09:20 cancelled"], IncidentState.CANCELLED),
        (["09:30 opened 2", "09:10 cancelled"], IncidentState.CANCELLED),
        (["09:10 cancelled"], IncidentState.AWAITED),
    ],
)
def test_states(lines: list[str], state: IncidentState) -> None:
    assert build_history(reported(*lines)).state is state
    assert build_history(reversed(reported(*lines))).state is state


def test_events_after_the_cancellation_have_no_effect_and_earlier_ones_stand() -> None:
    lines = ["09:00 opened 2", "09:05 acknowledged", "09:10 cancelled", "09:10 cancelled", "09:20 resolved"]
    history = build_history(reported(*lines))
    assert (history.acknowledged_at, history.resolved_at, history.cancelled_at) == (at("09:05"), None, at("09:10"))
    assert [history.is_effective(str(number)) for number in range(5)] == [True, True, True, False, False]


KINDS = [kind for kind in IncidentEventKind if kind not in OPENED_OR_CANCELLED]
events = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(KINDS), st.integers(0, 1)), max_size=8)


@given(events, st.integers(0, 600), st.sampled_from(["response_time", "resolution_time"]))
def test_no_clock_of_a_cancelled_incident_is_evaluated(
    steps: list[tuple[int, IncidentEventKind, int]], minute: int, objective_kind: str
) -> None:
    opened = ReportedEvent(DAY, IncidentEventKind.OPENED, "opened", 0, 2, "")
    cancelled = ReportedEvent(DAY + minute * MINUTE, IncidentEventKind.CANCELLED, "cancelled")
    other_events = [
        ReportedEvent(DAY + at * MINUTE, kind, str(number), sequence, 1 + number % 3, "user" if number % 2 else "")
        for number, (at, kind, sequence) in enumerate(steps)
    ]
    history = build_history([cancelled, *other_events, opened])
    assert (
        evaluate_clock(ClockContext(history, clock(priorities=(1, 2, 3), kind=objective_kind)), DAY + 10_000 * MINUTE)
        is None
    )
    assert history.state is IncidentState.CANCELLED
    before = [event for event in [opened, *other_events] if event.sort_key < cancelled.sort_key]
    assert history.ineffective_event_ids == build_history(before).ineffective_event_ids | {
        event.id for event in other_events if event not in before
    }


async def read_counts(
    reporter: IncidentReporter, start: datetime, end: datetime, as_of: datetime | None = None
) -> tuple[int, ...]:
    """Return how many clocks are in time, late and running, of all objectives."""
    async with reporter.sla_client.sla.begin() as work:
        terms = Terms.model_validate(reporter.agreement["version"]["terms"])
        agreement_id = UUID(reporter.agreement["id"])
        windows = [CountWindow(agreement_id, objective.id, start, end) for objective in terms.objectives]
        counts = await load_incident_counts(work, windows, as_of=as_of or work.now)
    return (
        sum(count.in_time for count in counts),
        sum(count.late for count in counts),
        sum(count.running for count in counts),
    )


async def test_a_cancelled_incident_counts_nowhere_and_has_no_deadline(reporter: IncidentReporter) -> None:
    incident = await reporter.report(reporter.opening("INC1", "11:50"), reporter.opening("INC2", "11:50", priority=4))
    assert await read_counts(reporter, FEBRUARY, MARCH) == (0, 0, 4)
    cancelled = reporter.event("INC1", "cancelled", "11:55")
    for _ in range(2):
        await reporter.report(cancelled)
    cancelled_incident = await reporter.read(f"/incidents/{incident}")
    assert (cancelled_incident["state"], cancelled_incident["cancelled_at"], cancelled_incident["clocks"]) == (
        "cancelled",
        "2026-02-03T11:55:00Z",
        [],
    )
    assert await reporter.read(f"/incidents/{incident}/clocks/resolution/timeline") == []
    assert await read_counts(reporter, FEBRUARY, MARCH) == (0, 0, 2)
    assert [event.cancelled_at for event in await reporter.emitted(IncidentCancelled)] == [
        datetime(2026, 2, 3, 11, 55, tzinfo=UTC)
    ]
    reporter.set_time("2026-02-05T12:00:00")
    await deadline_loop.project_overdue_incidents(reporter.sla_client.sla.runtime)
    emitted = await reporter.emitted(IncidentBreached, IncidentDueSoon)
    assert {str(event.objective_id) for event in emitted} > {SLOW}
    assert incident not in {str(event.incident_id) for event in emitted}
    assert [item["id"] for item in (await reporter.read("/incidents", state="cancelled"))["items"]] == [incident]


@pytest.mark.parametrize("seed", range(3))
async def test_the_order_of_reports_does_not_matter_for_a_cancellation(reporter: IncidentReporter, seed: int) -> None:
    def mistake(name: str) -> list[dict[str, Any]]:
        return [
            reporter.opening(name, "06:00"),
            reporter.event(name, "acknowledged", "06:10"),
            reporter.event(name, "resolved", "07:00"),
            reporter.event(name, "cancelled", "08:00"),
            reporter.event(name, "reopened", "09:00"),
        ]

    in_order = await reporter.read(f"/incidents/{await reporter.report(*mistake('INC1'))}")
    shuffled = mistake("INC2") * 2
    random.Random(seed).shuffle(shuffled)
    for event in shuffled:
        incident = await reporter.report(event)
    own_names = {"id": incident, "external_id": "INC2"}
    assert await reporter.read(f"/incidents/{incident}") == in_order | own_names
    assert in_order["resolved_at"] == "2026-02-03T07:00:00Z"
    assert len(await reporter.emitted(IncidentCancelled)) == 2


async def test_a_cancellation_before_the_resolution_emits_no_reopening(reporter: IncidentReporter) -> None:
    incident = await reporter.report(reporter.opening("INC1", "09:00"), reporter.event("INC1", "resolved", "10:00"))
    await reporter.report(reporter.event("INC1", "cancelled", "09:30"))
    cancelled_incident = await reporter.read(f"/incidents/{incident}")
    assert (cancelled_incident["state"], cancelled_incident["resolved_at"]) == ("cancelled", None)
    assert await reporter.emitted(IncidentReopened) == []


async def test_a_breach_that_was_emitted_is_not_withdrawn_by_a_cancellation(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "06:00"))
    breaches = await reporter.emitted(IncidentBreached)
    assert len(breaches) == 2
    await reporter.report(reporter.event("INC1", "cancelled", "11:00"))
    assert await reporter.emitted(IncidentBreached, IncidentBreachWithdrawn) == breaches
    assert await read_counts(reporter, FEBRUARY, MARCH) == (0, 0, 0)


async def test_a_cancellation_restates_a_closed_period_and_keeps_the_first_statement(
    reporter: IncidentReporter,
) -> None:
    await reporter.report(
        reporter.opening("INC1", "2026-01-20T09:00:00Z"),
        reporter.event("INC1", "resolved", "2026-01-20T12:00:00Z"),
        reporter.opening("INC2", "2026-01-21T09:00:00Z"),
        reporter.event("INC2", "resolved", "2026-01-21T14:00:00Z"),
    )
    assert (await close_period(reporter, "2026-01"))[FAST]["attained"] == "50.0000"
    known_at = reporter.clock.now
    reporter.set_time("2026-02-04T12:00:00")
    await reporter.report(reporter.event("INC2", "cancelled", "2026-02-04T11:00:00Z"))
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    restated = (await read_statement(reporter, "2026-01"))[FAST]
    assert (restated["revision"], restated["attained"], restated["verdict"]) == (2, "100.0000", "met")
    assert await read_counts(reporter, JANUARY, FEBRUARY, known_at) == (1, 3, 0)
    assert await read_counts(reporter, JANUARY, FEBRUARY) == (1, 1, 0)


async def test_a_recheck_of_the_agreement_ignores_a_cancelled_incident(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "11:50"), reporter.event("INC1", "cancelled", "11:55"))
    async with reporter.sla_client.sla.begin() as work:
        await schedule_recheck(work, [UUID(reporter.agreement["id"])], JANUARY)
    assert await deadline_loop.project_overdue_incidents(reporter.sla_client.sla.runtime) == 0
