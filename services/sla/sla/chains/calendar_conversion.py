"""Time on one calendar as it passes on another: eight office hours of a supplier may take three days of ours."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sla.hours.spans import Span

Microseconds = NDArray[np.int64]


class ElapsedRange(NamedTuple):
    """Microseconds on the other calendar, for the luckiest and the unluckiest start."""

    shortest: int
    longest: int


class CalendarClock:
    """A clock that runs in the service hours of a calendar."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.edges: Microseconds = np.array(spans, dtype=np.int64).ravel()
        lengths = np.diff(self.edges)
        lengths[1::2] = 0
        self.readings: Microseconds = np.concatenate([[0], np.cumsum(lengths)])
        """What the clock shows at each edge; in between it runs evenly, or stands still."""

    def elapsed_at(self, instants: Microseconds) -> Microseconds:
        return np.asarray(np.interp(instants, self.edges, self.readings), dtype=np.int64)

    def instants_of(self, readings: Microseconds) -> Microseconds:
        """Return the first instant at which the clock shows each of the readings, from 1 to the last."""
        place = np.searchsorted(self.readings[1::2], readings)
        return np.asarray(self.edges[1::2][place] - self.readings[1::2][place] + readings)

    def is_running_at(self, instants: Microseconds) -> NDArray[np.bool_]:
        return np.asarray(np.searchsorted(self.edges, instants, side="right") % 2 == 1)


def compute_elapsed_range(
    duration: int, on: Sequence[Span], seen_on: Sequence[Span], window: Span
) -> ElapsedRange | None:
    """Return how long a duration on the calendar `on` lasts on the calendar `seen_on`.

    It may start at any instant in the window at which `seen_on` runs; both calendars reach beyond the window. None: the
    calendar `on` ends before.
    """
    if not on or not seen_on:
        return None
    clock, other_clock = CalendarClock(on), CalendarClock(seen_on)
    turns = _turning_points(duration, clock, other_clock, window)
    starts = turns[(window.start <= turns) & (turns < window.end) & other_clock.is_running_at(turns)]
    due_readings = clock.elapsed_at(starts) + duration
    if not starts.size or due_readings.max() > clock.readings[-1]:
        return None
    elapsed = other_clock.elapsed_at(clock.instants_of(due_readings)) - other_clock.elapsed_at(starts)
    return ElapsedRange(int(elapsed.min()), int(elapsed.max()))


def _turning_points(duration: int, clock: CalendarClock, other_clock: CalendarClock, window: Span) -> Microseconds:
    """Return the starts between which the elapsed time changes evenly.

    Either calendar begins or ends there, at the start or when it is due. The elapsed time may jump there, so the starts
    just before and after are included.
    """
    edges = np.concatenate([clock.edges, other_clock.edges])
    readings = clock.elapsed_at(edges) - duration
    turns = np.concatenate([window, edges, clock.instants_of(readings[readings > 0])])
    return np.concatenate([turns - 1, turns, turns + 1])
