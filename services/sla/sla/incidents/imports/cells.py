"""Cells of exports: times, priorities and states as service desks write them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sla.incidents.history import IncidentEventKind

DateOrder = Literal["year_first", "day_first", "month_first"]
PLACES: dict[DateOrder, tuple[int, int, int]] = {
    "year_first": (0, 1, 2),
    "day_first": (2, 1, 0),
    "month_first": (2, 0, 1),
}
"""Where year, month and day stand."""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PRIORITIES = {
    1: ("critical", "blocker", "highest", "very high", "major", "urgent"),
    2: ("high",),
    3: ("moderate", "medium", "normal"),
    4: ("low", "minor"),
    5: ("planning", "lowest", "very low", "trivial"),
}
"""The words of ServiceNow, Jira and GLPI."""
STATES: dict[str, IncidentEventKind | None] = {
    "new": None,
    "open": None,
    "to do": None,
    "active": IncidentEventKind.ACKNOWLEDGED,
    "in progress": IncidentEventKind.ACKNOWLEDGED,
    "processing": IncidentEventKind.ACKNOWLEDGED,
    "on hold": IncidentEventKind.PAUSED,
    "pending": IncidentEventKind.PAUSED,
    "resolved": IncidentEventKind.RESOLVED,
    "solved": IncidentEventKind.RESOLVED,
    "done": IncidentEventKind.RESOLVED,
    "closed": IncidentEventKind.CLOSED,
    "canceled": IncidentEventKind.CANCELLED,
    "cancelled": IncidentEventKind.CANCELLED,
}
WAITING = ("awaiting", "waiting", "on hold", "pending")
"""The beginnings of states in which an incident is paused, with the state as the reason."""
_TIME = re.compile(
    r"(\d{1,4}|[a-z]{3,9})[-/. ](\d{1,2}|[a-z]{3,9})[-/. ](\d{1,4})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6})\d*)?)?\s*([ap]m)?)?\s*(z|utc|[+-]\d{2}:?\d{2})?",
    re.ASCII | re.IGNORECASE,
)


def read_time(text: str, order: DateOrder, zone: ZoneInfo | None) -> datetime:
    """Read a time, in UTC; one without an offset is local to the zone, the earlier one where clocks were put back.

    Raise ValueError with what is wrong.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError("must be a time, as 2026-02-03 12:00")
    fields = (match[1], match[2], match[3])
    places = _find_places(fields, order)
    year, month, day = (_to_number(fields[place]) for place in places)
    if places[0] and len(fields[places[0]]) == 2:  # noqa: PLR2004 - as Jira writes it: 3/Feb/26
        year += 2000
    hour, minute, second = (int(match[place] or 0) for place in (4, 5, 6))
    if match[8]:
        hour = hour % 12 + (12 if match[8].lower() == "pm" else 0)
    microsecond = int((match[7] or "").ljust(6, "0"))
    with _within_calendar():
        local = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 - the zone follows
    return _to_utc(local, match[9], zone)


@contextmanager
def _within_calendar() -> Iterator[None]:
    """Say of a day, a time or an offset that there is none like it."""
    try:
        yield
    except (ValueError, OverflowError):
        raise ValueError("is no day or time of the calendar: see `dates`") from None


def _find_places(fields: tuple[str, ...], order: DateOrder) -> tuple[int, int, int]:
    """Return where year, month and day stand: where they show it, by themselves."""
    if len(fields[0]) == 4 and fields[0].isdigit():  # noqa: PLR2004 - a year has four digits
        return PLACES["year_first"]
    return PLACES["day_first" if order == "year_first" and not fields[1].isdigit() else order]


def _to_number(text: str) -> int:
    if not text.isdigit():
        if text[:3].lower() not in MONTHS:
            raise ValueError("has a month that is written in another language than English")
        return MONTHS.index(text[:3].lower()) + 1
    return int(text)


def _to_utc(local: datetime, offset: str | None, zone: ZoneInfo | None) -> datetime:
    if offset and offset.lower() in ("z", "utc"):
        return local.replace(tzinfo=UTC)
    if offset:
        with _within_calendar():
            return datetime.fromisoformat(f"{local.isoformat()}{offset[:3]}:{offset[-2:]}").astimezone(UTC)
    if zone is None:
        raise ValueError("has no offset: name the `zone` of the file's times")
    with _within_calendar():
        instant = local.replace(tzinfo=zone).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"is no time of {zone.key}: clocks were put forward over it")
    return instant


def read_priority(text: str, priorities: Mapping[str, int]) -> int:
    """Read a priority by what the request says of it, by its number at the beginning, or by its word."""
    word = text.strip().lower()
    if word in priorities:
        return priorities[word]
    match = re.fullmatch(r"p?([1-5])\b.*", word)
    if match:
        return int(match[1])
    for priority, words in PRIORITIES.items():
        if word in words:
            return priority
    raise ValueError("is no priority that is known: say what it means with `priorities`")


def interpret_state(text: str, states: Mapping[str, IncidentEventKind | None]) -> IncidentEventKind | None:
    """Read what an incident enters a state by; None if by its opening alone. Raise ValueError."""
    word = text.strip().lower()
    if word in states:
        return states[word]
    if word.startswith(WAITING):
        return IncidentEventKind.PAUSED
    if word in STATES:
        return STATES[word]
    raise ValueError("is no state that is known: say what it means with `states`")
