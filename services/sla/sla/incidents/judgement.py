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
from sla.clocks.timeline import NEVER, Class, explain
from sla.hours.durations import LONGEST
from sla.hours.spans import Span, union
from sla.incidents.history import History, Kind, Phase
from sla.incidents.promise import ClockTerms


class Verdict(StrEnum):
    RUNNING = "running"
    IN_TIME = "in_time"
    LATE = "late"
    RELEASED = "released"
    """The incident has got another priority, which this objective is not made for; or it was cancelled."""


class Leg(NamedTuple):
    start: int
    end: int
    """NEVER while it lasts."""
    counted_from: int
    applies: bool
    """Whether the objective is made for the priority."""


@dataclass(frozen=True, slots=True)
class Deadline:
    due: int | None
    """The earliest instant by which the time allowed has counted; null while an open pause keeps it away."""
    breach: int | None
    """The first instant from then on at which it is not stopped and does not stand still."""
    warning: int | None
    """The same for the share of the time allowed after which it is due soon."""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    leg: Leg
    """The one in which it was breached, or the last one."""
    deadline: Deadline
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
        return self.leg.end if self.verdict is Verdict.RELEASED else self.decided_at


@dataclass(frozen=True, slots=True)
class Case:
    """An incident, and what it is judged under."""

    history: History
    terms: ClockTerms
    excluded: Sequence[Span] = ()
    """When the agreement was suspended or, if it says so, maintained: a set of time, perhaps until NEVER."""

    def legs(self) -> list[Leg]:
        """Oldest first; those of no length left out, unless the clock was stopped at once."""
        merged: list[Leg] = []
        for leg in self._stretches():
            if merged and merged[-1].end == leg.start and merged[-1][2:] == leg[2:]:
                merged[-1] = merged[-1]._replace(end=leg.end)
            else:
                merged.append(leg)
        following = [*(leg.start for leg in merged[1:]), NEVER]
        return [leg for leg, after in zip(merged, following, strict=False) if leg.start < leg.end or leg.end < after]

    def not_counting(self, until: int) -> list[Span]:
        """When nothing counts, as far as it begins before the clock was stopped."""
        return union(span for span in [*self.paused(), *self.excluded, *self.resolved()] if span.start < until)

    def resting(self) -> list[Span]:
        """When it stands still, so that nothing is breached."""
        return union([*self.paused(), *self.excluded])

    def paused(self) -> Sequence[Span]:
        """A clock of response is never paused."""
        return self.history.pauses if self.terms.policy.pauses and not self.terms.response else ()

    def resolved(self) -> list[Span]:
        """From resolutions to the reopenings after them, where that does not count."""
        if self.terms.policy.reopening is Reopening.CONTINUE:
            return []
        return [Span(phase.start, phase.end) for phase in self.history.phases if phase.resolved]

    def _stretches(self) -> Iterator[Leg]:
        phases = self.history.phases
        counted_from = phases[0].start if phases else 0
        for before, phase in pairwise([phases[0], *phases] if phases else []):
            if phase is not before and self._begins_anew(phase):
                counted_from = phase.start
            if not (phase.answered if self.terms.response else phase.resolved):
                yield Leg(
                    phase.start, phase.end, counted_from, self._priority(phase) in self.terms.objective.priorities
                )

    def _priority(self, phase: Phase) -> int:
        kept = self.terms.policy.priority_change is PriorityChange.KEEP
        return self.history.opening_priority if kept else phase.priority

    def _begins_anew(self, phase: Phase) -> bool:
        policy = self.terms.policy
        if phase.begun_by is Kind.REOPENED:
            return policy.reopening is Reopening.RESTART
        return phase.begun_by is Kind.PRIORITY_CHANGED and policy.priority_change is PriorityChange.RESTART


def judge(case: Case, now: int) -> Judgement | None:
    """As it stands at `now`, all that is in the history having happened; None if the objective has never applied.

    Nor does any to an incident that was cancelled.
    """
    legs = case.legs() if case.history.cancelled_at is None else []
    applying = [leg for leg in legs if leg.applies]
    if not applying:
        return None
    stopped_at = None if legs[-1].end == NEVER else legs[-1].end
    for leg in applying:
        deadline = deadline_of(case, leg)
        if deadline.breach is not None and deadline.breach < (now if leg.end == NEVER else leg.end):
            return Judgement(Verdict.LATE, leg, deadline, deadline.breach, stopped_at, applying[0].start)
    if not legs[-1].applies:
        return Judgement(Verdict.RELEASED, applying[-1], deadline, None, stopped_at, applying[0].start)
    verdict = Verdict.RUNNING if stopped_at is None else Verdict.IN_TIME
    return Judgement(verdict, legs[-1], deadline, stopped_at, stopped_at, applying[0].start)


def deadline_of(case: Case, leg: Leg) -> Deadline:
    allowed, warn_at = case.terms.objective.within, case.terms.policy.warn_at
    warned_after = ceil(allowed * Fraction(warn_at) / 100)  # in whole microseconds
    resting = case.resting()
    due, warning = _reach(case, leg, allowed), _reach(case, leg, warned_after)
    return Deadline(due, _moving(due, leg, resting), _moving(warning, leg, resting))


def _reach(case: Case, leg: Leg, amount: int) -> int | None:
    """When that much has counted; None if it never does, or an open pause keeps that instant away."""
    standing = case.not_counting(leg.end)
    limit = leg.counted_from + LONGEST
    if standing and standing[-1].end == NEVER:
        limit = min(limit, standing[-1].start)
    if limit <= leg.counted_from:
        return None
    return case.terms.hours.reach(leg.counted_from, amount, standing, limit)


def _moving(instant: int | None, leg: Leg, resting: Sequence[Span]) -> int | None:
    """The first instant of the leg from `instant` on at which it does not stand still."""
    if instant is None:
        return None
    first = max(instant, leg.start)
    first = next((span.end for span in resting if span.start <= first < span.end), first)
    return None if first == NEVER else first


def timeline(case: Case, judgement: Judgement, now: int) -> list[tuple[Span, Class]]:
    """Where every second went from the opening until it was stopped."""
    opened_at, leg = case.history.phases[0].start, judgement.leg
    end = max(opened_at, now) if judgement.stopped_at is None else judgement.stopped_at
    taken: list[tuple[Class, Sequence[Span]]] = [
        (Class.SET_ASIDE, union([Span(opened_at, leg.counted_from)])),
        (Class.EXCLUDED, case.excluded),
        (Class.RESOLVED, union(case.resolved())),
        (Class.PAUSED, case.paused()),
    ]
    return explain(case.terms.hours, Span(opened_at, end), taken)
