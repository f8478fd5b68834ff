"""Reading a clock, within limits that keep every answer quick."""

from datetime import datetime

from common.errors import Invalid
from sla.clocks.timeline import NEVER, ClockRun, compute_clock_reading
from sla.clocks.views import ClockQuery, ClockReadingView
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import DAY, Span, to_microseconds, union

LONGEST_CLOCK_RUN = 50 * 366 * DAY
MOST_SHIFTS = 20_000


class ClockRunsTooLong(Invalid, slug="clock-runs-too-long"):
    """A clock runs for 50 years and through 20,000 shifts at the most."""


def answer_clock_query(question: ClockQuery, now: datetime) -> ClockReadingView:
    hours = question.calendar.to_service_hours()
    course = _course(question, now)
    check_clock_length(
        hours, Span(course.started_at, course.ended_at), "stopped_at" if question.stopped_at else "started_at"
    )
    reading = compute_clock_reading(hours, course, course.started_at + LONGEST_CLOCK_RUN)
    return ClockReadingView.from_reading(reading, question.target, hours.zone)


def _course(question: ClockQuery, now: datetime) -> ClockRun:
    started = question.started_at
    ended = min(question.stopped_at or question.as_of or now, question.as_of or question.stopped_at or now)
    # Once stopped, nothing can be paused any more.
    pauses = [pause for pause in question.pauses if not question.stopped_at or pause.from_ < question.stopped_at]
    return ClockRun(
        to_microseconds(started),
        to_microseconds(max(started, ended)),
        union(pause.to_span(open_end=NEVER) for pause in pauses),
        question.target,
    )


def check_clock_length(hours: ServiceHours, window: Span, field: str) -> None:
    """`field`: what the window would have to be shortened by."""
    if window.end - window.start > LONGEST_CLOCK_RUN or hours.estimate_shifts(window) > MOST_SHIFTS:
        raise ClockRunsTooLong("Ask for a shorter time, or a calendar with fewer shifts.", field=field)
