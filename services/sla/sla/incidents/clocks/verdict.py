"""The evaluation of an incident's clock: its verdict and deadline, from nothing but its history and terms."""

# - An interval is a time in which the clock is not stopped and stays applicable, or not: the objective is made for the
#   priority, or it is not.
# - Its deadline is counted from where counting began, which is the opening or, by the policy, the last reopening or
#   change of priority; so also over time that was spent under another priority.
# - It is breached at the first instant of an interval at or after the deadline at which it does not stand still. So
#   stopping on the deadline is in time, nothing is breached in a pause, and what comes after a breach cures nothing.
# - A clock that was breached stays late: neither a looser target nor another priority takes that back.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from sla.agreements.terms import PriorityChange, Reopening
from sla.clock_calculator.timeline import NEVER, TimeClass, build_timeline
from sla.hours.durations import LONGEST_DURATION
from sla.hours.spans import Span, union
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.history import IncidentEventKind, IncidentHistory, IncidentPhase


class ClockVerdict(StrEnum):
    RUNNING = "running"
    IN_TIME = "in_time"
    LATE = "late"
    RELEASED = "released"
    """The incident got a priority that this objective is not made for; or it was cancelled."""


class ClockInterval(NamedTuple):
    """A time in which the clock was not stopped, and in which it was applicable or was not."""

    start: int
    end: int
    """NEVER while it lasts."""
    counted_from: int
    is_applicable: bool
    """Whether the objective is made for the priority."""


@dataclass(frozen=True, slots=True)
class ClockDeadline:
    due_at: int | None
    """The earliest instant by which the time allowed has counted; null while an open pause keeps it away."""
    breach_at: int | None
    """The first instant from then on at which it is not stopped and does not stand still."""
    due_soon_at: int | None
    """The same for the share of the time allowed after which it is due soon."""


@dataclass(frozen=True, slots=True)
class ClockEvaluation:
    verdict: ClockVerdict
    interval: ClockInterval
    """The one in which it was breached, or the last one."""
    deadline: ClockDeadline
    """That of the interval."""
    decided_at: int | None
    """When it was stopped in time, or breached."""
    stopped_at: int | None
    """Null while it runs, and it runs on after a breach."""
    entered_at: int
    """When the objective began to apply."""

    @property
    def ended_at(self) -> int | None:
        """Null while it runs; else when it was decided or released."""
        return self.interval.end if self.verdict is ClockVerdict.RELEASED else self.decided_at


@dataclass(frozen=True, slots=True)
class ClockContext:
    """The input of a clock's evaluation: the history of its incident, its terms, and the time that is excluded."""

    history: IncidentHistory
    terms: ClockTerms
    excluded_spans: Sequence[Span] = ()
    """When the agreement was suspended or, if it says so, maintained: a set of time, perhaps until NEVER."""

    def intervals(self) -> list[ClockInterval]:
        """Return the intervals, oldest first; empty ones are left out, unless the clock was stopped at once."""
        merged: list[ClockInterval] = []
        for interval in self._intervals_by_phase():
            if merged and merged[-1].end == interval.start and merged[-1][2:] == interval[2:]:
                merged[-1] = merged[-1]._replace(end=interval.end)
            else:
                merged.append(interval)
        next_starts = [*(interval.start for interval in merged[1:]), NEVER]
        return [
            interval
            for interval, next_start in zip(merged, next_starts, strict=False)
            if interval.start < interval.end or interval.end < next_start
        ]

    def uncounted_spans(self, until: int) -> list[Span]:
        """Return the spans in which nothing counts, of those that begin before `until`."""
        spans = [*self.paused_spans(), *self.excluded_spans, *self.resolved_spans()]
        return union(span for span in spans if span.start < until)

    def standstill_spans(self) -> list[Span]:
        """Return the spans in which the clock stands still, so that nothing is breached."""
        return union([*self.paused_spans(), *self.excluded_spans])

    def paused_spans(self) -> Sequence[Span]:
        """A response clock is never paused."""
        return self.history.pauses if self.terms.policy.pauses and not self.terms.is_response else ()

    def resolved_spans(self) -> list[Span]:
        """Return the spans from each resolution to the reopening after it, if they do not count."""
        if self.terms.policy.reopening is Reopening.CONTINUE:
            return []
        return [Span(phase.start, phase.end) for phase in self.history.phases if phase.is_resolved]

    def _intervals_by_phase(self) -> Iterator[ClockInterval]:
        phases = self.history.phases
        counted_from = phases[0].start if phases else 0
        for before, phase in pairwise([phases[0], *phases] if phases else []):
            if phase is not before and self._restarts(phase):
                counted_from = phase.start
            if not (phase.is_acknowledged if self.terms.is_response else phase.is_resolved):
                is_applicable = self._priority_in(phase) in self.terms.objective.priorities
                yield ClockInterval(phase.start, phase.end, counted_from, is_applicable)

    def _priority_in(self, phase: IncidentPhase) -> int:
        keeps_priority = self.terms.policy.priority_change is PriorityChange.KEEP
        return self.history.opening_priority if keeps_priority else phase.priority

    def _restarts(self, phase: IncidentPhase) -> bool:
        policy = self.terms.policy
        if phase.begun_by is IncidentEventKind.REOPENED:
            return policy.reopening is Reopening.RESTART
        return phase.begun_by is IncidentEventKind.PRIORITY_CHANGED and policy.priority_change is PriorityChange.RESTART


def evaluate_clock(context: ClockContext, now: int) -> ClockEvaluation | None:
    """Evaluate the clock at `now`, when all of its history has happened.

    None if the objective has never applied to the incident, or the incident was cancelled.
    """
    intervals = context.intervals() if context.history.cancelled_at is None else []
    applicable = [interval for interval in intervals if interval.is_applicable]
    if not applicable:
        return None
    entered_at, last = applicable[0].start, intervals[-1]
    stopped_at = None if last.end == NEVER else last.end
    for interval in applicable:
        deadline = compute_deadline(context, interval)
        until = now if interval.end == NEVER else interval.end
        if deadline.breach_at is not None and deadline.breach_at < until:
            return ClockEvaluation(ClockVerdict.LATE, interval, deadline, deadline.breach_at, stopped_at, entered_at)
    if not last.is_applicable:
        return ClockEvaluation(ClockVerdict.RELEASED, applicable[-1], deadline, None, stopped_at, entered_at)
    verdict = ClockVerdict.RUNNING if stopped_at is None else ClockVerdict.IN_TIME
    return ClockEvaluation(verdict, last, deadline, stopped_at, stopped_at, entered_at)


def compute_deadline(context: ClockContext, interval: ClockInterval) -> ClockDeadline:
    allowed = context.terms.objective.within
    warn_after = ceil(allowed * Fraction(context.terms.policy.warn_at) / 100)  # in whole microseconds
    standstills = context.standstill_spans()
    due_at = _instant_after(context, interval, allowed)
    warn_at = _instant_after(context, interval, warn_after)
    return ClockDeadline(
        due_at, _first_moving(due_at, interval, standstills), _first_moving(warn_at, interval, standstills)
    )


def _instant_after(context: ClockContext, interval: ClockInterval, amount: int) -> int | None:
    """Return when that much time has counted; None if it never does, or an open pause keeps that instant away."""
    uncounted = context.uncounted_spans(interval.end)
    limit = interval.counted_from + LONGEST_DURATION
    if uncounted and uncounted[-1].end == NEVER:
        limit = min(limit, uncounted[-1].start)
    if limit <= interval.counted_from:
        return None
    return context.terms.hours.instant_after(interval.counted_from, amount, uncounted, limit)


def _first_moving(instant: int | None, interval: ClockInterval, standstills: Sequence[Span]) -> int | None:
    """Return the first instant of the interval, from `instant` on, at which the clock does not stand still."""
    if instant is None:
        return None
    first = max(instant, interval.start)
    first = next((span.end for span in standstills if span.start <= first < span.end), first)
    return None if first == NEVER else first


def build_clock_timeline(context: ClockContext, evaluation: ClockEvaluation, now: int) -> list[tuple[Span, TimeClass]]:
    """Classify every second from the opening until the clock was stopped."""
    opened_at = context.history.phases[0].start
    end = max(opened_at, now) if evaluation.stopped_at is None else evaluation.stopped_at
    uncounted: list[tuple[TimeClass, Sequence[Span]]] = [
        (TimeClass.SET_ASIDE, union([Span(opened_at, evaluation.interval.counted_from)])),
        (TimeClass.EXCLUDED, context.excluded_spans),
        (TimeClass.RESOLVED, union(context.resolved_spans())),
        (TimeClass.PAUSED, context.paused_spans()),
    ]
    return build_timeline(context.terms.hours, Span(opened_at, end), uncounted)
