"""Service hours that too few supporting agreements cover, and when in the week they come."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from common.dates import ONE_DAY
from sla.hours.calendar import WEEKDAYS
from sla.hours.spans import MINUTE, Span, difference, to_datetime, to_microseconds, union
from sla.hours.time_zones import start_of_day

MAX_UNCOVERED_SHOWN = 20


class UncoveredHours(NamedTuple):
    """The same stretch of the local day, on one weekday again and again, or on one date."""

    part: str
    weekday: str
    from_: str
    to: str
    times: int
    first_on: date
    length: int
    """Microseconds in all."""

    @property
    def minutes(self) -> int:
        return self.length // MINUTE

    @property
    def description(self) -> str:
        days = f"on {self.first_on:%a %d %b %Y}" if self.times == 1 else f"{self.weekday} ({self.times} times)"
        return f"{days} {self.from_} to {self.to}"


def compute_uncovered(service_hours: Sequence[Span], support: Sequence[Sequence[Span]], needed: int) -> list[Span]:
    """Return the part of the service hours in which fewer than `needed` of the supports are in service."""
    return difference(service_hours, _overlap(support, needed))


def _overlap(support: Sequence[Sequence[Span]], needed: int) -> list[Span]:
    """Return the time in which at least `needed` of the supports are in service."""
    edges = sorted((edge, step) for spans in support for span in spans for edge, step in ((span[0], 1), (span[1], -1)))
    overlap: list[Span] = []
    count, since = 0, 0
    for edge, step in edges:
        if count >= needed and edge > since:
            overlap.append(Span(since, edge))
        count, since = count + step, edge
    return union(overlap)


def group_by_weekday(part: str, spans: Sequence[Span], zone: ZoneInfo) -> list[UncoveredHours]:
    """Group spans that come at the same local time of the same weekday, the longest in all first."""
    pieces = defaultdict[tuple[int, str, str], list[tuple[date, int]]](list)
    for day, start, end, length in _split_at_midnight(spans, zone):
        pieces[day.weekday(), start, end].append((day, length))
    uncovered = [
        UncoveredHours(part, WEEKDAYS[weekday], start, end, len(days), days[0][0], sum(length for _, length in days))
        for (weekday, start, end), days in sorted(pieces.items())
    ]
    return sorted(uncovered, key=lambda hours: -hours.length)


def _split_at_midnight(spans: Sequence[Span], zone: ZoneInfo) -> Iterator[tuple[date, str, str, int]]:
    """Yield day, local start, local end and length of each piece between two local midnights."""
    for span in spans:
        start = span.start
        while start < span.end:
            local_start = to_datetime(start).astimezone(zone)
            end = min(span.end, to_microseconds(start_of_day(local_start.date() + ONE_DAY, zone)))
            local_end = to_datetime(end).astimezone(zone)
            to = "24:00" if local_end.date() > local_start.date() else f"{local_end:%H:%M}"
            yield local_start.date(), f"{local_start:%H:%M}", to, end - start
            start = end
