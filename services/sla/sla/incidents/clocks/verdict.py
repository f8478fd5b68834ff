"""Whether an incident kept to an objective: its clock, judged by nothing but its events and the terms it runs under."""

# - A leg is a stretch in which the clock is not stopped and the priority stays one that the objective is made for.
# - Its deadline is counted from where counting began, which is the opening or, by the policy, the last reopening or
#   change of priority; so also over time that was spent under another priority.
# - It is breached at the first instant of a leg at or after the deadline at which it does not stand still. So stopping
#   on the deadline keeps the promise, nothing is breached in a pause, and what comes after a breach cures nothing.
# - Once breached, late it is: neither a looser target nor another priority takes that back.

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from sla.agreements.terms import PriorityChange, Reopening
from sla.clocks.timeline import NEVER, TimeClass, build_timeline
from sla.hours.durations import LONGEST_DURATION
from sla.hours.spans import Span, union
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.history import IncidentEventKind, IncidentHistory, IncidentPhase


class ClockVerdict(StrEnum):
    RUNNING = "running"
    IN_TIME = "in_time"
    LATE = "late"
    RELEASED = "released"
    """The incident has got another priority, which this objective is not made for; or it was cancelled."""


class ClockInterval(NamedTuple):
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
    """Of the leg."""
    decided_at: int | None
    """When it was stopped in time, or breached."""
    stopped_at: int | None
    """Null while it runs, and it runs on after a breach."""
    entered_at: int
    """When the objective began to apply."""

    @property
    def ended_at(self) -> int | None:
        """When it was decided or released; null while it runs."""
        return self.interval.end if self.verdict is ClockVerdict.RELEASED else self.decided_at


@dataclass(frozen=True, slots=True)
class ClockContext:
    """An incident, and what it is judged under."""

    history: IncidentHistory
    terms: ClockTerms
    excluded_spans: Sequence[Span] = ()
    """When the agreement was suspended or, if it says so, maintained: a set of time, perhaps until NEVER."""

    def intervals(self) -> list[ClockInterval]:
        """Oldest first; those of no length left out, unless the clock was stopped at once."""
        merged: list[ClockInterval] = []
        for leg in self._stretches():
            if merged and merged[-1].end == leg.start and merged[-1][2:] == leg[2:]:
                merged[-1] = merged[-1]._replace(end=leg.end)
            else:
                merged.append(leg)
        following = [*(leg.start for leg in merged[1:]), NEVER]
        return [leg for leg, after in zip(merged, following, strict=False) if leg.start < leg.end or leg.end < after]

    def uncounted_spans(self, until: int) -> list[Span]:
        """When nothing counts, as far as it begins before the clock was stopped."""
        return union(
            span for span in [*self.paused_spans(), *self.excluded_spans, *self.resolved_spans()] if span.start < until
        )

    def standstill_spans(self) -> list[Span]:
        """When it stands still, so that nothing is breached."""
        return union([*self.paused_spans(), *self.excluded_spans])

    def paused_spans(self) -> Sequence[Span]:
        """A clock of response is never paused."""
        return self.history.pauses if self.terms.policy.pauses and not self.terms.is_response else ()

    def resolved_spans(self) -> list[Span]:
        """From resolutions to the reopenings after them, where that does not count."""
        if self.terms.policy.reopening is Reopening.CONTINUE:
            return []
        return [Span(phase.start, phase.end) for phase in self.history.phases if phase.is_resolved]

    def _stretches(self) -> Iterator[ClockInterval]:
        phases = self.history.phases
        counted_from = phases[0].start if phases else 0
        for before, phase in pairwise([phases[0], *phases] if phases else []):
            if phase is not before and self._begins_anew(phase):
                counted_from = phase.start
            if not (phase.is_acknowledged if self.terms.is_response else phase.is_resolved):
                yield ClockInterval(
                    phase.start, phase.end, counted_from, self._priority(phase) in self.terms.objective.priorities
                )

    def _priority(self, phase: IncidentPhase) -> int:
        kept = self.terms.policy.priority_change is PriorityChange.KEEP
        return self.history.opening_priority if kept else phase.priority

    def _begins_anew(self, phase: IncidentPhase) -> bool:
        policy = self.terms.policy
        if phase.begun_by is IncidentEventKind.REOPENED:
            return policy.reopening is Reopening.RESTART
        return phase.begun_by is IncidentEventKind.PRIORITY_CHANGED and policy.priority_change is PriorityChange.RESTART


def evaluate_clock(case: ClockContext, now: int) -> ClockEvaluation | None:
    """As it stands at `now`, all that is in the history having happened; None if the objective has never applied.

    Nor does any to an incident that was cancelled.
    """
    legs = case.intervals() if case.history.cancelled_at is None else []
    applying = [leg for leg in legs if leg.is_applicable]
    if not applying:
        return None
    stopped_at = None if legs[-1].end == NEVER else legs[-1].end
    for leg in applying:
        deadline = compute_deadline(case, leg)
        if deadline.breach_at is not None and deadline.breach_at < (now if leg.end == NEVER else leg.end):
            return ClockEvaluation(ClockVerdict.LATE, leg, deadline, deadline.breach_at, stopped_at, applying[0].start)
    if not legs[-1].is_applicable:
        return ClockEvaluation(ClockVerdict.RELEASED, applying[-1], deadline, None, stopped_at, applying[0].start)
    verdict = ClockVerdict.RUNNING if stopped_at is None else ClockVerdict.IN_TIME
    return ClockEvaluation(verdict, legs[-1], deadline, stopped_at, stopped_at, applying[0].start)


def compute_deadline(case: ClockContext, leg: ClockInterval) -> ClockDeadline:
    allowed, warn_at = case.terms.objective.within, case.terms.policy.warn_at
    warned_after = ceil(allowed * Fraction(warn_at) / 100)  # in whole microseconds
    resting = case.standstill_spans()
    due, warning = _reach(case, leg, allowed), _reach(case, leg, warned_after)
    return ClockDeadline(due, _moving(due, leg, resting), _moving(warning, leg, resting))


def _reach(case: ClockContext, leg: ClockInterval, amount: int) -> int | None:
    """When that much has counted; None if it never does, or an open pause keeps that instant away."""
    standing = case.uncounted_spans(leg.end)
    limit = leg.counted_from + LONGEST_DURATION
    if standing and standing[-1].end == NEVER:
        limit = min(limit, standing[-1].start)
    if limit <= leg.counted_from:
        return None
    return case.terms.hours.instant_after(leg.counted_from, amount, standing, limit)


def _moving(instant: int | None, leg: ClockInterval, resting: Sequence[Span]) -> int | None:
    """The first instant of the leg from `instant` on at which it does not stand still."""
    if instant is None:
        return None
    first = max(instant, leg.start)
    first = next((span.end for span in resting if span.start <= first < span.end), first)
    return None if first == NEVER else first


def build_clock_timeline(case: ClockContext, judgement: ClockEvaluation, now: int) -> list[tuple[Span, TimeClass]]:
    """Where every second went from the opening until it was stopped."""
    opened_at, leg = case.history.phases[0].start, judgement.interval
    end = max(opened_at, now) if judgement.stopped_at is None else judgement.stopped_at
    taken: list[tuple[TimeClass, Sequence[Span]]] = [
        (TimeClass.SET_ASIDE, union([Span(opened_at, leg.counted_from)])),
        (TimeClass.EXCLUDED, case.excluded_spans),
        (TimeClass.RESOLVED, union(case.resolved_spans())),
        (TimeClass.PAUSED, case.paused_spans()),
    ]
    return build_timeline(case.terms.hours, Span(opened_at, end), taken)
