"""Service hours by one rule: an instant is in service when the clock on the wall shows a time inside the hours and
outside of the closures. So an hour that the wall shows twice counts twice, and one that it skips does not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from sla.hours.closures import Closing
from sla.hours.spans import DAY, MINUTE, Span, difference, microseconds, moment, union, within
from sla.hours.zones import LAST_YEAR, stretches

MONDAY_OF_EPOCH = 3  # 1 January 1970 was a Thursday
_FIRST_STRIDE, _LONGEST_STRIDE = 32 * DAY, 2048 * DAY


@dataclass(frozen=True, slots=True)
class ServiceHours:
    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    """Monday to Sunday: wall microseconds after midnight, inside the day."""
    closures: tuple[Closing, ...] = ()

    @classmethod
    def weekly(
        cls, zone: ZoneInfo, shifts: Mapping[int, Sequence[tuple[int, int]]], closures: Sequence[Closing] = ()
    ) -> Self:
        """`shifts`: minutes after midnight, by weekday (0 is Monday); one that ends before it starts is overnight."""
        days: list[list[Span]] = [[] for _ in range(7)]
        for weekday, spans in shifts.items():
            for start, end in spans:
                overnight = end < start
                days[weekday].append(Span(start * MINUTE, DAY if overnight else end * MINUTE))
                if overnight:
                    days[(weekday + 1) % 7].append(Span(0, end * MINUTE))
        return cls(zone, tuple(tuple(union(day)) for day in days), tuple(closures))

    def shifts_in(self, window: Span) -> int:
        """About how many shifts and closures the window holds: what evaluating it costs."""
        weekly = sum(map(len, self.week))
        return (weekly * 52 + len(self.closures)) * ((window.end - window.start) // (364 * DAY) + 1)

    def scheduled(self, window: Span) -> list[Span]:
        """The hours as if nothing were closed."""
        found: list[Span] = []
        for stretch, offset in stretches(self.zone, window):
            wall = Span(stretch.start + offset, stretch.end + offset)
            found.extend(Span(start - offset, end - offset) for start, end in self._wall_hours(wall))
        return union(found)

    def closed(self, window: Span) -> list[Span]:
        years = moment(window.start - DAY).year, moment(window.end + DAY).year
        walls = union(wall for closure in self.closures for wall in closure.walls(*years))
        found: list[Span] = []
        for stretch, offset in stretches(self.zone, window) if walls else ():
            wall = Span(stretch.start + offset, stretch.end + offset)
            found.extend(Span(start - offset, end - offset) for start, end in within(walls, wall))
        return union(found)

    def in_service(self, window: Span) -> list[Span]:
        return difference(self.scheduled(window), self.closed(window))

    def reach(self, start: int, amount: int, paused: Sequence[Span], horizon: int) -> int | None:
        """The earliest instant by which `amount` of service time has passed since `start`, pauses left out.
        None when that is not so by the horizon.
        """
        if amount == 0:
            return start
        left = amount
        for window in _strides(start, min(horizon, microseconds(datetime(LAST_YEAR, 1, 1, tzinfo=self.zone)))):
            for span in difference(self.in_service(window), within(paused, window)):
                if span.end - span.start >= left:
                    return span.start + left
                left -= span.end - span.start
        return None

    def in_service_minutes(self, start: datetime, end: datetime) -> NDArray[np.bool_]:
        """One value per minute of the window, whose ends lie on whole minutes: whether all of it is in service."""
        window = Span(microseconds(start), microseconds(end))
        if window.start % MINUTE or window.end % MINUTE:
            raise ValueError("The window must begin and end on a whole minute")
        return minutes_inside(self.in_service(window), window)

    def _wall_hours(self, wall: Span) -> Iterator[Span]:
        for day in range(wall.start // DAY, -(-wall.end // DAY)):
            midnight = day * DAY
            for start, end in self.week[(day + MONDAY_OF_EPOCH) % 7]:
                span = Span(midnight + start, midnight + end).clipped(wall)
                if span.start < span.end:
                    yield span


def minutes_inside(spans: Sequence[Span], window: Span) -> NDArray[np.bool_]:
    """Which minutes of the window lie wholly inside the spans."""
    inside = np.zeros((window.end - window.start) // MINUTE, dtype=np.bool_)
    for start, end in within(spans, window):
        first, last = -(-(start - window.start) // MINUTE), (end - window.start) // MINUTE
        inside[first : max(first, last)] = True
    return inside


def _strides(start: int, end: int) -> Iterator[Span]:
    """The time from start to end in growing pieces, so that a near deadline costs little."""
    length = _FIRST_STRIDE
    while start < end:
        yield Span(start, min(start + length, end))
        start += length
        length = min(2 * length, _LONGEST_STRIDE)
