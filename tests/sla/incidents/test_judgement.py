"""The edges of clocks, one by one: pauses, priorities, reopenings, and what they must not do."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from sla.clocks.timeline import Class
from sla.hours.spans import HOUR, MINUTE, Span, microseconds, moment, total
from sla.incidents.history import Kind, State, Told, fold
from sla.incidents.judgement import Case, Judgement, Verdict, judge, timeline
from sla.incidents.promise import ClockTerms

DAY = microseconds(datetime(2025, 6, 2, tzinfo=UTC))  # a Monday
OFFICE = {"timezone": "UTC", "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
ALWAYS = {"timezone": "UTC", "hours": "24x7"}


def at(time: str) -> int:
    """09:30, or 33:30 for half past nine on the next day."""
    return DAY + int(time[:2]) * HOUR + int(time[3:]) * MINUTE


def told(*lines: str) -> list[Told]:
    """Like `09:00 opened 2` or `10:00 paused vendor`."""
    events = []
    for number, line in enumerate(lines):
        time, kind, *more = line.split()
        word = more[0] if more else ""
        priority = int(word) if word.isdigit() else None
        events.append(Told(at(time), Kind(kind), str(number), 0, priority, "" if priority else word))
    return events


def clock(
    within: int = 4 * HOUR,
    priorities: tuple[int, ...] = (1, 2),
    kind: str = "resolution_time",
    calendar: dict[str, Any] = ALWAYS,
    **policy: Any,
) -> ClockTerms:
    objective = {"name": "Test", "kind": kind, "priorities": priorities, "within": within, "target": Decimal(90)}
    return ClockTerms.model_validate({"objective": objective, "calendar": calendar, "policy": policy})


def judged(terms: ClockTerms, now: str, *lines: str) -> Judgement:
    found = judge(Case(fold(told(*lines)), terms), at(now))
    assert found is not None
    return found


def says(found: Judgement) -> tuple[str, str | None]:
    decided = found.decided_at
    return found.verdict.value, None if decided is None else f"{moment(decided):%d %H:%M}"


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
def test_as_the_terms_have_it_when_they_say_nothing(
    now: str, lines: list[str], expected: tuple[str, str | None] | None
) -> None:
    found = judge(Case(fold(told(*lines)), clock()), at(now))
    assert (None if found is None else says(found)) == expected


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
    assert says(judged(clock(reopening=policy), "20:00", *lines)) == expected


@pytest.mark.parametrize(("policy", "due"), [("resume", "02 15:00"), ("continue", "02 13:00"), ("restart", "02 16:00")])
def test_the_deadline_after_a_reopening(policy: str, due: str) -> None:
    found = judged(clock(reopening=policy), "12:30", "09:00 opened 2", "10:00 resolved", "12:00 reopened")
    assert found.deadline.due is not None
    assert f"{moment(found.deadline.due):%d %H:%M}" == due


def test_continuing_breaches_at_the_reopening_what_was_over_by_then() -> None:
    """While it was resolved nothing was broken."""
    lines = ["09:00 opened 2", "10:00 resolved", "15:00 reopened"]
    assert says(judged(clock(reopening="continue"), "20:00", *lines)) == ("late", "02 15:00")
    assert says(judged(clock(reopening="continue"), "14:00", *lines[:2])) == ("in_time", "02 10:00")


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
        found = judge(Case(fold(told(*lines)), terms), at("20:00"))
        assert (None if found is None else says(found)) == expected


@pytest.mark.parametrize(("policy", "due"), [("retarget", "02 13:00"), ("restart", "02 15:00")])
def test_a_higher_priority(policy: str, due: str) -> None:
    found = judged(clock(priority_change=policy), "11:30", "09:00 opened 4", "11:00 priority_changed 2")
    assert found.deadline.due is not None
    assert f"{moment(found.deadline.due):%d %H:%M}" == due


def test_a_change_within_the_objective_restarts_as_well() -> None:
    lines = ["09:00 opened 2", "12:00 priority_changed 1"]
    assert says(judged(clock(priority_change="restart"), "15:59", *lines)) == ("running", None)
    assert says(judged(clock(priority_change="restart"), "16:01", *lines)) == ("late", "02 16:00")


def test_a_clock_ends_when_the_incident_leaves_it_for_good() -> None:
    lines = ["09:00 opened 2", "10:00 priority_changed 5", "11:00 priority_changed 1", "12:00 priority_changed 4"]
    found = judged(clock(), "20:00", *lines)
    assert (found.verdict, found.entered_at, found.ended_at) == (Verdict.RELEASED, at("09:00"), at("12:00"))


def test_clocks_of_response_stop_at_the_first_answer_and_are_never_paused() -> None:
    answer = clock(HOUR, kind="response_time")
    assert says(judged(answer, "20:00", "09:00 opened 2", "09:30 paused a")) == ("late", "02 10:00")
    assert says(judged(answer, "20:00", "09:00 opened 2", "09:30 acknowledged")) == ("in_time", "02 09:30")
    assert says(judged(answer, "20:00", "09:00 opened 2", "09:30 resolved")) == ("in_time", "02 09:30")
    reopened = ["09:00 opened 2", "09:30 resolved", "12:00 reopened"]
    assert says(judged(answer, "20:00", *reopened)) == ("in_time", "02 09:30")


def test_pauses_count_if_the_terms_say_so() -> None:
    lines = ["09:00 opened 2", "10:00 paused a", "12:00 resumed", "14:00 resolved"]
    assert says(judged(clock(pauses=False), "20:00", *lines)) == ("late", "02 13:00")


def test_service_hours_decide_when_it_counts() -> None:
    office = clock(calendar=OFFICE)
    assert says(judged(office, "60:00", "16:00 opened 2", "36:00 resolved")) == ("in_time", "03 12:00")
    assert says(judged(office, "60:00", "16:00 opened 2", "36:01 resolved")) == ("late", "03 12:00")
    # At closing time, not when the doors open again.
    assert says(judged(clock(8 * HOUR, calendar=OFFICE), "60:00", "09:00 opened 2")) == ("late", "02 17:00")


def test_a_suspended_agreement_stands_still() -> None:
    history = fold(told("09:00 opened 2"))
    case = Case(history, clock(), [Span(at("10:00"), at("12:00"))])
    found = judge(case, at("15:01"))
    assert found is not None
    assert says(found) == ("late", "02 15:00")
    forever = Case(history, clock(), [Span(at("10:00"), 2**63)])
    found = judge(forever, at("90:00"))
    assert found is not None
    assert (says(found), found.deadline.due) == (("running", None), None)


def test_nothing_is_breached_while_the_agreement_is_suspended() -> None:
    """Not on the deadline, and not by a change of priority."""
    from_deadline = Case(fold(told("09:00 opened 2")), clock(), [Span(at("13:00"), at("18:00"))])
    found = judge(from_deadline, at("20:00"))
    assert found is not None
    assert says(found) == ("late", "02 18:00")
    retargeted = fold(told("09:00 opened 5", "15:00 priority_changed 1"))
    found = judge(Case(retargeted, clock(), [Span(at("14:00"), at("18:00"))]), at("20:00"))
    assert found is not None
    assert says(found) == ("late", "02 18:00")


def test_a_stopped_clock_still_shows_when_it_was_due() -> None:
    """Also if it was paused until it was stopped."""
    for lines in (["12:00 resolved"], ["11:00 paused a", "12:00 resolved"], ["11:00 paused a", "12:00 closed"]):
        found = judged(clock(), "20:00", "09:00 opened 2", *lines)
        assert found.deadline.due == at("13:00" if len(lines) == 1 else "14:00")


@pytest.mark.parametrize(("paused", "due"), [("12:59", None), ("13:00", None), ("13:01", "13:00")])
def test_an_open_pause_keeps_the_deadline_away_that_had_not_come_before_it(paused: str, due: str | None) -> None:
    found = judged(clock(), "99:00", "09:00 opened 2", f"{paused} paused a")
    assert found.deadline.due == (None if due is None else at(due))


def test_every_second_is_explained() -> None:
    lines = ["08:00 opened 2", "10:00 paused a", "12:00 resumed", "13:00 resolved", "14:00 reopened", "16:00 resolved"]
    case = Case(fold(told(*lines)), clock(calendar=OFFICE), [Span(at("15:00"), at("15:30"))])
    found = judge(case, at("20:00"))
    assert found is not None
    pieces = [(kind.value, f"{moment(span.end):%H:%M}") for span, kind in timeline(case, found, at("20:00"))]
    assert pieces == [
        ("outside_hours", "09:00"),
        ("counted", "10:00"),
        ("paused", "12:00"),
        ("counted", "13:00"),
        ("resolved", "14:00"),
        ("counted", "15:00"),
        ("excluded", "15:30"),
        ("counted", "16:00"),
    ]


def test_what_was_before_a_restart_is_set_aside() -> None:
    case = Case(fold(told("09:00 opened 2", "10:00 priority_changed 1")), clock(priority_change="restart"))
    found = judge(case, at("11:00"))
    assert found is not None
    explained = timeline(case, found, at("11:00"))
    assert [kind for _, kind in explained] == [Class.SET_ASIDE, Class.COUNTED]
    assert total(span for span, kind in explained if kind is Class.COUNTED) == HOUR


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["09:00 acknowledged"], State.AWAITED),
        (["09:00 opened 2"], State.OPEN),
        (["09:00 opened 2", "09:10 acknowledged"], State.ACKNOWLEDGED),
        (["09:00 opened 2", "09:10 paused a"], State.PAUSED),
        (["09:00 opened 2", "09:10 paused a", "09:20 paused b", "09:30 resumed a"], State.PAUSED),
        (["09:00 opened 2", "09:10 paused a", "09:20 paused b", "09:30 resumed"], State.OPEN),
        (["09:00 opened 2", "09:10 resolved"], State.RESOLVED),
        (["09:00 opened 2", "09:10 closed"], State.CLOSED),
        (["09:00 opened 2", "09:10 closed", "09:20 reopened"], State.OPEN),
        (["09:00 opened 2", "09:05 acknowledged", "09:10 closed", "09:20 reopened"], State.ACKNOWLEDGED),
        # Of one instant: reopened before resolved, so that it ends resolved.
        (["09:00 opened 2", "09:10 resolved", "09:20 resolved", "09:20 reopened"], State.RESOLVED),
    ],
)
def test_states(lines: list[str], state: State) -> None:
    assert fold(told(*lines)).state is state
    assert fold(reversed(told(*lines))).state is state


def test_the_sources_own_count_decides_within_an_instant() -> None:
    resolved, reopened = (
        Told(at("09:20"), kind, kind.value, number) for number, kind in enumerate((Kind.RESOLVED, Kind.REOPENED))
    )
    assert fold([*told("09:00 opened 2"), reopened, resolved]).state is State.OPEN


def test_what_changes_nothing_is_known() -> None:
    lines = ["09:00 opened 2", "09:10 resumed", "09:20 priority_changed 2", "09:30 reopened", "09:40 opened 1"]
    history = fold(told(*lines))
    assert history.without_effect == {"1", "2", "3", "4"}
    assert history.priority == 2
