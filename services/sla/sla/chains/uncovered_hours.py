"""Hours in which something is promised that nobody else has promised, and when in the week they come."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sla.hours.calendar import WEEKDAYS
from sla.hours.spans import Span, difference, to_datetime, to_microseconds, union

MAX_UNCOVERED_SHOWN = 20


class UncoveredHours(NamedTuple):
    """The same stretch of the local day, on one weekday again and again, or on one date."""

    weekday: str
    from_: str
    to: str
    times: int
    first_on: date
    amount: int
    """Microseconds in all."""

    @property
    def description(self) -> str:
        when = f"on {self.first_on:%a %d %b %Y}" if self.times == 1 else f"{self.weekday} ({self.times} times)"
        return f"{when} {self.from_} to {self.to}"


def compute_uncovered(wanted: Sequence[Span], supports: Sequence[Sequence[Span]], needed: int) -> list[Span]:
    """The part of `wanted` in which less than `needed` of the supports are in service."""
    return difference(wanted, _at_least(supports, needed))


def _at_least(supports: Sequence[Sequence[Span]], needed: int) -> list[Span]:
    """Where at least so many of the sets of time overlap."""
    edges = sorted((edge, step) for spans in supports for span in spans for edge, step in ((span[0], 1), (span[1], -1)))
    found: list[Span] = []
    count, since = 0, 0
    for edge, step in edges:
        if count >= needed and edge > since:
            found.append(Span(since, edge))
        count, since = count + step, edge
    return union(found)


def group_by_weekday(spans: Sequence[Span], zone: ZoneInfo) -> list[UncoveredHours]:
    """What there is most of first."""
    times: Counter[tuple[int, str, str]] = Counter()
    amounts: Counter[tuple[int, str, str]] = Counter()
    first: dict[tuple[int, str, str], date] = {}
    for day, start, end, length in _days(spans, zone):
        key = (day.weekday(), start, end)
        times[key] += 1
        amounts[key] += length
        first.setdefault(key, day)
    ordered = sorted(times, key=lambda key: (-amounts[key], key))
    return [UncoveredHours(WEEKDAYS[key[0]], key[1], key[2], times[key], first[key], amounts[key]) for key in ordered]


def _days(spans: Sequence[Span], zone: ZoneInfo) -> list[tuple[date, str, str, int]]:
    """Cut at local midnight, with the times that the wall shows."""
    found: list[tuple[date, str, str, int]] = []
    for span in spans:
        start = span.start
        while start < span.end:
            here = to_datetime(start).astimezone(zone)
            end = min(span.end, _midnight_after(here, zone))
            there = to_datetime(end).astimezone(zone)
            to = "24:00" if there.date() > here.date() else f"{there:%H:%M}"
            found.append((here.date(), f"{here:%H:%M}", to, end - start))
            start = end
    return found


def _midnight_after(here: datetime, zone: ZoneInfo) -> int:
    return to_microseconds(datetime.combine(here.date() + timedelta(days=1), time.min, zone))
