"""Public holidays: closed as a country says, and as they were known when terms were written, for ever."""

import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from threading import Event, Thread
from typing import Any

import holidays
import pytest
from pydantic import ValidationError

from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.public_holidays import holiday_library_version, public_holidays_in, supported_countries
from sla.hours.spans import HOUR, Span, to_microseconds, total_length

BAVARIA = {"country": "DE", "subdivision": "BY"}


def calendar(holidays: dict[str, Any] | None, zone: str = "Europe/Berlin") -> Calendar:
    return Calendar.model_validate({"timezone": zone, "hours": "24x7", "holidays": holidays})


def open_hours(calendar: Calendar, day: date) -> float:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1)
    window = Span(to_microseconds(start), to_microseconds(start + timedelta(days=1)))
    return total_length(calendar.to_service_hours().in_service_spans(window)) / HOUR


@pytest.mark.parametrize(
    ("day", "here", "there"),
    [
        (date(2026, 1, 6), 0, 24),  # Epiphany is kept in Bavaria, and not in Berlin
        (date(2026, 10, 3), 1, 1),  # German Unity Day; its summer time is an hour off the window
        (date(2026, 12, 25), 0, 0),
        (date(2026, 12, 24), 24, 24),
    ],
)
def test_holidays_of_a_part_of_the_country_are_closed(day: date, here: float, there: float) -> None:
    assert open_hours(calendar(BAVARIA), day) == here
    assert open_hours(calendar({"country": "DE", "subdivision": "BE"}), day) == there
    assert open_hours(calendar(None), day) == 24


def test_holidays_are_found_in_whichever_year_is_asked_for() -> None:
    for year in (1995, 2026, 2060):
        assert open_hours(calendar(BAVARIA), date(year, 12, 25)) == 0


@pytest.mark.parametrize(
    ("holidays", "field"),
    [
        ({"country": "XX"}, "country"),
        ({"country": "DEU"}, "country"),
        ({"country": ""}, "country"),
        ({"country": "DE", "subdivision": "XX"}, ""),
        ({"country": "DE", "days": [{"on": "2026-02-30", "name": "No day"}]}, "days.0.on"),
        ({"country": "DE", "region": "BY"}, "region"),
    ],
)
def test_countries_that_nobody_knows_are_refused(holidays: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        calendar(holidays)
    refused_fields = [".".join(map(str, error["loc"][1:])) for error in refusal.value.errors()]
    assert refused_fields == [field]


def test_terms_write_the_days_out_and_keep_them(terms: Callable[..., Terms]) -> None:
    hours = {"timezone": "Europe/Berlin", "hours": "24x7", "holidays": BAVARIA}
    drawn = terms(service_hours=hours, ends_on="2027-06-30").with_frozen_holidays()
    holidays = drawn.service_hours.holidays
    assert holidays is not None
    assert holidays.days == public_holidays_in("DE", "BY", 2026) + public_holidays_in("DE", "BY", 2027)
    assert holidays.source == f"{holiday_library_version()}, 2026 to 2027"
    assert drawn.with_frozen_holidays() == drawn
    assert Terms.model_validate(drawn.to_document()) == drawn
    one_less = drawn.to_document()
    one_less["service_hours"]["holidays"]["days"].pop(0)
    frozen = Terms.model_validate(one_less).with_frozen_holidays()
    assert open_hours(frozen.service_hours, date(2026, 1, 1)) == 24
    assert open_hours(drawn.service_hours, date(2026, 1, 1)) == 0


@pytest.mark.parametrize(
    ("change", "last"),
    [
        ({}, 2036),
        ({"ends_on": "2026-12-31", "renewal": {"months": 12}}, 2036),
        ({"ends_on": "2026-12-31"}, 2026),
        ({"ends_on": "2199-12-31"}, 2075),
    ],
)
def test_terms_that_may_go_on_know_the_holidays_of_ten_years_more(
    terms: Callable[..., Terms], change: dict[str, Any], last: int
) -> None:
    hours = {"timezone": "Europe/Berlin", "hours": "24x7", "holidays": BAVARIA}
    holidays = terms(service_hours=hours, **change).with_frozen_holidays().service_hours.holidays
    assert holidays is not None
    assert holidays.days is not None
    assert {day.on.year for day in holidays.days} == set(range(2026, last + 1))


def test_the_days_of_every_country_can_be_written_out_and_read_back(terms: Callable[..., Terms]) -> None:
    """The longest terms of the country with the most holidays fit into a document."""
    most = max(supported_countries(), key=lambda country: len(public_holidays_in(country, None, 2026)))
    hours = {"timezone": "UTC", "hours": "24x7", "holidays": {"country": most}}
    drawn = terms(service_hours=hours, ends_on="2199-12-31").with_frozen_holidays()
    assert Terms.model_validate(drawn.to_document()) == drawn


@pytest.mark.parametrize(
    ("country", "years", "gap"),
    [
        ("DE", (2026, 2036), ""),
        ("DE", (2099, 2102), ", none known after 2100"),
        ("DE", (2150, 2151), ", none known after 2149"),
        ("IN", (2026, 2040), ""),  # in the end only those that do not follow the moon
    ],
)
def test_terms_say_how_far_the_holidays_are_known(country: str, years: tuple[int, int], gap: str) -> None:
    written = calendar({"country": country}).with_frozen_holidays(*years).holidays
    assert written is not None
    assert written.source == f"{holiday_library_version()}, {years[0]} to {years[1]}{gap}"


def test_threads_that_read_holidays_at_once_leave_the_filters_of_warnings_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_holidays, first_began = holidays.country_holidays, Event()
    second_began, first_ended = Event(), Event()

    def read_overlapping(country: str, *arguments: Any, **options: Any) -> dict[date, str]:
        if country == "FR":
            first_began.set()
            second_began.wait(1)
        else:
            second_began.set()
            first_ended.wait(10)
        return read_holidays(country, *arguments, **options)

    def read_first() -> None:
        public_holidays_in.__wrapped__("FR", None, 2026)
        first_ended.set()

    monkeypatch.setattr(holidays, "country_holidays", read_overlapping)
    before = list(warnings.filters)

    first = Thread(target=read_first)
    first.start()
    first_began.wait()
    public_holidays_in.__wrapped__("DE", None, 2026)
    first.join()

    assert warnings.filters == before
