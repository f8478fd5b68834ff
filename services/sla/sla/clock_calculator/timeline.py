"""A clock that runs in service hours and stands still in pauses, with the class of each second."""

# - The deadline stands at the earliest instant by which the target has counted: at closing time, not at the next
#   opening.
# - It is breached when that instant has passed, stopped or not; stopping exactly on it is in time.
# - A target in business days is over with the service hours of the last of them; the day on which the clock starts does
#   not count, nor does a day at the end of whose service hours the clock stands still.
# - While a pause is open there is no deadline, unless it had come by the time the pause began. A pause that covers the
#   deadline keeps the clock from being breached as long as it lasts; one that begins after it cures nothing.

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from common.dates import ONE_DAY
from sla.clock_calculator.errors import TargetOutOfReach
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import Span, clip_spans, complement, difference, intersection, to_datetime, total_length
from sla.hours.time_zones import to_local_date

NEVER = 2**63
"""The end of an open pause."""


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
    due_at = None
    if target is not None:
        due_at = find_due_instant(hours, run.start, target, pauses, horizon)
        if due_at is None and _open_pause_start(pauses) > horizon:
            raise TargetOutOfReach("The calendar has too few service hours for this target.", field="target")
    days_left = None
    if business_days is not None:
        due_at, days_left = read_business_days(hours, run, pauses, business_days, horizon)
    breached = due_at is not None and run.end > find_moving_instant(due_at, pauses)
    return ClockReading(elapsed, due_at, breached, timeline, days_left)


def read_business_days(
    hours: ServiceHours, run: Span, pauses: Sequence[Span], target: int, horizon: int
) -> tuple[int | None, int]:
    """Return when a target in business days is over, and how many of them had not passed at the end of the run.

    Raise TargetOutOfReach when they are not over before the horizon.
    """
    until = min(horizon, _open_pause_start(pauses))
    first = to_local_date(to_datetime(run.start), hours.zone) + ONE_DAY
    ends = (end for end in hours.business_day_ends(first, until) if not _stands_still_before(end, pauses))
    counted_ends = list(islice(ends, target))
    due_at = counted_ends[-1] if len(counted_ends) == target else None
    if due_at is None and until == horizon:
        raise TargetOutOfReach("The calendar has too few business days for this target.", field="target_business_days")
    return due_at, target - bisect_right(counted_ends, run.end)


def _stands_still_before(instant: int, standstills: Sequence[Span]) -> bool:
    return any(span.start < instant <= span.end for span in standstills)


def find_due_instant(
    hours: ServiceHours, started_at: int, target: int, uncounted: Sequence[Span], horizon: int
) -> int | None:
    """Return when the target has counted; None if not by the horizon, or if an open pause keeps that instant away."""
    return hours.instant_after(started_at, target, uncounted, min(horizon, _open_pause_start(uncounted)))


def find_moving_instant(instant: int, standstills: Sequence[Span]) -> int:
    """Return the first instant from `instant` on at which the clock does not stand still; perhaps NEVER."""
    return next((span.end for span in standstills if span.start <= instant < span.end), instant)


def _open_pause_start(pauses: Sequence[Span]) -> int:
    return pauses[-1].start if pauses and pauses[-1].end == NEVER else NEVER


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
