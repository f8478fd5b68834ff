"""Time windows: OpenSLO's durations and calendars as the windows an objective can be judged over, and back."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sla.agreements.objectives import CalendarUnit, CalendarWindow, RollingWindow
from sla.hours.time_zones import load_zone
from sla.openslo.yaml_nodes import YamlNode

ObjectiveWindow = CalendarWindow | RollingWindow | None
REVIEW_PERIOD = "review_period"
MAX_SLICE_MINUTES = 1440
_LONGEST_ROLLING = 366

_SHORTHAND = re.compile(r"([1-9][0-9]{0,5})([mhdwMQY])")
_ROLLING = re.compile(r"rolling_([1-9][0-9]{0,2})_days")
_UNITS = {"M": CalendarUnit.CALENDAR_MONTH, "Q": CalendarUnit.CALENDAR_QUARTER, "Y": CalendarUnit.CALENDAR_YEAR}
_MINUTES = {"m": 1, "h": 60, "d": 1440}
_DAYS = {"d": 1, "w": 7}
_ABOUT = {"M": ("rolling_28_days", "rolling_30_days", "rolling_31_days"), "Q": ("rolling_90_days", "rolling_91_days")}
_WRITTEN = "a number and one of m, h, d, w, M, Q, Y, as 28d or 1M"


def parse_time_window(node: YamlNode) -> ObjectiveWindow:
    """Of `spec.timeWindow`; None is the review period of the agreement."""
    listed = list(node.items)
    if not listed:
        node.warn("is missing: the objective is judged over the review period of the agreement")
        return None
    if len(listed) > 1:
        node.refuse("must have exactly one item")
    first = listed[0]
    first.warn_unknown_fields("duration", "isRolling", "calendar")
    rolling, calendar = first["isRolling"].boolean() or False, first["calendar"]
    if rolling == bool(calendar):
        calendar.refuse("is given for a window that does not roll, and only for such a one")
    shape = _SHORTHAND.fullmatch(first["duration"].text())
    if shape is None:
        first["duration"].refuse(f"must be {_WRITTEN}")
        return None
    number, unit = int(shape[1]), shape[2]
    return _rolling(first["duration"], number, unit) if rolling else _aligned(first["duration"], number, unit)


def _rolling(node: YamlNode, number: int, unit: str) -> ObjectiveWindow:
    days = (
        Decimal(number * _MINUTES[unit]) / MAX_SLICE_MINUTES if unit in "mh" else Decimal(number * _DAYS.get(unit, 0))
    )
    if days and days == int(days) and days <= _LONGEST_ROLLING:
        return RollingWindow(rolling_days=int(days))
    if unit in _ABOUT and number == 1:
        asks = f"rolls over {node.value}, which has no fixed length in days: how many days are meant?"
        return _answer(node, asks, *_ABOUT[unit])
    return _answer(node, _in_minutes(node, "whole days up to 366"), "rolling_28_days", "rolling_30_days")


def _aligned(node: YamlNode, number: int, unit: str) -> ObjectiveWindow:
    if number == 1 and unit in _UNITS:
        return CalendarWindow(calendar=_UNITS[unit])
    if unit in _DAYS and number * _DAYS[unit] <= _LONGEST_ROLLING:
        rolling = f"rolling_{number * _DAYS[unit]}_days"
        asks = f"is aligned with the calendar every {node.value}, which is not offered: what is meant instead?"
        return _answer(node, asks, rolling, CalendarUnit.CALENDAR_MONTH, REVIEW_PERIOD)
    asks = _in_minutes(node, "one calendar month, quarter or year")
    return _answer(node, asks, CalendarUnit.CALENDAR_MONTH, REVIEW_PERIOD)


def _in_minutes(node: YamlNode, offered: str) -> str:
    text = str(node.value)
    if text.endswith("m"):
        return f"{text} are minutes, months would be {text[:-1]}M; windows are {offered}: what is meant?"
    return f"{text} is not offered, windows are {offered}: what is meant?"


def _answer(node: YamlNode, asks: str, *options: str) -> ObjectiveWindow:
    """Any window can be an answer; the options are the likely ones."""
    given = node.ask(asks, *options)
    if given is None or given == REVIEW_PERIOD:
        return None
    if given in set(CalendarUnit):
        return CalendarWindow(calendar=CalendarUnit(given))
    rolling = _ROLLING.fullmatch(given)
    if rolling and int(rolling[1]) <= _LONGEST_ROLLING:
        return RollingWindow(rolling_days=int(rolling[1]))
    node.refuse(f"{given[:40]!r} is no answer; answer one of {', '.join(options)}, or rolling_N_days")
    return None


def parse_time_zone(node: YamlNode) -> str | None:
    """Of the calendar in `spec.timeWindow`, which is that of the service hours then."""
    calendar = next((one["calendar"] for one in node.items), None)
    if not calendar:
        return None
    calendar.warn_unknown_fields("startTime", "timeZone")
    _check_start(calendar["startTime"])
    name = calendar["timeZone"].text()
    try:
        return load_zone(name).key
    except ValueError as error:
        calendar["timeZone"].refuse(str(error))
        return None


def _check_start(node: YamlNode) -> None:
    text = node.text()
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        node.refuse("must be a date and a time, as 2022-01-01 00:00:00")
        return
    if start.tzinfo is not None:
        node.warn("is a local time of timeZone, its offset is not read")
    if start.time() != time.min or start.day != 1:
        node.warn("is not read: windows begin at midnight of the first day of the month, quarter or year")


def parse_slice_minutes(node: YamlNode) -> int:
    """Of `timeSliceWindow`: a number of minutes, or a duration."""
    amount = node.value
    if isinstance(amount, str) and (shape := _SHORTHAND.fullmatch(amount)) and shape[2] in _MINUTES:
        if shape[2] == "m":
            node.warn(f"{amount} is read in minutes, as the specification defines m; months would be M")
        amount = int(shape[1]) * _MINUTES[shape[2]]
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= MAX_SLICE_MINUTES:
        node.refuse(f"must be 1 to {MAX_SLICE_MINUTES} minutes, as 5, 5m, 1h or 1d")
        return 1
    return amount


def format_time_window(
    over: ObjectiveWindow, review_period: CalendarUnit, starts_on: date, timezone: str
) -> dict[str, Any]:
    """The item of `spec.timeWindow`."""
    if isinstance(over, RollingWindow):
        return {"duration": f"{over.rolling_days}d", "isRolling": True}
    unit = over.calendar if over else review_period
    letter = next(letter for letter, known in _UNITS.items() if known is unit)
    month = {"M": starts_on.month, "Q": (starts_on.month - 1) // 3 * 3 + 1, "Y": 1}[letter]
    start = f"{date(starts_on.year, month, 1)} 00:00:00"
    return {"duration": f"1{letter}", "isRolling": False, "calendar": {"startTime": start, "timeZone": timezone}}
