"""What the terms may choose of clocks: pauses, other priorities, reopenings."""

from typing import Any

import pytest

from sla.clock_calculator.timeline import TimeClass
from sla.hours.spans import HOUR, to_datetime, total_length
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.verdict import ClockVerdict, evaluate_clock
from sla.incidents.history import build_history
from tests.sla.incidents.shorthand import at, clock, evaluate, reported, timeline_of, verdict_of


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("resume", ("in_time", "02 14:00")),
        ("continue", ("late", "02 13:00")),
        ("restart", ("in_time", "02 14:00")),
    ],
)
def test_reopening(policy: str, expected: tuple[str, str]) -> None:
    lines = ["09:00 opened 2", "10:00 resolved", "12:00 reopened", "14:00 resolved"]
    assert verdict_of(evaluate(clock(reopening=policy), "20:00", *lines)) == expected


@pytest.mark.parametrize(("policy", "due"), [("resume", "02 15:00"), ("continue", "02 13:00"), ("restart", "02 16:00")])
def test_the_deadline_after_a_reopening(policy: str, due: str) -> None:
    evaluation = evaluate(clock(reopening=policy), "12:30", "09:00 opened 2", "10:00 resolved", "12:00 reopened")
    assert evaluation.deadline.due_at is not None
    assert f"{to_datetime(evaluation.deadline.due_at):%d %H:%M}" == due


def test_a_clock_that_continued_is_breached_at_the_reopening_if_it_was_overdue_by_then() -> None:
    """While it was resolved nothing was broken."""
    lines = ["09:00 opened 2", "10:00 resolved", "15:00 reopened"]
    assert verdict_of(evaluate(clock(reopening="continue"), "20:00", *lines)) == ("late", "02 15:00")
    assert verdict_of(evaluate(clock(reopening="continue"), "14:00", *lines[:2])) == ("in_time", "02 10:00")


@pytest.mark.parametrize(
    ("policy", "high", "low"),
    [
        ("retarget", ("released", None), ("in_time", "02 16:00")),
        ("restart", ("released", None), ("in_time", "02 16:00")),
        ("keep", ("late", "02 13:00"), None),
    ],
)
def test_a_lower_priority(policy: str, high: tuple[str, Any], low: tuple[str, Any] | None) -> None:
    lines = ["09:00 opened 2", "12:00 priority_changed 4", "16:00 resolved"]
    for terms, expected in (
        (clock(priority_change=policy), high),
        (clock(8 * HOUR, (3, 4, 5), priority_change=policy), low),
    ):
        evaluation = evaluate_clock(ClockContext(build_history(reported(*lines)), terms), at("20:00"))
        assert (None if evaluation is None else verdict_of(evaluation)) == expected


@pytest.mark.parametrize(("policy", "due"), [("retarget", "02 13:00"), ("restart", "02 15:00")])
def test_a_higher_priority(policy: str, due: str) -> None:
    evaluation = evaluate(clock(priority_change=policy), "11:30", "09:00 opened 4", "11:00 priority_changed 2")
    assert evaluation.deadline.due_at is not None
    assert f"{to_datetime(evaluation.deadline.due_at):%d %H:%M}" == due


def test_a_change_within_the_objective_restarts_as_well() -> None:
    lines = ["09:00 opened 2", "12:00 priority_changed 1"]
    assert verdict_of(evaluate(clock(priority_change="restart"), "15:59", *lines)) == ("running", None)
    assert verdict_of(evaluate(clock(priority_change="restart"), "16:01", *lines)) == ("late", "02 16:00")


def test_a_clock_ends_when_the_incident_leaves_it_for_good() -> None:
    lines = ["09:00 opened 2", "10:00 priority_changed 5", "11:00 priority_changed 1", "12:00 priority_changed 4"]
    evaluation = evaluate(clock(), "20:00", *lines)
    assert (evaluation.verdict, evaluation.entered_at, evaluation.ended_at) == (
        ClockVerdict.RELEASED,
        at("09:00"),
        at("12:00"),
    )


def test_pauses_count_if_the_terms_say_so() -> None:
    lines = ["09:00 opened 2", "10:00 paused a", "12:00 resumed", "14:00 resolved"]
    assert verdict_of(evaluate(clock(pauses=False), "20:00", *lines)) == ("late", "02 13:00")


def test_the_time_before_a_restart_is_set_aside() -> None:
    history = build_history(reported("09:00 opened 2", "10:00 priority_changed 1"))
    timeline = timeline_of(ClockContext(history, clock(priority_change="restart")), at("11:00"))
    assert [time_class for _, time_class in timeline] == [TimeClass.SET_ASIDE, TimeClass.COUNTED]
    assert total_length(span for span, time_class in timeline if time_class is TimeClass.COUNTED) == HOUR
