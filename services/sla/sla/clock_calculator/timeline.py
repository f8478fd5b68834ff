"""A clock that runs in service hours and stands still in pauses, with the class of each second."""

# - The deadline stands at the earliest instant by which the target has counted: at closing time, not at the next
#   opening.
# - It is breached when that instant has passed, stopped or not; stopping exactly on it is in time.
# - What a target in business days means says `sla.hours.durations`, as for every promise in business days.
# - While a pause is open there is no deadline, unless it had come by the time the pause began. A pause that covers the
#   deadline keeps the clock from being breached as long as it lasts; one that begins after it cures nothing.

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sla.clock_calculator.errors import TargetOutOfReach
from sla.hours.durations import TimeAllowed
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import NEVER, Span, clip_spans, complement, difference, intersection, total_length


class TimeClass(StrEnum):
    """The class of a second. Hours come first: a pause or closure outside of them takes nothing away."""

    COUNTED = "counted"
    OUTSIDE_HOURS = "outside_hours"
    CLOSURE = "closure"
    PAUSED = "paused"
    # The clocks of incidents only:
    EXCLUDED = "excluded"
    """The agreement was suspended, or there was maintenance in which, by its terms, no clock runs."""
    RESOLVED = "resolved"
    """The incident was resolved, and reopened later."""
    SET_ASIDE = "set_aside"
    """Counting began anew later."""


@dataclass(frozen=True, slots=True)
class ClockReading:
    elapsed: int
    due_at: int | None
    """None without a target, and while a pause keeps the deadline away."""
    breached: bool
    timeline: list[tuple[Span, TimeClass]]
    """Without gaps from start to end."""
    business_days_left: int | None = None
    """None without a target in business days."""


def compute_clock_reading(
    hours: ServiceHours, run: Span, pauses: Sequence[Span], target: int | None, business_days: int | None, horizon: int
) -> ClockReading:
    """Read a clock at the end of its run; the last pause may last until NEVER.

    Raise TargetOutOfReach when its deadline is not found before the horizon.
    """
    timeline = build_timeline(hours, run, [(TimeClass.PAUSED, pauses)])
    elapsed = total_length(span for span, time_class in timeline if time_class is TimeClass.COUNTED)
    due_at = days_left = None
    if target is not None or business_days is not None:
        allowed = TimeAllowed(target, business_days)
        due_at = allowed.find_due_instant(hours, run.start, pauses, horizon)
        days_left = allowed.count_days_left(hours, run, pauses)
        if due_at is None and not (pauses and pauses[-1].end == NEVER and pauses[-1].start <= horizon):
            field = "target" if business_days is None else "target_business_days"
            raise TargetOutOfReach(f"The calendar has too little time in service for {allowed}.", field=field)
    breached = due_at is not None and run.end > find_moving_instant(due_at, pauses)
    return ClockReading(elapsed, due_at, breached, timeline, days_left)


def find_moving_instant(instant: int, standstills: Sequence[Span]) -> int:
    """Return the first instant from `instant` on at which the clock does not stand still; perhaps NEVER."""
    return next((span.end for span in standstills if span.start <= instant < span.end), instant)


def build_timeline(
    hours: ServiceHours, window: Span, uncounted: Sequence[tuple[TimeClass, Sequence[Span]]]
) -> list[tuple[Span, TimeClass]]:
    """Classify the window; of the sets of uncounted time that overlap in the open hours, the first one is named."""
    if window.start >= window.end:
        return []
    scheduled, closed = hours.scheduled_spans(window), hours.closed_spans(window)
    timeline = [(span, TimeClass.OUTSIDE_HOURS) for span in complement(scheduled, window)]
    timeline += [(span, TimeClass.CLOSURE) for span in intersection(scheduled, closed)]
    remaining = difference(scheduled, closed)
    for time_class, spans in uncounted:
        inside = clip_spans(spans, window)
        timeline += [(span, time_class) for span in intersection(remaining, inside)]
        remaining = difference(remaining, inside)
    return sorted([*timeline, *((span, TimeClass.COUNTED) for span in remaining)])
