"""The parts of an hour: a large set of data points is cut by time, so that arrivals rewrite only a part of it."""

# A part reaches from its start to the start of the next one, or to the end of its hour; the first begins with its hour.

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import cramjam
import numpy as np

from sla.measurements.data_points import DataPoints
from sla.measurements.minutes import HOUR_MS
from sla.measurements.samples import Ints

MAX_PART_POINTS = 100_000
"""A part with more samples, histograms and buckets is cut in two or more."""
LARGE_PART_POINTS = 20_000
"""A part with more of them, however well they are packed, has an index and is read only when it is needed."""
LARGE_PART_BYTES = 64 * 1024
"""A part without an index is read only when it is needed if it is packed in more bytes."""

_COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class HourPart:
    """A part as it is stored."""

    packed: bytes | None
    """None for a large part that was not needed so far."""
    series_index: bytes | None = None
    """The streams of a large part, to see without reading it whether it holds one of them."""


class Extent(NamedTuple):
    start: int
    end: int
    """Milliseconds; the part does not hold its end."""


def list_extents(starts: Iterable[int]) -> list[Extent]:
    """List the extents of parts that begin at these times (ms), in order."""
    ordered = sorted(starts)
    hour_ends = ((start // HOUR_MS + 1) * HOUR_MS for start in ordered)
    return [Extent(*extent) for extent in zip(ordered, map(min, [*ordered[1:], 2**62], hour_ends), strict=False)]


def select_overlapping(extents: list[Extent], start: int, end: int) -> list[Extent]:
    """Select the extents that overlap a half-open window (ms)."""
    first = bisect_right(extents, start, key=lambda extent: extent.end)
    return extents[first : bisect_left(extents, end, key=lambda extent: extent.start)]


def split_into_parts(
    points: DataPoints, extents: list[Extent], arrived: DataPoints, max_points: int
) -> Iterator[tuple[Extent, DataPoints]]:
    """Split data points by extents, those of hours without a part by the hour, and cut extents that hold too many.

    Only extents in which something arrived are yielded.
    """
    hours = np.unique(arrived.at // HOUR_MS).tolist()
    begun = {extent.start // HOUR_MS for extent in extents}
    new_hours = [Extent(hour * HOUR_MS, (hour + 1) * HOUR_MS) for hour in hours if hour not in begun]
    ordered = sorted([*extents, *new_hours])
    starts = [extent.start for extent in ordered]
    for extent, part, arrivals in zip(ordered, points.split(starts)[1:], arrived.split(starts)[1:], strict=True):
        if len(arrivals):
            cuts = _find_cuts(part.entry_times, max_points)
            bounds = [extent.start, *cuts, extent.end]
            yield from zip(map(Extent, bounds[:-1], bounds[1:]), part.split(cuts), strict=True)


def _find_cuts(at: Ints, max_points: int) -> list[int]:
    """Find the times at which a part is cut into pieces of half the allowed size; an instant is never cut."""
    if len(at) <= max_points:
        return []
    ordered = np.sort(at)
    return sorted(set(ordered[:: max_points // 2][1:].tolist()) - {int(ordered[0])})


def pack_stream_index(streams: Ints) -> bytes:
    return bytes(cramjam.zstd.compress(np.diff(np.unique(streams), prepend=0).tobytes(), _COMPRESSION_LEVEL))


def may_hold_stream(part: HourPart, streams: Ints) -> bool:
    """Return whether a part that was not read holds one of the streams; it may if it has no index."""
    if part.series_index is None:
        return True
    indexed = np.cumsum(np.frombuffer(bytes(cramjam.zstd.decompress(part.series_index)), np.int64))
    return bool(np.isin(streams, indexed).any())
