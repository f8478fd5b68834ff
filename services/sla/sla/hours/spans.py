"""Spans of time as half-open pairs of microseconds, so that sums and comparisons are exact.

Functions take and return lists of spans that are sorted, disjoint and without empty spans: a set of time.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

ONE_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 2**63
"""The end of what lasts, such as an open pause."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    start: int
    end: int
    """Exclusive."""

    @classmethod
    def between(cls, start: datetime, end: datetime) -> Self:
        return cls(to_microseconds(start), to_microseconds(end))

    def clipped(self, window: "Span") -> "Span":
        return Span(max(self.start, window.start), min(self.end, window.end))


def to_microseconds(instant: datetime) -> int:
    """Convert an instant to microseconds since 1970 in UTC."""
    return (instant - _EPOCH) // ONE_MICROSECOND


def to_datetime(position: int) -> datetime:
    """Convert microseconds since 1970 to an instant in UTC."""
    return _EPOCH + timedelta(microseconds=position)


def to_optional_datetime(position: int | None) -> datetime | None:
    return None if position is None else to_datetime(position)


def union(spans: Iterable[Span]) -> list[Span]:
    """Unite any spans, in any order, into a set of time; those that touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return merged


def clip_spans(spans: Sequence[Span], window: Span) -> list[Span]:
    """Return the part of `spans` that lies in the window."""
    first = bisect_right(spans, window.start, key=lambda span: span.end)
    last = bisect_left(spans, window.end, key=lambda span: span.start)
    return [span.clipped(window) for span in spans[first:last] if window.start < window.end]


def complement(spans: Sequence[Span], window: Span) -> list[Span]:
    """Return the part of the window outside of `spans`."""
    edges = [window.start, *(edge for span in clip_spans(spans, window) for edge in span), window.end]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return [Span(start, end) for start, end in gaps if start < end]


def intersection(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    shared: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        common = left[i].clipped(right[j])
        if common.start < common.end:
            shared.append(common)
        if left[i].end < right[j].end:
            i += 1
        else:
            j += 1
    return shared


def difference(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return the part of `left` outside of `right`."""
    if not left or not right:
        return list(left)
    return intersection(left, complement(right, Span(left[0].start, left[-1].end)))


def total_length(spans: Iterable[Span]) -> int:
    """Add up the lengths of the spans, in microseconds."""
    return sum(end - start for start, end in spans)
