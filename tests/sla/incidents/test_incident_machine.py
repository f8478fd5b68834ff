"""Incidents whose events are reported in any order, late and repeatedly, against a slow and obvious model."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sla.clock_calculator.timeline import TimeClass
from sla.hours.spans import MINUTE, NEVER, Span, to_datetime, to_microseconds, total_length, union
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockVerdict, evaluate_clock
from sla.incidents.history import IncidentEventKind, ReportedEvent, build_history
from tests.sla.clock_calculator.walls import PLACES, calendars, read_wall
from tests.sla.incidents.reference import QUARTER, TurnWalker, Walker
from tests.sla.incidents.shorthand import timeline_of

DAYS = 4 * 24 * 4
"""Of quarters in which things happen."""
LATER = 15 * 24 * 4
QUARTERS = st.integers(0, DAYS)
ENOUGH = 8
"""Events, after which it may be cancelled: of others there is nothing left to compare."""


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "priority_change": draw(st.sampled_from(["retarget", "restart", "keep"])),
        "reopening": draw(st.sampled_from(["resume", "continue", "restart"])),
        "pauses": draw(st.booleans()),
        "warn_at": "75",
    }


@st.composite
def promised_times(draw: st.DrawFn, calendar: dict[str, Any], policy: dict[str, Any]) -> dict[str, Any]:
    """What `Walker` reads."""
    return {
        "kind": draw(st.sampled_from(["response_time", "resolution_time", "next_answer_time"])),
        "priorities": sorted(draw(st.sets(st.integers(1, 3), min_size=1))),
        "within": draw(st.integers(1, 60)) * QUARTER,
        "calendar": calendar,
        "policy": policy,
    }


def clock_terms(promise: dict[str, Any]) -> ClockTerms:
    objective = {key: promise[key] for key in ("kind", "priorities", "within")}
    return ClockTerms.model_validate(
        {
            "objective": objective | {"name": "Test", "target": Decimal(90)},
            "calendar": promise["calendar"],
            "policy": promise["policy"],
        }
    )


class Incidents(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.reported: list[ReportedEvent] = []
        self.now = 0

    @initialize(data=st.data(), place=st.sampled_from(PLACES), policy=policies())
    def agree(self, data: st.DataObject, place: tuple[str, str], policy: dict[str, Any]) -> None:
        zone, day = place
        morning = datetime.fromisoformat(day).replace(tzinfo=UTC)
        self.start = to_microseconds(morning)
        calendar = data.draw(st.composite(calendars)(zone, morning))
        self.wall = cache(lambda position: read_wall(calendar, to_datetime(position)))
        self.promised_times = data.draw(st.lists(promised_times(calendar, policy), min_size=1, max_size=3))
        suspensions = data.draw(st.lists(st.tuples(QUARTERS, st.none() | st.integers(1, 60)), max_size=2))
        self.suspended = union(
            Span(self.at(first), NEVER if length is None else self.at(first + length)) for first, length in suspensions
        )
        self.report(IncidentEventKind.OPENED, data.draw(QUARTERS) // 4, data.draw(st.integers(1, 3)), "", 0)

    def at(self, quarter: int) -> int:
        return int(self.start + quarter * QUARTER)

    @rule(
        kind=st.sampled_from(
            [
                kind
                for kind in IncidentEventKind
                if kind not in (IncidentEventKind.ASSIGNED, IncidentEventKind.MOVED, IncidentEventKind.CANCELLED)
            ]
        ),
        quarter=QUARTERS,
        priority=st.integers(1, 3),
        reason=st.sampled_from(["", "user", "vendor"]),
        sequence=st.integers(0, 1),
    )
    def report(self, kind: IncidentEventKind, quarter: int, priority: int, reason: str, sequence: int) -> None:
        event = ReportedEvent(self.at(quarter), kind, f"{len(self.reported):03}", sequence, priority, reason)
        self.reported.append(event)
        self.now = max(self.now, event.occurred_at)

    @precondition(lambda self: len(self.reported) > ENOUGH)
    @rule(quarter=QUARTERS)
    def cancel(self, quarter: int) -> None:
        self.report(IncidentEventKind.CANCELLED, quarter, 0, "", 0)

    @rule(quarters=st.integers(1, 100))
    def wait(self, quarters: int) -> None:
        self.now += quarters * QUARTER

    @invariant()
    def every_clock_stands_as_walking_finds_it(self) -> None:
        for now in (self.now, self.now + LATER * QUARTER) if self.reported else ():
            for promise in self.promised_times:
                for message in self.messages(promise):
                    self.compare(promise, message, now)

    def messages(self, promise: dict[str, Any]) -> list[str]:
        """Return the messages that may have clocks of their own; one that is empty for the incident as a whole."""
        if promise["kind"] != "next_answer_time":
            return [""]
        return [event.id for event in self.reported if event.kind is IncidentEventKind.MESSAGE_RECEIVED]

    def walker(self, promise: dict[str, Any], message: str) -> Walker:
        if message:
            return TurnWalker(promise, self.suspended, self.wall, message=message)
        return Walker(promise, self.suspended, self.wall)

    def compare(self, promise: dict[str, Any], message: str, now: int) -> None:
        history = build_history(reversed(self.reported))
        context = ClockContext(history, clock_terms(promise), self.suspended, turn_event_id=message)
        evaluation = evaluate_clock(context, now)
        walked = self.walker(promise, message).walk(self.reported, now)
        assert (None if evaluation is None else (evaluation.verdict.value, evaluation.decided_at)) == walked.verdict
        if evaluation is not None and evaluation.verdict is ClockVerdict.RUNNING:
            counted_length = total_length(span for span, kind in timeline_of(context, now) if kind is TimeClass.COUNTED)
            assert counted_length == walked.counted * QUARTER
            assert evaluation.deadline.breach_at is None or evaluation.deadline.breach_at >= now

    @invariant()
    def what_is_foretold_comes_true(self) -> None:
        """A deadline that is computed now is the one that is missed, if nothing else happens."""
        clocks = [(promise, message) for promise in self.promised_times for message in self.messages(promise)]
        for promise, message in clocks:
            history = build_history(self.reported)
            context = ClockContext(history, clock_terms(promise), self.suspended, turn_event_id=message)
            evaluation, later = (
                evaluate_clock(context, self.now),
                evaluate_clock(context, self.now + 1000 * LATER * MINUTE),
            )
            if evaluation is not None and later is not None and evaluation.verdict is ClockVerdict.RUNNING:
                breach_at = evaluation.deadline.breach_at
                assert (
                    later.decided_at == breach_at or breach_at is None or breach_at > self.now + 1000 * LATER * MINUTE
                )


TestIncidents = Incidents.TestCase
TestIncidents.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
