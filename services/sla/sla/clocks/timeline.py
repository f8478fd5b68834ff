"""A clock that runs in service hours and stands still in pauses, explained second by second."""

# - The deadline stands at the earliest instant by which the target has counted: at closing time, not at the next
#   opening.
# - It is breached when that instant has passed, stopped or not; stopping exactly on it keeps the promise.
# - While a pause is open there is no deadline, unless it had come by the time the pause began. A pause that covers the
#   deadline keeps the clock from being breached as long as it lasts; one that begins after it cures nothing.

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from common.errors import Invalid
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import Span, clip_spans, complement, difference, intersection, total_length

NEVER = 2**63
"""The end of an open pause."""


class TimeClass(StrEnum):
    """Where a second went. Hours come first: a pause or closure outside of them took nothing away."""

    COUNTED = "counted"
    OUTSIDE_HOURS = "outside_hours"
    CLOSURE = "closure"
    PAUSED = "paused"
    # Of incidents only:
    EXCLUDED = "excluded"
    """The agreement was suspended, or there was maintenance in which, by its terms, no clock runs."""
    RESOLVED = "resolved"
    """Between a resolution and the reopening after it."""
    SET_ASIDE = "set_aside"
    """Before counting began anew."""


@dataclass(frozen=True, slots=True)
class ClockRun:
    """What a clock went through. All times in microseconds."""

    started_at: int
    ended_at: int
    """When it was stopped, or is looked at."""
    pauses: Sequence[Span]
    """A set of time, the last one perhaps until NEVER."""
    target: int | None


@dataclass(frozen=True, slots=True)
class ClockReading:
    elapsed: int
    due_at: int | None
    """None without a target, and while a pause keeps the deadline away."""
    breached: bool
    timeline: list[tuple[Span, TimeClass]]
    """Without gaps from start to end."""


def compute_clock_reading(hours: ServiceHours, course: ClockRun, horizon: int) -> ClockReading:
    """`horizon`: how far to look for the deadline; TargetOutOfReach when it is not found before."""
    timeline = _explain(hours, course)
    elapsed = total_length(span for span, kind in timeline if kind is TimeClass.COUNTED)
    due = None if course.target is None else _due(hours, course, course.target, horizon)
    breached = due is not None and course.ended_at > due and not _rests(course, due)
    return ClockReading(elapsed, due, breached, timeline)


class TargetOutOfReach(Invalid, slug="target-out-of-reach"):
    """The service hours must add up to the target within 50 years."""


def _due(hours: ServiceHours, course: ClockRun, target: int, horizon: int) -> int | None:
    opened = course.pauses[-1].start if course.pauses and course.pauses[-1].end == NEVER else NEVER
    due = hours.instant_after(course.started_at, target, course.pauses, min(horizon, opened))
    if due is None and opened > horizon:
        raise TargetOutOfReach("The calendar has too few service hours for this target.", field="target")
    return due


def _rests(course: ClockRun, due: int) -> bool:
    """Whether it was paused when the deadline came, and has been since."""
    return any(pause.start <= due < pause.end and course.ended_at <= pause.end for pause in course.pauses)


def _explain(hours: ServiceHours, course: ClockRun) -> list[tuple[Span, TimeClass]]:
    return build_timeline(hours, Span(course.started_at, course.ended_at), [(TimeClass.PAUSED, course.pauses)])


def build_timeline(
    hours: ServiceHours, window: Span, taken: Sequence[tuple[TimeClass, Sequence[Span]]]
) -> list[tuple[Span, TimeClass]]:
    """`taken`: sets of time that are taken out of the open hours; of those that overlap the first one is named."""
    if window.start >= window.end:
        return []
    scheduled, closed = hours.scheduled_spans(window), hours.closed_spans(window)
    explained = [(span, TimeClass.OUTSIDE_HOURS) for span in complement(scheduled, window)]
    explained += [(span, TimeClass.CLOSURE) for span in intersection(scheduled, closed)]
    left = difference(scheduled, closed)
    for kind, spans in taken:
        inside = clip_spans(spans, window)
        explained += [(span, kind) for span in intersection(left, inside)]
        left = difference(left, inside)
    return sorted([*explained, *((span, TimeClass.COUNTED) for span in left)])
