"""Review periods are local calendar months: no month has 30 days by decree, and none is counted twice."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.agreements.review_periods import ReviewPeriod, local_day
from sla.agreements.schedule import Binding, Schedule
from sla.agreements.terms import Terms

Drawn = Callable[..., Terms]


def scheduled(terms: Terms) -> Schedule:
    """The terms as they were signed, and never amended."""
    return Schedule((Binding(1, terms, "sha", terms.starts_on, terms.ends_on),))


def period_of(terms: Terms, day: date) -> ReviewPeriod | None:
    bound_period = scheduled(terms).period_on(day)
    return bound_period[1] if bound_period else None


def periods_until(terms: Terms, instant: datetime) -> list[ReviewPeriod]:
    return [period for _, period in scheduled(terms).periods_until(instant)]


def in_zone(terms: Drawn, zone: str, **changes: object) -> Terms:
    return terms(service_hours={"timezone": zone, "hours": "24x7"}, **changes)


def test_a_month_begins_and_ends_at_local_midnight(terms: Drawn) -> None:
    period = period_of(in_zone(terms, "Europe/Paris"), date(2026, 3, 20))
    assert period is not None
    assert period.key == "2026-03"
    assert period.start == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert period.end == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert period.end - period.start == timedelta(days=31, hours=-1)


def test_the_first_and_the_last_period_are_cut_to_the_days_of_the_terms(terms: Drawn) -> None:
    agreed = in_zone(terms, "UTC", ends_on="2026-03-10")
    periods = periods_until(agreed, datetime(2027, 1, 1, tzinfo=UTC))
    assert [(p.start.date(), p.end.date()) for p in periods] == [
        (date(2026, 1, 15), date(2026, 2, 1)),
        (date(2026, 2, 1), date(2026, 3, 1)),
        (date(2026, 3, 1), date(2026, 3, 11)),
    ]
    assert scheduled(agreed).period_at(periods[-1].end) is None


def test_a_period_is_over_only_when_its_last_local_moment_is(terms: Drawn) -> None:
    agreed = in_zone(terms, "America/New_York")
    end = datetime(2026, 2, 1, 5, tzinfo=UTC)
    assert periods_until(agreed, end - timedelta(microseconds=1)) == []
    assert [period.key for period in periods_until(agreed, end)] == ["2026-01"]


def test_where_midnight_is_skipped_the_day_begins_when_the_clock_goes_on(terms: Drawn) -> None:
    agreed = in_zone(terms, "Asia/Beirut", starts_on="2020-03-29")
    period = period_of(agreed, agreed.starts_on)
    assert period is not None
    assert period.start == datetime(2020, 3, 28, 22, tzinfo=UTC)


def test_the_same_instant_is_another_day_elsewhere(terms: Drawn) -> None:
    instant = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    assert local_day(in_zone(terms, "Asia/Tokyo"), instant) == date(2026, 2, 1)
    assert local_day(in_zone(terms, "America/New_York"), instant) == date(2026, 1, 31)


def test_no_period_lies_outside_of_the_terms(terms: Drawn) -> None:
    agreed = in_zone(terms, "UTC", ends_on="2026-03-10")
    assert period_of(agreed, date(2025, 12, 31)) is None
    assert period_of(agreed, date(2026, 4, 1)) is None


@pytest.fixture(scope="module")
def long_terms() -> Terms:
    return Terms.model_validate(
        {
            "name": "Long",
            "service_hours": {"timezone": "America/Sao_Paulo", "hours": "24x7"},
            "objectives": [
                {
                    "name": "Availability",
                    "kind": "availability",
                    "indicator_id": "01900000-0000-7000-8000-0000000000aa",
                    "target": "99",
                    "method": "time",
                    "missing": "ignore",
                }
            ],
            "starts_on": "1990-01-01",
        }
    )


@given(st.dates(date(1990, 1, 1), date(2199, 11, 30)))
def test_periods_follow_each_other_without_gap_or_overlap(long_terms: Terms, day: date) -> None:
    period = period_of(long_terms, day)
    assert period is not None
    following = scheduled(long_terms).period_at(period.end)
    assert following is not None
    assert period.end == following[1].start
    assert scheduled(long_terms).period_ending_at(period.end) == (following[0], period)
    assert local_day(long_terms, period.start).replace(day=1) == day.replace(day=1)
