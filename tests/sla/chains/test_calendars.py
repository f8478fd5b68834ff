"""What two calendars make of each other: hours nobody covers, and time that passes slower on one than on the other."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.chains.calendar_conversion import ElapsedRange, compute_elapsed_range
from sla.chains.uncovered_hours import compute_uncovered, group_by_weekday
from sla.hours.calendar import Calendar
from sla.hours.spans import HOUR, MINUTE, Span, intersection, to_microseconds, total_length, union

PARIS = ZoneInfo("Europe/Paris")
YEAR = Span(to_microseconds(datetime(2026, 1, 1, tzinfo=PARIS)), to_microseconds(datetime(2027, 1, 1, tzinfo=PARIS)))
BEYOND = Span(YEAR.start, YEAR.end + 90 * 24 * HOUR)
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")


def spans(window: Span = YEAR, timezone: str = "Europe/Paris", **changes: object) -> list[Span]:
    document = {"timezone": timezone, "hours": {day: [["08:00", "18:00"]] for day in WORKDAYS}} | changes
    return Calendar.model_validate(document).to_service_hours().in_service_spans(window)


def test_the_same_hours_cover_each_other() -> None:
    assert compute_uncovered(spans(), [spans()], 1) == []
    assert compute_uncovered(spans(), [spans(hours="24x7")], 1) == []


def test_shorter_days_and_holidays_are_listed_the_most_first() -> None:
    shorter = {day: [["08:00", "18:00"]] for day in WORKDAYS[:4]} | {"fri": [["08:00", "16:00"]]}
    closures = [{"from": "2026-12-24", "name": "closed"}]
    uncovered = group_by_weekday(compute_uncovered(spans(), [spans(hours=shorter, closures=closures)], 1), PARIS)
    assert [(hours.weekday, hours.from_, hours.to, hours.times) for hours in uncovered] == [
        ("fri", "16:00", "18:00", 52),
        ("thu", "08:00", "18:00", 1),
    ]
    assert uncovered[1].first_on == date(2026, 12, 24)
    assert [hours.description for hours in uncovered] == [
        "fri (52 times) 16:00 to 18:00",
        "on Thu 24 Dec 2026 08:00 to 18:00",
    ]


def test_hours_of_another_zone_leave_an_hour_open_and_more_while_clocks_differ() -> None:
    """New York changes its clocks two or three weeks before and a week after Paris."""
    new_york = {day: [["02:00", "12:00"]] for day in WORKDAYS}
    uncovered = group_by_weekday(
        compute_uncovered(spans(), [spans(timezone="America/New_York", hours=new_york)], 1), PARIS
    )
    assert {(hours.from_, hours.to) for hours in uncovered} == {("17:00", "18:00")}
    assert sum(hours.times for hours in uncovered) == 20


def test_around_the_clock_days_are_cut_at_local_midnight() -> None:
    weekdays = {day: [["00:00", "24:00"]] for day in WORKDAYS}
    uncovered = group_by_weekday(compute_uncovered(spans(hours="24x7"), [spans(hours=weekdays)], 1), PARIS)
    assert {(hours.weekday, hours.from_, hours.to) for hours in uncovered} == {
        ("sat", "00:00", "24:00"),
        ("sun", "00:00", "24:00"),
    }
    assert sum(hours.length for hours in uncovered) == total_length(spans(hours="24x7")) - total_length(
        spans(hours=weekdays)
    )


def test_so_many_are_needed_at_any_time() -> None:
    early, late = ({day: [hours] for day in WORKDAYS} for hours in (["08:00", "14:00"], ["12:00", "18:00"]))
    pair = [spans(hours=early), spans(hours=late)]
    assert compute_uncovered(spans(), pair, 1) == []
    assert total_length(compute_uncovered(spans(), pair, 2)) == total_length(spans()) * 8 // 10


some_spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda pair: Span(pair[0], pair[0] + pair[1])), max_size=4
).map(union)


@given(some_spans, st.lists(some_spans, min_size=1, max_size=3), st.data())
def test_uncovered_is_what_a_count_of_every_instant_says(
    promised: list[Span], carried: list[list[Span]], data: st.DataObject
) -> None:
    needed = data.draw(st.integers(1, len(carried)))
    uncovered = compute_uncovered(promised, carried, needed)
    for at in range(80):
        count = sum(any(span.start <= at < span.end for span in carrier_spans) for carrier_spans in carried)
        expected = any(span.start <= at < span.end for span in promised) and count < needed
        assert any(span.start <= at < span.end for span in uncovered) == expected


def test_office_hours_seen_around_the_clock() -> None:
    """Four office hours are four at best; from Friday 14:00 on they last until Monday 08:00 at least."""
    elapsed = compute_elapsed_range(4 * HOUR, spans(BEYOND), spans(BEYOND, hours="24x7"), YEAR)
    assert elapsed is not None
    assert elapsed.shortest == 4 * HOUR
    assert abs(elapsed.longest - (4 + 62) * HOUR - HOUR) < MINUTE  # and an hour more when the clocks are set back


def test_around_the_clock_seen_in_office_hours() -> None:
    elapsed = compute_elapsed_range(12 * HOUR, spans(BEYOND, hours="24x7"), spans(BEYOND), YEAR)
    assert elapsed == ElapsedRange(1, 10 * HOUR)  # from the last microsecond of a day on


def test_what_takes_longer_than_can_be_followed_is_not_told() -> None:
    assert compute_elapsed_range(5000 * HOUR, spans(BEYOND), spans(BEYOND), YEAR) is None


@settings(deadline=None, max_examples=200)
@given(some_spans, some_spans, st.integers(1, 12))
def test_no_start_beats_the_bounds(on: list[Span], seen_on: list[Span], within: int) -> None:
    window = Span(0, 30)
    elapsed = compute_elapsed_range(within, on, seen_on, window)
    if elapsed is None:
        return
    for start in range(window.start, window.end):
        if not any(span.start <= start < span.end for span in seen_on):
            continue
        remaining, due = within, start
        while remaining:
            remaining -= any(span.start <= due < span.end for span in on)
            due += 1
        seen_length = total_length(intersection(seen_on, [Span(start, due)]))
        assert elapsed.shortest <= seen_length <= elapsed.longest


@pytest.mark.parametrize("hour", [8, 13])
def test_a_day_is_told_in_local_time(hour: int) -> None:
    at = to_microseconds(datetime(2026, 7, 1, hour, tzinfo=UTC))
    (hours,) = group_by_weekday([Span(at, at + HOUR)], PARIS)
    assert (hours.from_, hours.to) == (f"{hour + 2:02}:00", f"{hour + 3:02}:00")
