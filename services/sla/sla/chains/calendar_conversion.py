"""Time on one calendar as it passes on another: eight office hours of a supplier may take three days of ours."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from sla.hours.spans import Span


class ElapsedRange(NamedTuple):
    """Microseconds on the other calendar, for the luckiest and the unluckiest start."""

    shortest: int
    longest: int


class CalendarClock:
    """A clock that runs in the service hours of a calendar."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.starts = [span.start for span in spans]
        self.lengths = [span.end - span.start for span in spans]
        self.elapsed_before = [0]
        for length in self.lengths:
            self.elapsed_before.append(self.elapsed_before[-1] + length)

    def elapsed_at(self, position: int) -> int:
        place = bisect_right(self.starts, position) - 1
        return 0 if place < 0 else self.elapsed_before[place] + min(position - self.starts[place], self.lengths[place])

    def instant_of(self, elapsed: int) -> int | None:
        """Return the first instant at which so much has elapsed, or None where the calendar ends before."""
        if not 0 < elapsed <= self.elapsed_before[-1]:
            return None
        place = bisect_right(self.elapsed_before, elapsed - 1) - 1
        return self.starts[place] + elapsed - self.elapsed_before[place]

    def is_running_at(self, position: int) -> bool:
        place = bisect_right(self.starts, position) - 1
        return place >= 0 and position < self.starts[place] + self.lengths[place]


def compute_elapsed_range(
    duration: int, on: Sequence[Span], seen_on: Sequence[Span], window: Span
) -> ElapsedRange | None:
    """Return how long a duration on the calendar `on` lasts on the calendar `seen_on`.

    It may start at any instant in the window at which `seen_on` runs; both calendars reach beyond the window. None: the
    calendar `on` ends before.
    """
    clock, other_clock = CalendarClock(on), CalendarClock(seen_on)
    elapsed: list[int] = []
    for start in _turning_points(on, seen_on, duration, clock, window):
        due = clock.instant_of(clock.elapsed_at(start) + duration)
        if due is None:
            return None
        elapsed.append(other_clock.elapsed_at(due) - other_clock.elapsed_at(start))
    return ElapsedRange(min(elapsed), max(elapsed)) if elapsed else None


def _turning_points(
    on: Sequence[Span], seen_on: Sequence[Span], duration: int, clock: CalendarClock, window: Span
) -> list[int]:
    """Return the starts between which the elapsed time changes evenly.

    Either calendar begins or ends there, at the start or when it is due. The elapsed time may jump there, so the starts
    just before and after are included.
    """
    edges = {edge for span in (*on, *seen_on) for edge in span}
    starts_due_at_edges = {clock.instant_of(clock.elapsed_at(edge) - duration) for edge in edges}
    turns = {window.start, window.end} | edges | {start for start in starts_due_at_edges if start is not None}
    other_clock = CalendarClock(seen_on)
    starts = {turn + step for turn in turns for step in (-1, 0, 1)}
    return [start for start in starts if window.start <= start < window.end and other_clock.is_running_at(start)]
