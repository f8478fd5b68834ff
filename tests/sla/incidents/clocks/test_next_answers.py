"""Clocks for the next answer: one for each turn, from the customer's first unanswered message to the answer."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from sla.agreements.schedule import Schedule
from sla.agreements.terms import Terms
from sla.closure_calendars.editions import ApprovedEdition, EditionClosure
from sla.hours.spans import HOUR, NEVER, Span, to_datetime
from sla.incidents.clocks.agreement_scope import AgreementScope
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.period_counts import IncidentCounts, count_clock
from sla.incidents.clocks.terms import ClockTerms, PromisedClockTerms
from sla.incidents.clocks.verdict import evaluate_clock
from sla.incidents.history import IncidentSubject, build_history
from sla.incidents.turns import MAX_TURNS
from tests.sla.incidents.shorthand import ALWAYS, INCIDENT_ID, OFFICE, at, clock, reported, timeline_of, verdict_of

OPENED = ["09:00 opened 2", "09:10 acknowledged"]
NEXT_ANSWER = clock(HOUR, kind="next_answer_time")


def contexts(terms: ClockTerms, *lines: str) -> list[ClockContext]:
    history = build_history(reported(*lines))
    return [ClockContext(history, terms, turn_event_id=event_id) for event_id in history.turns]


def verdicts(terms: ClockTerms, now: str, *lines: str) -> list[tuple[str, str | None] | None]:
    """Return the verdict on each turn of the incident; None where its clock has never run."""
    evaluations = [evaluate_clock(context, at(now)) for context in contexts(terms, *lines)]
    return [None if evaluation is None else verdict_of(evaluation) for evaluation in evaluations]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # A message before the first answer is answered by that.
        (["09:00 opened 2", "09:05 message_received", "09:50 acknowledged"], []),
        (["09:00 opened 2", "09:05 message_received", "09:50 answered"], []),
        (["09:00 opened 2", "09:50 message_received", "09:50 acknowledged"], []),
        # Each message afterwards begins a turn; an answer on the deadline is in time.
        ([*OPENED, "10:00 message_received", "11:00 answered"], [("in_time", "02 11:00")]),
        ([*OPENED, "10:00 message_received", "11:01 answered"], [("late", "02 11:00")]),
        (
            [
                *OPENED,
                "10:00 message_received",
                "10:30 answered",
                "11:00 message_received",
                "13:00 answered",
                "19:30 message_received",
            ],
            [("in_time", "02 10:30"), ("late", "02 12:00"), ("running", None)],
        ),
        # Two messages in a row make one turn, from the first.
        ([*OPENED, "10:00 message_received", "10:50 message_received", "11:30 answered"], [("late", "02 11:00")]),
        # Without a message there is nothing to answer.
        ([*OPENED, "10:00 answered"], []),
        # An answer at the instant of the message ends the turn at once.
        ([*OPENED, "10:00 message_received", "10:00 answered"], [("in_time", "02 10:00")]),
        # Only an answer or a resolution ends a turn.
        ([*OPENED, "10:00 message_received", "10:10 acknowledged", "10:20 assigned A"], [("late", "02 11:00")]),
        ([*OPENED, "10:00 message_received", "10:30 resolved"], [("in_time", "02 10:30")]),
        ([*OPENED, "10:00 message_received", "11:30 closed"], [("late", "02 11:00")]),
        # What is resolved owes no answer, unless it is reopened: then from the reopening on.
        ([*OPENED, "10:00 resolved", "11:00 message_received"], [None]),
        ([*OPENED, "10:00 resolved", "11:00 message_received", "11:30 answered", "12:00 reopened"], [None]),
        (
            [*OPENED, "10:00 resolved", "11:00 message_received", "13:00 reopened", "14:00 answered"],
            [("in_time", "02 14:00")],
        ),
        ([*OPENED, "10:00 resolved", "11:00 message_received", "13:00 reopened"], [("late", "02 14:00")]),
        # A closing owes nothing any more; a message after it is as one after the resolution.
        ([*OPENED, "10:00 resolved", "11:00 message_received", "11:30 closed", "12:00 reopened"], [None]),
        (
            [*OPENED, "10:00 closed", "11:00 message_received", "12:00 reopened", "12:30 answered"],
            [("in_time", "02 12:30")],
        ),
        # Who resolves answers for the first time; yet a first acknowledgement afterwards answers what waits.
        (
            [
                "09:00 opened 2",
                "10:00 resolved",
                "11:00 reopened",
                "11:10 message_received",
                "11:40 acknowledged",
                "13:00 resolved",
            ],
            [("in_time", "02 11:40")],
        ),
        # A turn that a resolution ended is not revived by a reopening.
        ([*OPENED, "10:00 message_received", "10:30 resolved", "12:00 reopened"], [("in_time", "02 10:30")]),
        # The objective applies while the incident has one of its priorities, and counts from the message.
        ([*OPENED, "10:00 message_received", "10:30 priority_changed 5"], [("released", None)]),
        (
            [*OPENED, "09:30 priority_changed 5", "10:00 message_received", "12:00 priority_changed 1"],
            [("late", "02 12:00")],
        ),
        ([*OPENED, "10:00 message_received", "11:00 cancelled"], [None]),
    ],
)
def test_each_turn_has_a_verdict_of_its_own(lines: list[str], expected: list[tuple[str, str | None] | None]) -> None:
    assert verdicts(NEXT_ANSWER, "20:00", *lines) == expected


def test_a_message_that_is_reported_late_begins_the_turn_earlier() -> None:
    lines = [*OPENED, "10:00 message_received", "11:00 answered"]

    assert verdicts(NEXT_ANSWER, "20:00", *lines, "09:30 message_received") == [("late", "02 10:30")]


def test_a_pause_counts_only_if_it_begins_after_the_message() -> None:
    """The message ends the wait for the customer, whether the tool says so or not."""
    waited_before = [*OPENED, "09:30 paused user", "10:00 message_received", "10:40 resumed"]
    waits_after = [*OPENED, "10:00 message_received", "10:30 paused vendor", "11:30 resumed"]
    both = [*OPENED, "09:30 paused user", "10:00 message_received", "10:30 paused vendor", "11:30 resumed"]
    unpaused = clock(HOUR, kind="next_answer_time", pauses=False)

    assert verdicts(NEXT_ANSWER, "20:00", *waited_before) == [("late", "02 11:00")]
    assert verdicts(NEXT_ANSWER, "20:00", *waits_after) == [("late", "02 12:00")]
    assert verdicts(NEXT_ANSWER, "20:00", *both) == [("late", "02 12:00")]
    assert verdicts(unpaused, "20:00", *waits_after) == [("late", "02 11:00")]


@pytest.mark.parametrize(
    ("opened_at", "paused_at", "pause_sequence", "late_at"),
    [
        ("09:00", "10:00", 1, "02 11:00"),
        ("09:00", "10:00", 3, "02 13:00"),
        # Both are dated before the opening, and take effect at it.
        ("10:30", "10:00", 1, "02 11:30"),
        ("10:30", "10:00", 3, "02 13:00"),
        ("10:30", "09:50", 3, "02 11:30"),
    ],
)
def test_of_one_instant_the_log_says_whether_the_pause_or_the_message_came_first(
    opened_at: str, paused_at: str, pause_sequence: int, late_at: str
) -> None:
    lines = [f"{opened_at} opened 2", "09:10 acknowledged", "10:00 message_received", f"{paused_at} paused user"]
    opened, acknowledged, message, pause, resumed = reported(*lines, "12:00 resumed")
    in_order = replace(message, sequence=2), replace(pause, sequence=pause_sequence)

    history = build_history([opened, acknowledged, *in_order, resumed])

    (event_id,) = history.turns
    evaluation = evaluate_clock(ClockContext(history, NEXT_ANSWER, turn_event_id=event_id), at("20:00"))
    assert evaluation is not None
    assert verdict_of(evaluation) == ("late", late_at)


def test_the_next_message_ends_the_pauses_of_a_turn() -> None:
    """The customer has answered; only what is paused afterwards, also for the same reason, stops the clock again."""
    lines = [*OPENED, "10:00 message_received", "10:30 paused user", "12:30 message_received"]

    assert verdicts(NEXT_ANSWER, "20:00", *lines) == [("late", "02 13:00")]
    assert verdicts(NEXT_ANSWER, "20:00", *lines, "12:45 paused user") == [("running", None)]
    assert verdicts(NEXT_ANSWER, "20:00", *lines, "12:45 paused user", "14:00 resumed") == [("late", "02 14:15")]
    history = build_history(reported(*lines, "12:40 message_received", "12:45 paused user", "12:50 paused user"))
    assert history.ineffective_event_ids == {"5", "7"}
    assert history.pauses == [Span(at("10:30"), NEVER)]


def test_only_the_first_turns_of_an_incident_have_clocks() -> None:
    """What is reported of the rest stays in the log, without an effect."""
    turns = [line for _ in range(MAX_TURNS + 1) for line in ("10:00 message_received", "10:00 answered")]
    events = [replace(event, sequence=place) for place, event in enumerate(reported(*OPENED, *turns))]

    history = build_history(events)

    assert len(history.turns) == MAX_TURNS
    assert history.ineffective_event_ids == {event.id for event in events[-2:]}


def test_it_counts_in_the_hours_of_the_agreement_and_in_business_days() -> None:
    lines = [*OPENED, "16:30 message_received"]
    in_office = clock(HOUR, kind="next_answer_time", calendar=OFFICE)
    by_tomorrow = clock(None, kind="next_answer_time", calendar=OFFICE, business_days=1)

    assert verdicts(in_office, "90:00", *lines) == [("late", "03 09:30")]
    assert verdicts(by_tomorrow, "90:00", *lines) == [("late", "03 17:00")]


def test_the_policies_of_the_agreement_hold_within_a_turn() -> None:
    changed = [*OPENED, "10:00 message_received", "10:30 priority_changed 1"]
    anew = clock(HOUR, kind="next_answer_time", priority_change="restart")
    first_priority = clock(HOUR, (2,), kind="next_answer_time", priority_change="keep")
    reopened = [*OPENED, "10:00 resolved", "11:00 message_received", "13:00 reopened"]
    going_on = clock(HOUR, kind="next_answer_time", reopening="continue")

    assert verdicts(anew, "20:00", *changed) == [("late", "02 11:30")]
    assert verdicts(first_priority, "20:00", *changed) == [("late", "02 11:00")]
    assert verdicts(going_on, "20:00", *reopened) == [("late", "02 13:00")]


def test_each_turn_counts_once_in_the_period_in_which_it_was_decided() -> None:
    lines = ["10:00 message_received", "10:30 answered", "11:00 message_received", "13:00 answered"]
    window = Span(at("00:00"), at("20:00"))

    rows = [
        count_clock(INCIDENT_ID, context, window, at("19:45"))
        for context in contexts(NEXT_ANSWER, *OPENED, *lines, "19:30 message_received")
    ]
    counts = IncidentCounts.from_rows(row for row in rows if row is not None)

    assert (counts.in_time, counts.late, counts.running, counts.decided) == (1, 1, 1, 2)
    assert sorted(row.waiting_since or 0 for row in counts.rows) == [at("10:00"), at("11:00"), at("19:30")]


def test_every_second_since_the_message_is_explained() -> None:
    (context,) = contexts(
        clock(HOUR, kind="next_answer_time", calendar=OFFICE),
        *OPENED,
        "16:30 message_received",
        "33:10 paused vendor",
        "33:20 resumed",
        "33:50 answered",
    )

    timeline = timeline_of(context, at("40:00"))

    assert timeline[0][0].start == at("16:30")
    assert [time_class.value for _, time_class in timeline] == [
        "counted",
        "outside_hours",
        "counted",
        "paused",
        "counted",
    ]


@pytest.mark.parametrize(
    ("moved_at", "expected"),
    [
        ("10:30", {"here": ("released", None), "there": ("late", "02 11:00")}),
        ("11:30", {"here": ("late", "02 11:00"), "there": ("late", "02 11:30")}),
    ],
)
def test_a_move_within_a_turn_releases_one_clock_and_the_other_counts_from_the_message(
    moved_at: str, expected: dict[str, tuple[str, str | None]]
) -> None:
    customer, service, *offerings = (UUID(int=number) for number in range(2, 6))
    subjects = [IncidentSubject(customer, offering, None) for offering in offerings]
    opened, *rest, moved = reported(*OPENED, "10:00 message_received", f"{moved_at} moved")
    history = build_history([replace(opened, subject=subjects[0]), *rest, replace(moved, subject=subjects[1])])
    (message,) = history.turns

    found = {}
    for name, offering in zip(("here", "there"), offerings, strict=True):
        scope = AgreementScope(customer, offering, service)
        context = ClockContext(history, NEXT_ANSWER, scope=scope, turn_event_id=message)
        evaluation = evaluate_clock(context, at("20:00"))
        found[name] = evaluation and verdict_of(evaluation)

    assert found == expected


def test_each_turn_keeps_the_closures_that_were_approved_when_it_began() -> None:
    """The incident has none of the edition that was approved at 12:00 on the first day, nor has the first message."""
    closed_day = EditionClosure("2025-06-03T00:00", "2025-06-04T00:00", "Move")
    approved_at = to_datetime(at("12:00"))
    edition = ApprovedEdition(1, "", approved_at, date(2025, 6, 3), [closed_day])
    times: dict[str, Any] = {"priorities": [2], "within": "PT8H", "target": "90"}
    terms = Terms.model_validate(
        {
            "name": "Web shop",
            "service_hours": ALWAYS,
            "starts_on": "2025-01-01",
            "closure_calendars": [str(INCIDENT_ID)],
            "objectives": [
                times | {"name": "Answered again", "kind": "next_answer_time"},
                times | {"name": "Solved", "kind": "resolution_time"},
            ],
        }
    )
    (binding,) = Schedule.of_terms(terms).with_closures({INCIDENT_ID: [edition]}).bindings
    history = build_history(
        reported(*OPENED, "11:59 message_received", "11:59 answered", "20:00 message_received", "20:05 answered")
    )

    clocks = PromisedClockTerms(binding).list_clocks(at("09:00"), history.turns.values())
    closures = {
        (terms.objective.name, turn and f"{to_datetime(turn.start):%H:%M}"): len(terms.calendar.closures)
        for terms, turn in clocks
    }

    assert closures == {("Solved", None): 0, ("Answered again", "11:59"): 0, ("Answered again", "20:00"): 1}
