"""Time windows: reading OpenSLO's durations as windows of objectives, and writing them."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import CalendarUnit, CalendarWindow, RollingWindow

ObjectiveWindow = CalendarWindow | RollingWindow | None
"""None is the review period of the agreement."""

_DURATION = re.compile(r"[1-9][0-9]{0,5}[mhdwMQY]")
_DAY = 1440
_MINUTES = {"m": 1, "h": 60, "d": _DAY, "w": 7 * _DAY, "M": 30 * _DAY, "Q": 91 * _DAY, "Y": 365 * _DAY}
_CALENDAR_UNITS = dict(zip(("1M", "1Q", "1Y"), CalendarUnit, strict=True))
_SAME_AS = {"3M": "1Q", "12M": "1Y", "4Q": "1Y"}
_MONTHS = {CalendarUnit.CALENDAR_MONTH: 1, CalendarUnit.CALENDAR_QUARTER: 3, CalendarUnit.CALENDAR_YEAR: 12}
_MAX_ROLLING_DAYS = 366


def read_time_window(duration: str, *, is_rolling: bool) -> tuple[ObjectiveWindow, str]:
    """Return the window, and a warning if it differs from the duration. Raise ValueError if no window is near it."""
    if duration == "1m":  # an example of the specification once wrote a month so
        return read_time_window("1M", is_rolling=is_rolling)[0], "1m means one minute, and is read as one month, 1M"
    if not _DURATION.fullmatch(duration):
        raise ValueError("must be a number and one of m, h, d, w, M, Q, Y, as 28d or 1M")
    same = _SAME_AS.get(duration, duration)
    if not is_rolling and same in _CALENDAR_UNITS:
        return CalendarWindow(calendar=_CALENDAR_UNITS[same]), ""
    unit = same[-1]
    days, rest = divmod(int(same[:-1]) * _MINUTES[unit], _DAY)
    if rest or days > _MAX_ROLLING_DAYS or not (is_rolling or unit in "dw"):
        raise ValueError("must be one calendar month, quarter or year (1M, 1Q, 1Y), or roll over 1 to 366 whole days")
    is_exact = is_rolling and unit not in "MQY"
    warning = "" if is_exact else f"{duration} is read as {days} rolling days, because no window is exactly like it"
    return RollingWindow(rolling_days=days), warning


def read_start(text: str) -> datetime:
    """Read the wall-clock time of a calendar's start. Raise ValueError if it is none."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        raise ValueError("must be a day and a time, as 2026-01-01 00:00:00") from None


def first_start_of(window: ObjectiveWindow, start: datetime) -> datetime | None:
    """Return when the calendar window around `start` begins; a rolling window begins nowhere."""
    if not isinstance(window, CalendarWindow):
        return None
    months = _MONTHS[window.calendar]
    return datetime(start.year, (start.month - 1) // months * months + 1, 1)  # noqa: DTZ001 - wall-clock time


def describe_other_start(unit: CalendarUnit, start: datetime) -> str:
    """Say what to do about a year or quarter of a company's own, which the calendar does not have."""
    begins = {
        CalendarUnit.CALENDAR_QUARTER: "a quarter begins on the first of January, April, July or October",
        CalendarUnit.CALENDAR_YEAR: "a year begins on 1 January",
    }
    days = _MINUTES[{CalendarUnit.CALENDAR_QUARTER: "Q", CalendarUnit.CALENDAR_YEAR: "Y"}[unit]] // _DAY
    return (
        f"is {start}, but {begins[unit]}, and fiscal ones are not supported: "
        f"change the start, or let the window roll with the duration {days}d"
    )


def read_slice_minutes(slice_window: Any) -> int:
    """Read `timeSliceWindow`, which is a number of minutes or a duration."""
    if isinstance(slice_window, str) and _DURATION.fullmatch(slice_window):
        slice_window = Decimal(slice_window[:-1]) * _MINUTES[slice_window[-1]]
    if not isinstance(slice_window, Decimal) or not 0 < slice_window <= _DAY or slice_window % 1:
        raise ValueError(f"must be 1 to {_DAY} minutes, as 5, 5m, 1h or 1d")
    return int(slice_window)


def format_time_window(
    window: ObjectiveWindow, review_period: CalendarUnit, starts_on: date, timezone: str
) -> dict[str, Any]:
    """Format the item of `spec.timeWindow`."""
    if isinstance(window, RollingWindow):
        return {"duration": f"{window.rolling_days}d", "isRolling": True}
    unit = window.calendar if window else review_period
    duration = next(duration for duration, candidate in _CALENDAR_UNITS.items() if candidate is unit)
    month = {"1M": starts_on.month, "1Q": (starts_on.month - 1) // 3 * 3 + 1, "1Y": 1}[duration]
    start = f"{date(starts_on.year, month, 1)} 00:00:00"
    return {"duration": duration, "isRolling": False, "calendar": {"startTime": start, "timeZone": timezone}}
