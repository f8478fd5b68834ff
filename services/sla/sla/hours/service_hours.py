"""Service hours by one rule: an instant is in service when the wall clock shows a time inside the hours and outside of
the closures. So an hour that the wall clock shows twice counts twice, and one that it skips does not count.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from sla.hours.closures import ClosureSource
from sla.hours.spans import DAY, MINUTE, Span, clip_spans, complement, difference, to_datetime, to_microseconds, union
from sla.hours.time_zones import LAST_YEAR, split_by_offset, start_of_day

WEEKDAY_OF_EPOCH = 3  # 1 January 1970 was a Thursday
_FIRST_STRIDE, _LONGEST_STRIDE = 32, 2048
"""Days that are evaluated at once."""
_FIRST_STRIDE_OF_HOURS = 2
"""Most times allowed in service hours are over within some of them."""
LONGEST_BREAK = 10 * 366 * DAY
"""Hours that have no service for so long are taken never to have any again: nobody promises a time after that."""


@dataclass(frozen=True, slots=True)
class ServiceHours:
    """The weekly shifts in a time zone, out of which closures are taken."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    """Monday to Sunday: wall microseconds after midnight, inside the day."""
    closures: tuple[ClosureSource, ...] = ()

    def estimate_shifts(self, window: Span) -> int:
        """Estimate how many shifts and closures the window holds, which is what evaluating it costs."""
        weekly = sum(map(len, self.week))
        return (weekly * 52 + len(self.closures)) * ((window.end - window.start) // (364 * DAY) + 1)

    def scheduled_spans(self, window: Span) -> list[Span]:
        """Return the hours as if nothing were closed."""
        return self._from_wall(window, self._wall_hours)

    def closed_spans(self, window: Span) -> list[Span]:
        years = to_datetime(window.start - DAY).year, to_datetime(window.end + DAY).year
        wall_spans = union(span for closure in self.closures for span in closure.wall_spans(*years))
        return self._from_wall(window, partial(clip_spans, wall_spans)) if wall_spans else []

    def in_service_spans(self, window: Span) -> list[Span]:
        closed = self.closed_spans(window)
        open_spans = complement(closed, window)
        if not open_spans:  # as in a stretch of years that closures fill: its days are not looked at
            return []
        return difference(self.scheduled_spans(Span(open_spans[0].start, open_spans[-1].end)), closed)

    def has_service(self, window: Span) -> bool:
        """Return whether there is any service, up to the first break that is too long."""
        return any(self._iterate_service(window))

    def instant_after(self, start: int, amount: int, paused: Sequence[Span], horizon: int) -> int | None:
        """Return the earliest instant by which `amount` of service time has passed since `start`, without the pauses.

        None when it is not reached by the horizon, or before a break that is too long.
        """
        if amount == 0:
            return start
        remaining = amount
        for spans in self._iterate_service(Span(start, horizon)):
            for span in difference(spans, paused):
                if span.end - span.start >= remaining:
                    return span.start + remaining
                remaining -= span.end - span.start
        return None

    def business_day_ends(self, first: date, until: int) -> Iterator[int]:
        """Yield the end of the service hours of each local day that has any, from the first to the one of `until`.

        They end before a break that is too long.
        """
        midnights = [to_microseconds(start_of_day(first, self.zone))]
        last_end, stride = midnights[0], _FIRST_STRIDE
        while midnights[-1] < min(until, last_end + LONGEST_BREAK) and first.year < LAST_YEAR - 1:
            days = [first + timedelta(days=number) for number in range(stride + 1)]
            midnights = [to_microseconds(start_of_day(day, self.zone)) for day in days]
            spans = self.in_service_spans(Span(midnights[0], midnights[-1]))
            for day in map(Span, midnights, midnights[1:]):
                if of_day := clip_spans(spans, day):
                    last_end = of_day[-1].end
                    yield last_end
            first, stride = days[-1], min(2 * stride, _LONGEST_STRIDE)

    def _iterate_service(self, window: Span) -> Iterator[list[Span]]:
        """Yield the service of growing pieces of the time, up to the first break that is too long."""
        last_end, end = window.start, to_microseconds(datetime(LAST_YEAR, 1, 1, tzinfo=self.zone))
        for piece in _strides(window.start, min(window.end, end)):
            spans = self.in_service_spans(piece)
            yield spans
            last_end = spans[-1].end if spans else last_end
            if piece.end > last_end + LONGEST_BREAK:
                return

    def _from_wall(self, window: Span, spans_in: Callable[[Span], Iterable[Span]]) -> list[Span]:
        """Return as instants what `spans_in` gives for each stretch of wall time in the window."""
        spans: list[Span] = []
        for stretch, offset in split_by_offset(self.zone, window):
            wall = Span(stretch.start + offset, stretch.end + offset)
            spans.extend(Span(start - offset, end - offset) for start, end in spans_in(wall))
        return union(spans)

    def _wall_hours(self, wall: Span) -> Iterator[Span]:
        for day in range(wall.start // DAY, -(-wall.end // DAY)):
            midnight = day * DAY
            for start, end in self.week[(day + WEEKDAY_OF_EPOCH) % 7]:
                span = Span(midnight + start, midnight + end).clipped(wall)
                if span.start < span.end:
                    yield span


def minute_mask(spans: Sequence[Span], window: Span) -> NDArray[np.bool_]:
    """Return for each minute of the window whether it lies wholly inside the spans."""
    inside = np.zeros((window.end - window.start) // MINUTE, dtype=np.bool_)
    for start, end in clip_spans(spans, window):
        first, last = -(-(start - window.start) // MINUTE), (end - window.start) // MINUTE
        inside[first : max(first, last)] = True
    return inside


def _strides(start: int, end: int) -> Iterator[Span]:
    """Cut the time from start to end into growing pieces, so that a near deadline costs little."""
    length = _FIRST_STRIDE_OF_HOURS
    while start < end:
        yield Span(start, min(start + length * DAY, end))
        start += length * DAY
        length = min(2 * length, _LONGEST_STRIDE)
