"""The service time that a clock has left, as of an instant."""

from dataclasses import dataclass

from sla.clock_calculator.actions import MOST_SHIFTS
from sla.clock_calculator.timeline import find_moving_instant
from sla.hours.durations import LONGEST_DURATION
from sla.hours.spans import Span, difference, total_length
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.verdict import ClockEvaluation


@dataclass(frozen=True, slots=True)
class RemainingTime:
    duration: int | None
    """In microseconds, negative once it is overdrawn; None where the time is allowed in business days."""
    business_days: int | None
    """Of the time allowed in business days, those that have not passed."""
    stands_still: bool
    """Whether a pause or an exclusion stops the clock at the instant."""


def compute_remaining_time(context: ClockContext, evaluation: ClockEvaluation, now: int) -> RemainingTime:
    """Compute what a clock that runs has left; nothing is known of one that has run for decades."""
    hours, allowed = context.terms.hours, context.terms.objective.allowed
    run = Span(evaluation.interval.counted_from, max(evaluation.interval.counted_from, now))
    stands_still = find_moving_instant(now, context.standstill_spans()) != now
    if run.end - run.start > LONGEST_DURATION or hours.estimate_shifts(run) > MOST_SHIFTS:
        return RemainingTime(None, None, stands_still)
    uncounted = context.uncounted_spans(run.end)
    if allowed.duration is None:
        return RemainingTime(None, allowed.count_days_left(hours, run, uncounted), stands_still)
    elapsed = total_length(difference(hours.in_service_spans(run), uncounted))
    return RemainingTime(allowed.duration - elapsed, None, stands_still)
