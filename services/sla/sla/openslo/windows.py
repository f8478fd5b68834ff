"""Time windows: reading OpenSLO's durations and calendars as windows of objectives, and writing them."""

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
    """Parse `spec.timeWindow`; return None for the review period of the agreement."""
    listed = list(node.items)
    if not listed:
        node.warn("is missing, so the objective covers the review period of the agreement")
        return None
    if len(listed) > 1:
        node.refuse("must have exactly one item")
    first = listed[0]
    first.warn_unknown_fields("duration", "isRolling", "calendar")
    rolling, calendar = first["isRolling"].boolean() or False, first["calendar"]
    if rolling == bool(calendar):
        calendar.refuse("must be given if the window does not roll, and only then")
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
        question = f"rolls over {node.value}, which has no fixed number of days: how many are meant?"
        return _ask_for_window(node, question, *_ABOUT[unit])
    return _ask_for_window(node, _in_minutes(node, "whole days up to 366"), "rolling_28_days", "rolling_30_days")


def _aligned(node: YamlNode, number: int, unit: str) -> ObjectiveWindow:
    if number == 1 and unit in _UNITS:
        return CalendarWindow(calendar=_UNITS[unit])
    if unit in _DAYS and number * _DAYS[unit] <= _LONGEST_ROLLING:
        rolling = f"rolling_{number * _DAYS[unit]}_days"
        question = f"is aligned with the calendar every {node.value}, which is not supported: what is meant instead?"
        return _ask_for_window(node, question, rolling, CalendarUnit.CALENDAR_MONTH, REVIEW_PERIOD)
    question = _in_minutes(node, "one calendar month, quarter or year")
    return _ask_for_window(node, question, CalendarUnit.CALENDAR_MONTH, REVIEW_PERIOD)


def _in_minutes(node: YamlNode, offered: str) -> str:
    text = str(node.value)
    if text.endswith("m"):
        return f"{text} means minutes, months are {text[:-1]}M; windows are {offered}: what is meant?"
    return f"{text} is not supported, windows are {offered}: what is meant?"


def _ask_for_window(node: YamlNode, question: str, *options: str) -> ObjectiveWindow:
    """Ask for a window; the options are likely ones, but any window is an answer."""
    answer = node.ask(question, *options)
    if answer is None or answer == REVIEW_PERIOD:
        return None
    if answer in set(CalendarUnit):
        return CalendarWindow(calendar=CalendarUnit(answer))
    rolling = _ROLLING.fullmatch(answer)
    if rolling and int(rolling[1]) <= _LONGEST_ROLLING:
        return RollingWindow(rolling_days=int(rolling[1]))
    node.refuse(f"{answer[:40]!r} is no answer; answer one of {', '.join(options)}, or rolling_N_days")
    return None


def parse_time_zone(node: YamlNode) -> str | None:
    """Parse the time zone of the calendar in `spec.timeWindow`, which becomes that of the service hours."""
    calendar = next((window["calendar"] for window in node.items), None)
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
        node.warn("is read as a local time of timeZone, without its offset")
    if start.time() != time.min or start.day != 1:
        node.warn("is not read, because windows begin at midnight of the first day of the month, quarter or year")


def parse_slice_minutes(node: YamlNode) -> int:
    """Parse `timeSliceWindow`, a number of minutes or a duration."""
    amount = node.value
    if isinstance(amount, str) and (shape := _SHORTHAND.fullmatch(amount)) and shape[2] in _MINUTES:
        if shape[2] == "m":
            node.warn(f"{amount} is read as minutes, as the specification defines m; months are M")
        amount = int(shape[1]) * _MINUTES[shape[2]]
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount <= MAX_SLICE_MINUTES:
        node.refuse(f"must be 1 to {MAX_SLICE_MINUTES} minutes, as 5, 5m, 1h or 1d")
        return 1
    return amount


def format_time_window(
    over: ObjectiveWindow, review_period: CalendarUnit, starts_on: date, timezone: str
) -> dict[str, Any]:
    """Format the item of `spec.timeWindow`."""
    if isinstance(over, RollingWindow):
        return {"duration": f"{over.rolling_days}d", "isRolling": True}
    unit = over.calendar if over else review_period
    letter = next(letter for letter, candidate in _UNITS.items() if candidate is unit)
    month = {"M": starts_on.month, "Q": (starts_on.month - 1) // 3 * 3 + 1, "Y": 1}[letter]
    start = f"{date(starts_on.year, month, 1)} 00:00:00"
    return {"duration": f"1{letter}", "isRolling": False, "calendar": {"startTime": start, "timeZone": timezone}}
