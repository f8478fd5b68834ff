"""Reading a clock, within limits that keep every answer quick."""

from datetime import datetime

from common.errors import Invalid
from sla.clocks.timeline import NEVER, Course, read_clock
from sla.clocks.views import ClockAnswer, ClockQuestion
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import DAY, Span, microseconds, union

LONGEST_RUN = 50 * 366 * DAY
MOST_SHIFTS = 20_000


class ClockRunsTooLong(Invalid, slug="clock-runs-too-long"):
    """A clock runs for 50 years and through 20,000 shifts at the most."""


def read(question: ClockQuestion, now: datetime) -> ClockAnswer:
    hours = question.calendar.service_hours()
    course = _course(question, now)
    check_length(hours, Span(course.started, course.ended), "stopped_at" if question.stopped_at else "started_at")
    reading = read_clock(hours, course, course.started + LONGEST_RUN)
    return ClockAnswer.of(reading, question.target, hours.zone)


def _course(question: ClockQuestion, now: datetime) -> Course:
    started = question.started_at
    ended = min(question.stopped_at or question.as_of or now, question.as_of or question.stopped_at or now)
    # Once stopped, nothing can be paused any more.
    pauses = [pause for pause in question.pauses if not question.stopped_at or pause.from_ < question.stopped_at]
    return Course(
        microseconds(started),
        microseconds(max(started, ended)),
        union(pause.span(open_end=NEVER) for pause in pauses),
        question.target,
    )


def check_length(hours: ServiceHours, window: Span, field: str) -> None:
    """`field`: what the window would have to be shortened by."""
    if window.end - window.start > LONGEST_RUN or hours.shifts_in(window) > MOST_SHIFTS:
        raise ClockRunsTooLong("Ask for a shorter time, or a calendar with fewer shifts.", field=field)
