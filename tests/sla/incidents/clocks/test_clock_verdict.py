"""The edges of clocks, one by one, and what they must not do."""

from datetime import date, timedelta
from time import thread_time
from typing import Any

import pytest

from sla.hours.spans import HOUR, Span, to_datetime
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.period_counts import count_clock
from sla.incidents.clocks.verdict import ClockVerdict, evaluate_clock
from sla.incidents.history import build_history
from tests.sla.incidents.shorthand import (
    ALWAYS,
    INCIDENT_ID,
    OFFICE,
    at,
    clock,
    evaluate,
    reported,
    timeline_of,
    verdict_of,
)


@pytest.mark.parametrize(
    ("now", "lines", "expected"),
    [
        # Stopping exactly on the deadline keeps the promise.
        ("20:00", ["09:00 opened 2", "13:00 resolved"], ("in_time", "02 13:00")),
        ("20:00", ["09:00 opened 2", "13:01 resolved"], ("late", "02 13:00")),
        ("13:00", ["09:00 opened 2"], ("running", None)),
        ("13:01", ["09:00 opened 2"], ("late", "02 13:00")),
        # Closing resolves what was not resolved.
        ("20:00", ["09:00 opened 2", "12:00 closed"], ("in_time", "02 12:00")),
        # Pauses that overlap are a union.
        (
            "20:00",
            [
                "09:00 opened 2",
                "10:00 paused a",
                "11:00 paused b",
                "12:00 resumed a",
                "13:00 resumed b",
                "16:00 resolved",
            ],
            ("in_time", "02 16:00"),
        ),
        # An open pause is never a breach, one after the breach cures nothing.
        ("99:00", ["09:00 opened 2", "12:59 paused a"], ("running", None)),
        ("99:00", ["09:00 opened 2", "13:00 paused a"], ("running", None)),
        ("99:00", ["09:00 opened 2", "13:01 paused a"], ("late", "02 13:00")),
        ("99:00", ["09:00 opened 2", "13:00 paused a", "15:00 resumed"], ("late", "02 15:00")),
        # A pause survives a change of priority.
        ("99:00", ["09:00 opened 2", "10:00 paused a", "11:00 priority_changed 1"], ("running", None)),
        # Resolving ends the pause.
        ("99:00", ["09:00 opened 2", "10:00 paused a", "11:00 resolved", "12:00 reopened"], ("late", "02 15:00")),
        # What is resolved is not paused any more.
        ("99:00", ["09:00 opened 2", "10:00 resolved", "10:30 paused a", "11:00 reopened"], ("late", "02 14:00")),
        # What happened before the opening takes effect at the opening.
        ("99:00", ["08:00 resolved", "09:00 opened 2"], ("in_time", "02 09:00")),
        # A breach is not cleared by another priority, nor by resolving.
        ("20:00", ["09:00 opened 2", "13:01 priority_changed 5"], ("late", "02 13:00")),
        ("20:00", ["09:00 opened 2", "13:00 priority_changed 5"], ("released", None)),
        # What had passed already when the priority changed is breached at the change.
        ("20:00", ["09:00 opened 5", "15:00 priority_changed 1"], ("late", "02 15:00")),
        ("20:00", ["09:00 opened 5", "15:00 priority_changed 1", "15:00 resolved"], ("in_time", "02 15:00")),
        # If it was paused then, when the pause ends.
        ("20:00", ["09:00 opened 5", "14:00 paused a", "15:00 priority_changed 1"], ("running", None)),
        (
            "20:00",
            ["09:00 opened 5", "14:00 paused a", "15:00 priority_changed 1", "16:00 resumed"],
            ("late", "02 16:00"),
        ),
        # To another priority and back again: counted as if it had never left.
        ("20:00", ["09:00 opened 2", "10:00 priority_changed 5", "11:00 priority_changed 1"], ("late", "02 13:00")),
        # After it was resolved, priorities decide nothing any more.
        ("20:00", ["09:00 opened 2", "10:00 resolved", "11:00 priority_changed 5"], ("in_time", "02 10:00")),
        ("20:00", ["09:00 opened 5", "10:00 resolved", "11:00 priority_changed 2"], None),
    ],
)
def test_the_default_policy(now: str, lines: list[str], expected: tuple[str, str | None] | None) -> None:
    evaluation = evaluate_clock(ClockContext(build_history(reported(*lines)), clock()), at(now))
    assert (None if evaluation is None else verdict_of(evaluation)) == expected


def test_response_clocks_stop_at_the_acknowledgement_and_are_never_paused() -> None:
    answer = clock(HOUR, kind="response_time")
    assert verdict_of(evaluate(answer, "20:00", "09:00 opened 2", "09:30 paused a")) == ("late", "02 10:00")
    assert verdict_of(evaluate(answer, "20:00", "09:00 opened 2", "09:30 acknowledged")) == ("in_time", "02 09:30")
    assert verdict_of(evaluate(answer, "20:00", "09:00 opened 2", "09:30 resolved")) == ("in_time", "02 09:30")
    reopened = ["09:00 opened 2", "09:30 resolved", "12:00 reopened"]
    assert verdict_of(evaluate(answer, "20:00", *reopened)) == ("in_time", "02 09:30")


def test_service_hours_decide_when_it_counts() -> None:
    office = clock(calendar=OFFICE)
    assert verdict_of(evaluate(office, "60:00", "16:00 opened 2", "36:00 resolved")) == ("in_time", "03 12:00")
    assert verdict_of(evaluate(office, "60:00", "16:00 opened 2", "36:01 resolved")) == ("late", "03 12:00")
    # At closing time, not when the doors open again.
    assert verdict_of(evaluate(clock(8 * HOUR, calendar=OFFICE), "60:00", "09:00 opened 2")) == ("late", "02 17:00")


def test_a_suspended_agreement_stands_still() -> None:
    history = build_history(reported("09:00 opened 2"))
    context = ClockContext(history, clock(), [Span(at("10:00"), at("12:00"))])
    evaluation = evaluate_clock(context, at("15:01"))
    assert evaluation is not None
    assert verdict_of(evaluation) == ("late", "02 15:00")
    forever = ClockContext(history, clock(), [Span(at("10:00"), 2**63)])
    evaluation = evaluate_clock(forever, at("90:00"))
    assert evaluation is not None
    assert (verdict_of(evaluation), evaluation.deadline.due_at) == (("running", None), None)


def test_nothing_is_breached_while_the_agreement_is_suspended() -> None:
    """Not on the deadline, and not by a change of priority."""
    from_deadline = ClockContext(build_history(reported("09:00 opened 2")), clock(), [Span(at("13:00"), at("18:00"))])
    evaluation = evaluate_clock(from_deadline, at("20:00"))
    assert evaluation is not None
    assert verdict_of(evaluation) == ("late", "02 18:00")
    retargeted = build_history(reported("09:00 opened 5", "15:00 priority_changed 1"))
    evaluation = evaluate_clock(ClockContext(retargeted, clock(), [Span(at("14:00"), at("18:00"))]), at("20:00"))
    assert evaluation is not None
    assert verdict_of(evaluation) == ("late", "02 18:00")


def test_a_stopped_clock_still_shows_when_it_was_due() -> None:
    """Also if it was paused until it was stopped."""
    for lines in (["12:00 resolved"], ["11:00 paused a", "12:00 resolved"], ["11:00 paused a", "12:00 closed"]):
        evaluation = evaluate(clock(), "20:00", "09:00 opened 2", *lines)
        assert evaluation.deadline.due_at == at("13:00" if len(lines) == 1 else "14:00")


@pytest.mark.parametrize(("paused", "due"), [("12:59", None), ("13:00", "13:00"), ("13:01", "13:00")])
def test_an_open_pause_keeps_a_deadline_away_that_had_not_come_when_it_began(paused: str, due: str | None) -> None:
    evaluation = evaluate(clock(), "99:00", "09:00 opened 2", f"{paused} paused a")
    assert evaluation.deadline.due_at == (None if due is None else at(due))


def test_every_second_is_explained() -> None:
    lines = ["08:00 opened 2", "10:00 paused a", "12:00 resumed", "13:00 resolved", "14:00 reopened", "16:00 resolved"]
    context = ClockContext(build_history(reported(*lines)), clock(calendar=OFFICE), [Span(at("15:00"), at("15:30"))])
    timeline = timeline_of(context, at("20:00"))
    assert [(time_class.value, f"{to_datetime(span.end):%H:%M}") for span, time_class in timeline] == [
        ("outside_hours", "09:00"),
        ("counted", "10:00"),
        ("paused", "12:00"),
        ("counted", "13:00"),
        ("resolved", "14:00"),
        ("counted", "15:00"),
        ("excluded", "15:30"),
        ("counted", "16:00"),
    ]


@pytest.mark.parametrize("allowed", [{"within": HOUR}, {"within": None, "business_days": 1}])
def test_incidents_are_counted_quickly_in_hours_that_never_have_service(allowed: dict[str, Any]) -> None:
    """Back-tests and statements ask only whether a deadline has passed, so no later one is looked for."""
    never = ALWAYS | {"closures": [{"from": "01-01", "to": "12-31", "every": "year"}]}
    context = ClockContext(build_history(reported("09:00 opened 2")), clock(calendar=never, **allowed))
    window = Span(at("00:00"), at("90:00"))
    began_at = thread_time()

    rows = [count_clock(INCIDENT_ID, context, window, window.end) for _ in range(20)]

    assert thread_time() - began_at < 1  # to search fifty years takes 0.2 s for each
    assert {row and row.status.value for row in rows} == {"running"}


@pytest.mark.parametrize("allowed", [{"within": HOUR}, {"within": None, "business_days": 1}])
@pytest.mark.parametrize(
    "closures",
    [
        [{"from": "01-01", "to": "12-31", "every": "year"}],
        [
            {"from": f"{day:%m-%dT08:00}", "to": f"{day:%m-%dT18:00}", "every": "year"}
            for day in (date(2024, 1, 1) + timedelta(days=number) for number in range(366))
        ],
    ],
)
def test_a_running_clock_in_hours_that_never_have_service_has_no_deadline(
    allowed: dict[str, Any], closures: list[dict[str, str]]
) -> None:
    never = OFFICE | {"closures": closures}
    context = ClockContext(build_history(reported("09:00 opened 2")), clock(calendar=never, **allowed))
    seconds = []
    for _ in range(3):
        began_at = thread_time()
        evaluation = evaluate_clock(context, at("90:00"))
        seconds.append(thread_time() - began_at)

    assert min(seconds) < 1  # an idle machine takes 0.2 s at most
    assert evaluation is not None
    assert (evaluation.verdict, evaluation.deadline.due_at) == (ClockVerdict.RUNNING, None)
