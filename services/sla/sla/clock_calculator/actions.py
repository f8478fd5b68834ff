"""Answering clock queries, within limits that keep every answer quick."""

from datetime import datetime

from sla.clock_calculator.errors import ClockRunsTooLong
from sla.clock_calculator.timeline import compute_clock_reading
from sla.clock_calculator.views import ClockQuery, ClockReadingView
from sla.hours.durations import LONGEST_DURATION
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import NEVER, Span, union

MOST_SHIFTS = 20_000


def answer_clock_query(query: ClockQuery, now: datetime) -> ClockReadingView:
    hours = query.calendar.to_service_hours()
    ends_at = min(filter(None, (query.stopped_at, query.as_of)), default=now)
    run = Span.between(query.started_at, max(query.started_at, ends_at))
    check_clock_length(hours, run, "stopped_at" if query.stopped_at else "started_at")
    # Once the clock is stopped, nothing can be paused any more.
    pauses = [pause for pause in query.pauses if not query.stopped_at or pause.from_ < query.stopped_at]
    paused_spans = union(pause.to_span(open_end=NEVER) for pause in pauses)
    reading = compute_clock_reading(
        hours, run, paused_spans, query.target, query.target_business_days, run.start + LONGEST_DURATION
    )
    return ClockReadingView.from_reading(reading, query.target, hours.zone)


def check_clock_length(hours: ServiceHours, window: Span, field: str) -> None:
    """Raise ClockRunsTooLong, naming the field by which the window could be shortened."""
    if window.end - window.start > LONGEST_DURATION or hours.estimate_shifts(window) > MOST_SHIFTS:
        raise ClockRunsTooLong("Ask for a shorter time, or use a calendar with fewer shifts.", field=field)
