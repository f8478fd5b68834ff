"""Clocks against a slow and obvious reference that looks at the wall every quarter of an hour."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.clock_calculator.errors import TargetOutOfReach
from sla.clock_calculator.timeline import ClockReading, compute_clock_reading
from sla.hours.calendar import Calendar
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import MINUTE, NEVER, Span, to_datetime, to_microseconds, union
from tests.sla.clock_calculator.walls import PLACES, calendars, read_wall

STEP = timedelta(minutes=15)
QUARTER = 15 * MINUTE


class ClockRun(NamedTuple):
    started_at: int
    ended_at: int
    pauses: list[Span]
    target: int | None

    def read(self, hours: ServiceHours, horizon: int) -> ClockReading:
        return compute_clock_reading(
            hours, Span(self.started_at, self.ended_at), self.pauses, self.target, None, horizon
        )


@st.composite
def clock_runs(draw: st.DrawFn) -> tuple[dict[str, Any], ClockRun]:
    zone, day = draw(st.sampled_from(PLACES))
    morning = datetime.fromisoformat(day).replace(tzinfo=UTC)
    calendar = calendars(draw, zone, morning)
    start = to_microseconds(morning + draw(st.integers(0, 200)) * STEP)
    pauses = []
    for _ in range(draw(st.integers(0, 3))):
        begin = start + draw(st.integers(-20, 300)) * QUARTER
        pauses.append(Span(begin, draw(st.sampled_from([NEVER, *(begin + n * QUARTER for n in range(60))]))))
    target = draw(st.none() | st.integers(0, 160).map(lambda quarters: quarters * QUARTER))
    return calendar, ClockRun(start, start + draw(st.integers(0, 500)) * QUARTER, union(pauses), target)


def time_class_of(calendar: dict[str, Any], run: ClockRun, position: int) -> str:
    scheduled, closed = read_wall(calendar, to_datetime(position))
    if not scheduled:
        return "outside_hours"
    if closed:
        return "closure"
    return "paused" if any(start <= position < end for start, end in run.pauses) else "counted"


def due_by_walking(calendar: dict[str, Any], run: ClockRun, limit: int) -> int | None:
    position, remaining = run.started_at, run.target or 0
    while remaining > 0 and position < limit:
        remaining -= QUARTER if time_class_of(calendar, run, position) == "counted" else 0
        position += QUARTER
    return None if remaining > 0 else position


@settings(max_examples=150, deadline=None)
@given(clock_runs())
def test_every_quarter_of_an_hour_is_explained_as_the_wall_shows_it(drawn: tuple[dict[str, Any], ClockRun]) -> None:
    calendar, run = drawn
    hours = Calendar.model_validate(calendar).to_service_hours()
    reading = run._replace(target=None).read(hours, run.ended_at)
    classes = [time_class.value for span, time_class in reading.timeline for _ in range(span.start, span.end, QUARTER)]
    assert classes == [time_class_of(calendar, run, at) for at in range(run.started_at, run.ended_at, QUARTER)]
    assert reading.elapsed == classes.count("counted") * QUARTER
    edges = [edge for span, _ in reading.timeline for edge in span]
    assert edges[1:-1:2] == edges[2::2]


@settings(max_examples=150, deadline=None)
@given(clock_runs())
def test_the_deadline_is_where_walking_finds_it(drawn: tuple[dict[str, Any], ClockRun]) -> None:
    calendar, run = drawn
    limit = run.started_at + 2000 * QUARTER
    try:
        reading = run.read(Calendar.model_validate(calendar).to_service_hours(), limit)
    except TargetOutOfReach:
        assert due_by_walking(calendar, run, limit) is None
        return
    assert reading.due_at == (None if run.target is None else due_by_walking(calendar, run, limit))


@settings(max_examples=100, deadline=None)
@given(clock_runs(), st.integers(0, 500))
def test_a_breach_is_never_cured_by_time(drawn: tuple[dict[str, Any], ClockRun], later: int) -> None:
    calendar, run = drawn
    hours = Calendar.model_validate(calendar).to_service_hours()
    after = run._replace(ended_at=run.ended_at + later * QUARTER)
    try:
        now, then = (clock_run.read(hours, run.started_at + 2000 * QUARTER) for clock_run in (run, after))
    except TargetOutOfReach:
        return
    assert then.breached or not now.breached
    assert then.elapsed >= now.elapsed


@pytest.mark.parametrize(("until", "breached"), [("12:00", False), ("13:00", False), ("13:01", True)])
def test_a_pause_on_the_deadline_holds_the_breach_back_while_it_lasts(until: str, breached: bool) -> None:
    def at(time: str) -> int:
        return to_microseconds(datetime.fromisoformat(f"2025-06-02T{time}:00Z"))

    hours = Calendar.model_validate({"timezone": "UTC", "hours": "24x7"}).to_service_hours()
    run = ClockRun(at("09:00"), at(until), [Span(at("11:00"), at("13:00"))], 120 * MINUTE)
    reading = run.read(hours, at("23:00"))
    assert (reading.due_at, reading.breached) == (at("11:00"), breached)
