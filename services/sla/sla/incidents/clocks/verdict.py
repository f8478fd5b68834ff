"""The evaluation of an incident's clock: its verdict and deadline, from nothing but its history and terms."""

# - It is breached at the first instant of an interval at or after the deadline at which it does not stand still. So
#   stopping on the deadline is in time, nothing is breached in a pause, and what comes after a breach cures nothing.
# - A clock that was breached stays late: neither a looser target nor another priority takes that back.

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sla.clock_calculator.timeline import find_moving_instant
from sla.hours.durations import LONGEST_DURATION
from sla.hours.spans import NEVER
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.priority_changes import ClockInterval, compute_intervals


class ClockVerdict(StrEnum):
    RUNNING = "running"
    IN_TIME = "in_time"
    LATE = "late"
    RELEASED = "released"
    """The incident got a priority that this objective is not made for; or it was cancelled."""


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
    stopped_at: int | None
    """Null while it runs, and it runs on after a breach."""
    entered_at: int
    """When the objective began to apply."""

    @property
    def decided_at(self) -> int | None:
        """Return when it was stopped in time, or breached."""
        if self.verdict is ClockVerdict.LATE:
            return self.deadline.breach_at
        return self.stopped_at if self.verdict is ClockVerdict.IN_TIME else None

    @property
    def ended_at(self) -> int | None:
        """Return when it was decided or released; None while it runs."""
        return self.interval.end if self.verdict is ClockVerdict.RELEASED else self.decided_at


def evaluate_clock(context: ClockContext, now: int, *, foresee: bool = True) -> ClockEvaluation | None:
    """Evaluate the clock at `now`, when all of its history has happened.

    None if the objective has never applied to the incident, or the incident was cancelled. Without `foresee`, deadlines
    after now are not looked for, which would mean to search decades in hours that have no service.
    """
    intervals = compute_intervals(context)
    applicable = [interval for interval in intervals if interval.is_applicable]
    if not applicable or context.history.cancelled_at is not None:
        return None
    entered_at, last = applicable[0].start, intervals[-1]
    stopped_at = None if last.end == NEVER else last.end
    for interval in applicable:
        until = now if interval.end == NEVER else interval.end
        horizon = interval.counted_from + LONGEST_DURATION if foresee else until
        deadline = compute_deadline(context, interval, horizon)
        if deadline.breach_at is not None and deadline.breach_at < until:
            return ClockEvaluation(ClockVerdict.LATE, interval, deadline, stopped_at, entered_at)
    verdict = ClockVerdict.RUNNING if stopped_at is None else ClockVerdict.IN_TIME
    if not last.is_applicable:
        verdict = ClockVerdict.RELEASED
    return ClockEvaluation(verdict, applicable[-1], deadline, stopped_at, entered_at)


def compute_deadline(context: ClockContext, interval: ClockInterval, horizon: int) -> ClockDeadline:
    allowed, start, hours = context.terms.objective.allowed, interval.counted_from, context.terms.hours
    uncounted = context.uncounted_spans(interval.end)
    due_at = allowed.find_due_instant(hours, start, uncounted, horizon)
    warn_share = Fraction(context.terms.policy.warn_at) / 100
    warn_at = allowed.find_instant_of_share(warn_share, hours, start, uncounted, horizon)
    return ClockDeadline(due_at, _first_moving(context, interval, due_at), _first_moving(context, interval, warn_at))


def _first_moving(context: ClockContext, interval: ClockInterval, instant: int | None) -> int | None:
    """Return the first instant of the interval, from `instant` on, at which the clock does not stand still."""
    if instant is None:
        return None
    moving = find_moving_instant(max(instant, interval.start), context.standstill_spans())
    return None if moving == NEVER else moving
