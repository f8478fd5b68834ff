"""Review periods: calendar months in the zone of the service hours, cut to the days the terms run."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.agreements.terms import Terms


class Period(NamedTuple):
    """Half-open in time: `start` belongs to it, `end` to the next one. Both are UTC instants."""

    key: str
    """The calendar month, 2026-11."""
    start: datetime
    end: datetime
    first_day: date


def local_day(terms: Terms, instant: datetime) -> date:
    return instant.astimezone(_zone(terms)).date()


def period_of(terms: Terms, day: date) -> Period | None:
    """The period that holds `day`; null when the terms do not run on any day of that month."""
    month = day.replace(day=1)
    first = max(month, terms.starts_on)
    after = _next_month(month)
    if terms.ends_on is not None:
        after = min(after, terms.ends_on + timedelta(days=1))
    if first >= after:
        return None
    return Period(f"{month:%Y-%m}", _midnight(terms, first), _midnight(terms, after), first)


def first_period(terms: Terms) -> Period:
    period = period_of(terms, terms.starts_on)
    if period is None:
        raise AssertionError("terms run on the day they start on")
    return period


def period_after(terms: Terms, period: Period) -> Period | None:
    """The next period; null when the terms end with this one."""
    return period_of(terms, _next_month(period.first_day))


def period_ending(terms: Terms, end: datetime) -> Period | None:
    """The period whose exclusive end this is."""
    return period_of(terms, local_day(terms, end - timedelta(microseconds=1)))


def periods_until(terms: Terms, instant: datetime) -> Iterator[Period]:
    """Every period of the terms that is over at `instant`, oldest first."""
    period: Period | None = first_period(terms)
    while period is not None and period.end <= instant:
        yield period
        period = period_after(terms, period)


def _zone(terms: Terms) -> ZoneInfo:
    return ZoneInfo(terms.service_hours.timezone)


def _midnight(terms: Terms, day: date) -> datetime:
    return datetime.combine(day, time.min, _zone(terms)).astimezone(UTC)


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
