"""An incident that was told by mistake is cancelled: it counts nowhere, whenever and in whatever order that is told."""

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
from sla.incidents.clocks.store import load_incident_counts
from sla.incidents.clocks.verdict import ClockContext, evaluate_clock
from sla.incidents.history import IncidentEventKind, IncidentState, ReportedEvent, build_history
from sla.incidents.projection import deadlines
from tests.sla.incidents.desk import FAST, SLOW, Desk
from tests.sla.incidents.shorthand import DAY, at, clock, told
from tests.sla.incidents.test_statements import close, stated

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
BY_THEMSELVES = {IncidentEventKind.OPENED, IncidentEventKind.CANCELLED}


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
    assert build_history(told(*lines)).state is state
    assert build_history(reversed(told(*lines))).state is state


def test_what_comes_after_has_no_effect_and_what_was_before_stands() -> None:
    lines = ["09:00 opened 2", "09:05 acknowledged", "09:10 cancelled", "09:10 cancelled", "09:20 resolved"]
    found = build_history(told(*lines))
    assert (found.acknowledged_at, found.resolved_at, found.cancelled_at) == (at("09:05"), None, at("09:10"))
    assert [found.is_effective(str(number)) for number in range(5)] == [True, True, True, False, False]


KINDS = [kind for kind in IncidentEventKind if kind not in BY_THEMSELVES]
events = st.lists(st.tuples(st.integers(0, 600), st.sampled_from(KINDS), st.integers(0, 1)), max_size=8)


@given(events, st.integers(0, 600), st.sampled_from(["response_time", "resolution_time"]))
def test_no_clock_is_judged_whatever_else_is_told(
    some: list[tuple[int, IncidentEventKind, int]], minute: int, kind: str
) -> None:
    opened = ReportedEvent(DAY, IncidentEventKind.OPENED, "opened", 0, 2, "")
    cancelled = ReportedEvent(DAY + minute * MINUTE, IncidentEventKind.CANCELLED, "cancelled")
    others = [
        ReportedEvent(DAY + at * MINUTE, what, str(number), sequence, 1 + number % 3, "user" if number % 2 else "")
        for number, (at, what, sequence) in enumerate(some)
    ]
    found = build_history([cancelled, *others, opened])
    assert evaluate_clock(ClockContext(found, clock(priorities=(1, 2, 3), kind=kind)), DAY + 10_000 * MINUTE) is None
    assert found.state is IncidentState.CANCELLED
    before = [event for event in [opened, *others] if event.sort_key < cancelled.sort_key]
    assert found.ineffective_event_ids == build_history(before).ineffective_event_ids | {
        event.id for event in others if event not in before
    }


async def counted(desk: Desk, start: datetime, end: datetime, as_of: datetime | None = None) -> tuple[int, ...]:
    """In time, late and running, of all objectives."""
    async with desk.shop.sla.begin() as work:
        terms = Terms.model_validate(desk.agreement["version"]["terms"])
        found = await load_incident_counts(work, UUID(desk.agreement["id"]), terms, start, end, as_of=as_of or work.now)
    return tuple(sum(getattr(tally, name) for tally in found.values()) for name in ("in_time", "late", "running"))


async def test_it_counts_nowhere_and_nothing_of_it_falls_due(desk: Desk) -> None:
    incident = await desk.took(desk.opened("INC1", "11:50"), desk.opened("INC2", "11:50", priority=4))
    assert await counted(desk, FEBRUARY, MARCH) == (0, 0, 4)
    cancelled = desk.event("INC1", "cancelled", "11:55")
    for _ in range(2):
        await desk.took(cancelled)
    read = await desk.read(f"/incidents/{incident}")
    assert (read["state"], read["cancelled_at"], read["clocks"]) == ("cancelled", "2026-02-03T11:55:00Z", [])
    assert await desk.read(f"/incidents/{incident}/clocks/resolution/timeline") == []
    assert await counted(desk, FEBRUARY, MARCH) == (0, 0, 2)
    assert [one.cancelled_at for one in await desk.emitted(IncidentCancelled)] == [
        datetime(2026, 2, 3, 11, 55, tzinfo=UTC)
    ]
    desk.at("2026-02-05T12:00:00")
    await deadlines.project_overdue_incidents(desk.shop.sla.runtime)
    late = await desk.emitted(IncidentBreached, IncidentDueSoon)
    assert {str(event.objective_id) for event in late} > {SLOW}
    assert incident not in {str(event.incident_id) for event in late}
    assert [one["id"] for one in (await desk.read("/incidents", state="cancelled"))["items"]] == [incident]


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_says_the_same(desk: Desk, seed: int) -> None:
    def mistake(name: str) -> list[dict[str, Any]]:
        return [
            desk.opened(name, "06:00"),
            desk.event(name, "acknowledged", "06:10"),
            desk.event(name, "resolved", "07:00"),
            desk.event(name, "cancelled", "08:00"),
            desk.event(name, "reopened", "09:00"),
        ]

    in_order = await desk.read(f"/incidents/{await desk.took(*mistake('INC1'))}")
    shuffled = mistake("INC2") * 2
    random.Random(seed).shuffle(shuffled)
    for event in shuffled:
        incident = await desk.took(event)
    own = {"id": incident, "external_id": "INC2"}
    assert await desk.read(f"/incidents/{incident}") == in_order | own
    assert in_order["resolved_at"] == "2026-02-03T07:00:00Z"
    assert len(await desk.emitted(IncidentCancelled)) == 2


async def test_one_cancelled_earlier_than_it_was_resolved_is_not_told_to_be_reopened(desk: Desk) -> None:
    incident = await desk.took(desk.opened("INC1", "09:00"), desk.event("INC1", "resolved", "10:00"))
    await desk.took(desk.event("INC1", "cancelled", "09:30"))
    read = await desk.read(f"/incidents/{incident}")
    assert (read["state"], read["resolved_at"]) == ("cancelled", None)
    assert await desk.emitted(IncidentReopened) == []


async def test_a_breach_that_was_told_stays_told(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "06:00"))
    breaches = await desk.emitted(IncidentBreached)
    assert len(breaches) == 2
    await desk.took(desk.event("INC1", "cancelled", "11:00"))
    assert await desk.emitted(IncidentBreached, IncidentBreachWithdrawn) == breaches
    assert await counted(desk, FEBRUARY, MARCH) == (0, 0, 0)


async def test_a_closed_period_is_stated_again_and_as_it_was_known_it_stays(desk: Desk) -> None:
    await desk.took(
        desk.opened("INC1", "2026-01-20T09:00:00Z"),
        desk.event("INC1", "resolved", "2026-01-20T12:00:00Z"),
        desk.opened("INC2", "2026-01-21T09:00:00Z"),
        desk.event("INC2", "resolved", "2026-01-21T14:00:00Z"),
    )
    assert (await close(desk, "2026-01"))[FAST]["attained"] == "50.0000"
    known_at = desk.clock.now
    desk.at("2026-02-04T12:00:00")
    await desk.took(desk.event("INC2", "cancelled", "2026-02-04T11:00:00Z"))
    await restatement_job.restate_due_periods(desk.shop.sla.runtime)
    again = (await stated(desk, "2026-01"))[FAST]
    assert (again["revision"], again["attained"], again["verdict"]) == (2, "100.0000", "met")
    assert await counted(desk, JANUARY, FEBRUARY, known_at) == (1, 3, 0)
    assert await counted(desk, JANUARY, FEBRUARY) == (1, 1, 0)


async def test_an_agreement_that_wakes_its_clocks_leaves_it_alone(desk: Desk) -> None:
    await desk.took(desk.opened("INC1", "11:50"), desk.event("INC1", "cancelled", "11:55"))
    async with desk.shop.sla.begin() as work:
        await deadlines.store.schedule_recheck(work, UUID(desk.agreement["id"]))
    assert await deadlines.project_overdue_incidents(desk.shop.sla.runtime) == 0
