"""Calendar months, quarters and years as review periods, in the time zone of the service hours."""

import re
from contextlib import suppress
from datetime import date, datetime
from typing import NamedTuple

from common.dates import add_months
from sla.agreements.objectives import CalendarUnit
from sla.agreements.terms import Terms
from sla.hours.time_zones import load_zone, start_of_day, to_local_date

MONTHS_PER_UNIT = {CalendarUnit.CALENDAR_MONTH: 1, CalendarUnit.CALENDAR_QUARTER: 3, CalendarUnit.CALENDAR_YEAR: 12}
_KEY = re.compile(r"((?:19|20|21)[0-9]{2})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])(?:-([0-9]{2}))?))?", re.ASCII)


class ReviewPeriod(NamedTuple):
    """A time that one statement is about: `start` belongs to it, `end` to the next one. Both are UTC instants."""

    key: str
    """The calendar period, 2026-11, 2026-Q4 or 2026; or the first day, for a later part of one that is cut."""
    start: datetime
    end: datetime
    first_day: date


class CalendarPeriod(NamedTuple):
    """A calendar month, quarter or year."""

    key: str
    first_day: date
    day_after: date
    """The first day of the next one."""


def calendar_period_of(day: date, unit: CalendarUnit) -> CalendarPeriod:
    """Return the month, quarter or year that holds the day."""
    months = MONTHS_PER_UNIT[unit]
    first_day = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    return CalendarPeriod(_calendar_period_key(first_day, unit), first_day, add_months(first_day, months))


def _calendar_period_key(first_day: date, unit: CalendarUnit) -> str:
    if unit is CalendarUnit.CALENDAR_MONTH:
        return f"{first_day:%Y-%m}"
    if unit is CalendarUnit.CALENDAR_QUARTER:
        return f"{first_day:%Y}-Q{first_day.month // 3 + 1}"
    return f"{first_day:%Y}"


def parse_period_key(key: str) -> date:
    """Return the first day that a review period's key names; raise ValueError when it is no such key."""
    if fields := _KEY.fullmatch(key):
        year, quarter, month, day = fields.groups()
        with suppress(ValueError):  # no such day
            return date(int(year), int(quarter) * 3 - 2 if quarter else int(month or 1), int(day or 1))
    raise ValueError("is not the key of a review period, such as 2026-10, 2026-Q4, 2026 or 2026-10-16")


def local_day(terms: Terms, instant: datetime) -> date:
    return to_local_date(instant, load_zone(terms.service_hours.timezone))


def midnight(terms: Terms, day: date) -> datetime:
    """Return the UTC instant at which the day begins where the service hours are."""
    return start_of_day(day, load_zone(terms.service_hours.timezone))
