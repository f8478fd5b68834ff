"""Time promised on one calendar as it passes on another: a supplier's eight office hours may be three days of ours."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from sla.hours.spans import Span


class ElapsedRange(NamedTuple):
    """Microseconds on the other calendar, for the luckiest and the unluckiest start."""

    shortest: int
    longest: int


class CalendarClock:
    """How much of a calendar's time has passed by an instant."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.starts = [span.start for span in spans]
        self.lengths = [span.end - span.start for span in spans]
        self.before = [0]
        for length in self.lengths:
            self.before.append(self.before[-1] + length)

    def elapsed_at(self, at: int) -> int:
        place = bisect_right(self.starts, at) - 1
        return 0 if place < 0 else self.before[place] + min(at - self.starts[place], self.lengths[place])

    def instant_of(self, amount: int) -> int | None:
        """The first instant at which so much has passed; None where the calendar begins after or ends before."""
        if not 0 < amount <= self.before[-1]:
            return None
        place = bisect_right(self.before, amount - 1) - 1
        return self.starts[place] + amount - self.before[place]


def compute_elapsed_range(
    within: int, on: Sequence[Span], seen_on: Sequence[Span], window: Span
) -> ElapsedRange | None:
    """How long `within` of the calendar `on` lasts on the calendar `seen_on`, from any start in the window at which
    that one runs. Both reach beyond the window. None where the amount is not reached.
    """
    theirs, ours = CalendarClock(on), CalendarClock(seen_on)
    found: list[int] = []
    for start in _turns(on, seen_on, within, theirs, window):
        due = theirs.instant_of(theirs.elapsed_at(start) + within)
        if due is None:
            return None
        found.append(ours.elapsed_at(due) - ours.elapsed_at(start))
    return ElapsedRange(min(found), max(found)) if found else None


def _turns(on: Sequence[Span], seen_on: Sequence[Span], within: int, theirs: CalendarClock, window: Span) -> list[int]:
    """Between these starts the time seen changes evenly: where either calendar turns, now or when it is due. It may
    jump there, so the starts just before and after are looked at, too.
    """
    edges = {edge for span in (*on, *seen_on) for edge in span}
    earlier = {at for edge in edges if (at := theirs.instant_of(theirs.elapsed_at(edge) - within)) is not None}
    running = CalendarClock(seen_on)
    near = {turn + step for turn in {window.start, window.end} | edges | earlier for step in (-1, 0, 1)}
    return [at for at in near if window.start <= at < window.end and _runs(running, at)]


def _runs(running: CalendarClock, at: int) -> bool:
    place = bisect_right(running.starts, at) - 1
    return place >= 0 and at < running.starts[place] + running.lengths[place]
