"""Figures and times as people read them. Nothing is rounded up: 99.9996 is not 100. Pure."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from common.currencies import decimal_places
from common.representations import percentages
from common.representations.percentages import MISSING, NBSP
from console.frame.months import Month

SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SECONDS_PER_MINUTE = 60
MINUTES_PER_HOUR = 60
HOURS_PER_DAY = 24


def format_number(value: str | float | Decimal, places: int = 4) -> str:
    """Format a number without trailing zeros, cut."""
    return percentages.format_number(Decimal(str(value)), places)


def format_count(value: float) -> str:
    """Format a whole number in groups of three digits."""
    return f"{value:,}"


def format_percent(value: str | float | Decimal | None, places: int = 4) -> str:
    return percentages.format_percent(None if value is None else Decimal(str(value)), places)


def format_money(amount: str | float | Decimal, currency: str) -> str:
    return f"{Decimal(str(amount)):,.{decimal_places(currency)}f}{NBSP}{currency}"


def format_day(value: str | date | None) -> str:
    """Format a day, or the day of an instant, written as ISO 8601."""
    if not value:
        return MISSING
    day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    return f"{day.day}{NBSP}{SHORT_MONTHS[day.month - 1]}{NBSP}{day.year}"


def format_day_in(value: str, zone: str) -> str:
    """Format the day of an instant on the calendar of a zone."""
    return format_day(datetime.fromisoformat(value).astimezone(ZoneInfo(zone)).date())


def format_last_day_in(end: str, zone: str) -> str:
    """Format the last day of a time whose end is not part of it."""
    return format_day((datetime.fromisoformat(end).astimezone(ZoneInfo(zone)) - timedelta.resolution).date())


def format_minute(value: str | datetime | None) -> str:
    if not value:
        return MISSING
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    zone = instant.tzname() or "UTC"
    return f"{format_day(instant.date())}, {instant:%H:%M}{NBSP}{'UTC' if zone == 'UTC+00:00' else zone}"


def format_period(key: str) -> str:
    """Format a review period, such as 2026-10 or 2026-Q4."""
    if month := Month.parse(key):
        return month.title
    year, _, quarter = key.partition("-Q")
    return f"Quarter {quarter} of {year}" if quarter else key


def format_duration(value: timedelta) -> str:
    """Format a duration in its two largest units, as 5 days or 1 hour 30 minutes."""
    minutes = int(abs(value).total_seconds()) // SECONDS_PER_MINUTE
    hours, minutes = divmod(minutes, MINUTES_PER_HOUR)
    days, hours = divmod(hours, HOURS_PER_DAY)
    units = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    parts = [f"{count}{NBSP}{unit}{'' if count == 1 else 's'}" for count, unit in units if count][:2]
    return " ".join(parts) or f"0{NBSP}minutes"


FILTERS: dict[str, Callable[..., Any]] = {
    "number": format_number,
    "thousands": format_count,
    "percent": format_percent,
    "money": format_money,
    "day": format_day,
    "day_in": format_day_in,
    "last_day_in": format_last_day_in,
    "minute": format_minute,
    "period": format_period,
    "duration": format_duration,
}
