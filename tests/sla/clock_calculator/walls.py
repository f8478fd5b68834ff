"""Calendars drawn around jumps of the wall clock, and a slow and obvious look at the wall."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sla.hours.calendar import WEEKDAYS

# Around jumps of the wall clock: an hour, half an hour, at midnight, a whole day, negative daylight saving.
PLACES = [
    ("Europe/Paris", "2025-03-29"),
    ("Europe/Paris", "2025-10-25"),
    ("America/New_York", "2026-10-31"),
    ("Australia/Lord_Howe", "2025-04-05"),
    ("America/Sao_Paulo", "2018-11-02"),
    ("America/Sao_Paulo", "2018-02-16"),
    ("Pacific/Apia", "2011-12-28"),
    ("Africa/Casablanca", "2025-02-22"),
    ("Asia/Beirut", "2024-03-29"),
    ("Europe/Dublin", "2025-10-25"),
    ("Pacific/Chatham", "2025-09-26"),
    ("Asia/Kathmandu", "2024-02-27"),
    ("UTC", "2025-12-30"),
]


def wall_time(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@st.composite
def shifts(draw: st.DrawFn) -> list[str]:
    start = draw(st.integers(0, 95))
    end = draw(st.integers(0, 96).filter(lambda quarter: quarter != start))
    return [wall_time(start), wall_time(end)]


@st.composite
def closures(draw: st.DrawFn, day: datetime) -> dict[str, Any]:
    yearly = draw(st.booleans())
    first = day + timedelta(days=draw(st.integers(-2, 4)))
    last = first + timedelta(days=draw(st.integers(0, 3)))
    form = "%m-%d" if yearly else "%Y-%m-%d"
    closure = {"from": f"{first:{form}}", "to": f"{last:{form}}"}
    if draw(st.booleans()) and first < last:
        closure = {key: f"{date}T{wall_time(draw(st.integers(0, 96)))}" for key, date in closure.items()}
    return closure | ({"every": "year"} if yearly else {})


def calendars(draw: st.DrawFn, zone: str, morning: datetime) -> dict[str, Any]:
    return {
        "timezone": zone,
        "hours": draw(
            st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(shifts(), min_size=1, max_size=3), min_size=1)
        ),
        "closures": draw(st.lists(closures(morning), max_size=3)),
    }


def read_wall(calendar: dict[str, Any], instant: datetime) -> tuple[bool, bool]:
    """Return whether the wall shows a time inside the hours, and inside a closure."""
    local = instant.astimezone(ZoneInfo(calendar["timezone"]))
    time, today, before = f"{local:%H:%M}", WEEKDAYS[local.weekday()], WEEKDAYS[local.weekday() - 1]
    hours = calendar["hours"]
    scheduled = any(start <= time < end or end < start <= time for start, end in hours.get(today, ()))
    scheduled |= any(time < end < start for start, end in hours.get(before, ()))
    return scheduled, any(is_closed(closure, local) for closure in calendar["closures"])


def is_closed(closure: dict[str, Any], local: datetime) -> bool:
    local_time = f"{local:%m-%dT%H:%M}" if "every" in closure else f"{local:%Y-%m-%dT%H:%M}"
    start = closure["from"] if "T" in closure["from"] else closure["from"] + "T00:00"
    end = closure["to"] if "T" in closure["to"] else closure["to"] + "T24:00"
    inside: bool = start <= local_time < end if start <= end else local_time >= start or local_time < end
    return inside
