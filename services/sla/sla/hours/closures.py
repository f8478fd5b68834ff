"""Closures: local time taken out of the service hours, once or every year."""

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from sla.hours.spans import Span, to_microseconds


class ClosureEdge(NamedTuple):
    """The start or end of a closure: a time on a local date, which has no year if it comes back every year."""

    year: int | None
    month: int
    day: int
    time: int
    """Microseconds after local midnight; a whole day marks the end of the date."""

    def to_wall_microseconds(self, year: int) -> int:
        """Return wall microseconds. Where 29 February is missing, its time shrinks to the instant before 1 March."""
        if (self.month, self.day) == (2, 29) and not isleap(year):
            return to_microseconds(datetime(year, 3, 1, tzinfo=UTC))
        return to_microseconds(datetime(year, self.month, self.day, tzinfo=UTC)) + self.time


class ClosureSource(Protocol):
    """A source of local time that is taken out of the service hours."""

    def wall_spans(self, first_year: int, last_year: int) -> Iterator[Span]:
        """Return what it takes out of at least these years, in wall microseconds."""


@dataclass(frozen=True, slots=True)
class Closure:
    start: ClosureEdge
    end: ClosureEdge
    """Exclusive. Both edges have a year, or neither has."""

    def wall_spans(self, first_year: int, last_year: int) -> Iterator[Span]:
        """Return the closure in wall microseconds, each time it comes back in one of the years."""
        if self.start.year is not None and self.end.year is not None:
            yield Span(self.start.to_wall_microseconds(self.start.year), self.end.to_wall_microseconds(self.end.year))
            return
        year_turns = int(self.end[1:] < self.start[1:])  # over New Year
        for year in range(first_year - 1, last_year + 1):
            yield Span(self.start.to_wall_microseconds(year), self.end.to_wall_microseconds(year + year_turns))
