"""Service hours that too few supporting agreements cover, and when in the week they come."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from common.dates import ONE_DAY
from sla.chains.feasibility_reasons import Feasibility, FeasibilityReason, FeasibilitySubject, format_hours
from sla.chains.supporting_agreements import ServiceChain
from sla.hours.calendar import WEEKDAYS
from sla.hours.spans import Span, difference, to_datetime, to_microseconds, total_length, union
from sla.hours.time_zones import load_zone, start_of_day

MAX_STRETCHES = 5
"""How many stretches of the week a sentence names, the longest ones."""


class UncoveredHours(NamedTuple):
    """The same stretch of the local day, on one weekday again and again, or on one date."""

    weekday: str
    from_: str
    to: str
    times: int
    first_on: date
    length: int
    """Microseconds in all."""

    @property
    def description(self) -> str:
        days = f"on {self.first_on:%a %d %b %Y}" if self.times == 1 else f"{self.weekday} ({self.times} times)"
        return f"{days} {self.from_} to {self.to}"


def service_hour_reasons(chain: ServiceChain) -> Iterator[FeasibilityReason]:
    service_hours = chain.service_hours_in_year(chain.terms)
    for part in chain.parts:
        support = [chain.service_hours_in_year(agreement.terms) for agreement in part.agreements]
        uncovered = compute_uncovered(service_hours, support, part.needed)
        if not uncovered:
            sentence = f"{part.name} is supported in all service hours."
            yield FeasibilityReason(FeasibilitySubject.SERVICE_HOURS, Feasibility.FEASIBLE, sentence)
            continue
        stretches = group_by_weekday(uncovered, load_zone(chain.terms.service_hours.timezone))
        missing, promised = format_hours(total_length(uncovered)), format_hours(total_length(service_hours))
        sentence = (
            f"{part.name} is not supported in {missing} of the {promised} service hours from {chain.terms.starts_on}, "
            f"most of them {', '.join(stretch.description for stretch in stretches[:MAX_STRETCHES])}."
        )
        figures = {"uncovered_hours": missing, "service_hours": promised}
        yield FeasibilityReason(FeasibilitySubject.SERVICE_HOURS, Feasibility.AT_RISK, sentence, figures)


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


def group_by_weekday(spans: Sequence[Span], zone: ZoneInfo) -> list[UncoveredHours]:
    """Group spans that come at the same local time of the same weekday, the longest in all first."""
    pieces = defaultdict[tuple[int, str, str], list[tuple[date, int]]](list)
    for day, start, end, length in _split_at_midnight(spans, zone):
        pieces[day.weekday(), start, end].append((day, length))
    uncovered = [
        UncoveredHours(WEEKDAYS[weekday], start, end, len(days), days[0][0], sum(length for _, length in days))
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
