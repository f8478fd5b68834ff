"""Calendar months, quarters and years as review periods, in the zone of the service hours."""

import re
from calendar import monthrange
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.agreements.objectives import CalendarUnit
from sla.agreements.terms import Terms
from sla.hours import time_zones
from sla.hours.time_zones import load_zone, to_local_date

MONTHS_PER_UNIT = {CalendarUnit.CALENDAR_MONTH: 1, CalendarUnit.CALENDAR_QUARTER: 3, CalendarUnit.CALENDAR_YEAR: 12}
_KEY = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])(?:-([0-9]{2}))?))?", re.ASCII)


class ReviewPeriod(NamedTuple):
    """Half-open in time: `start` belongs to it, `end` to the next one. Both are UTC instants."""

    key: str
    """Of its calendar unit, 2026-11, 2026-Q4 or 2026; or its first day, for a later part of a unit that is cut."""
    start: datetime
    end: datetime
    first_day: date


class CalendarPeriod(NamedTuple):
    key: str
    first_day: date
    day_after: date
    """The first day of the next unit."""


def calendar_period_of(day: date, unit: CalendarUnit) -> CalendarPeriod:
    """The month, quarter or year that holds the day."""
    months = MONTHS_PER_UNIT[unit]
    first = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    names = {
        CalendarUnit.CALENDAR_MONTH: f"{first:%Y-%m}",
        CalendarUnit.CALENDAR_QUARTER: f"{first:%Y}-Q{first.month // 3 + 1}",
        CalendarUnit.CALENDAR_YEAR: f"{first:%Y}",
    }
    return CalendarPeriod(names[unit], first, months_after(first, months))


def parse_period_key(key: str) -> date:
    """The first day of what a period's key names. ValueError: it names nothing."""
    parts = _KEY.fullmatch(key)
    if parts is None:
        raise ValueError("is not the key of a review period, such as 2026-10, 2026-Q4, 2026 or 2026-10-16")
    year, quarter, month, day = parts.groups()
    return date(int(year), int(quarter) * 3 - 2 if quarter else int(month or 1), int(day or 1))


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a month that is too short for it."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def local_day(terms: Terms, instant: datetime) -> date:
    return to_local_date(instant, _zone(terms))


def midnight(terms: Terms, day: date) -> datetime:
    """The instant at which the day begins where the service hours are, UTC."""
    return time_zones.start_of_day(day, _zone(terms))


def _zone(terms: Terms) -> ZoneInfo:
    return load_zone(terms.service_hours.timezone)
