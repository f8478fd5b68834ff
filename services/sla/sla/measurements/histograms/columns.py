"""Histograms as columns. Like samples they are stored as a set; order and repetition mean nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Self

import numpy as np

from sla.measurements.histograms.bucket_layout import BucketLayout, keep_used_layouts, merge_layouts
from sla.measurements.histograms.point import HistogramPoint
from sla.measurements.samples import Floats, Ints, begins_group

DELTA_FLAG, RESET_FLAG, CLASSIC_FLAG = 1, 2, 4
"""Flags of a point; classic ones were built from `le` series."""
NO_START = -1

_LAYOUT_HEADER = np.dtype([("schema", "<i4"), ("bounds", "<i4"), ("zero", "<f8")])
_INT_COLUMNS = ("series", "at", "start", "layout", "content", "bucket_count", "flags")
_COLUMNS = (*_INT_COLUMNS, "sum", "key", "amount")


@dataclass(frozen=True, slots=True, eq=False)
class HistogramColumns:
    """Points in the columns up to `bucket_count`, and their buckets, point after point, in the other two."""

    layouts: tuple[BucketLayout, ...]
    series: Ints
    at: Ints
    start: Ints
    """Milliseconds, as `at`; NO_START where it is not known."""
    flags: Ints
    layout: Ints
    content: Ints
    """A hash of all that a point says; points that differ in anything differ in it."""
    sum: Floats
    """The sum of the observations, as it was sent."""
    bucket_count: Ints
    key: Ints
    amount: Ints

    def __len__(self) -> int:
        return len(self.series)

    def pick(self, rows: Any) -> Self:
        """Return the points that a mask or an index names."""
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_ and rows.all():
            return self
        ends = np.cumsum(self.bucket_count)
        buckets = _index_ranges((ends - self.bucket_count)[rows], self.bucket_count[rows])
        columns = {name: getattr(self, name)[rows] for name in (*_INT_COLUMNS, "sum")}
        return replace(self, **columns, key=self.key[buckets], amount=self.amount[buckets])

    @property
    def point_of_bucket(self) -> Ints:
        """The row of the point that each bucket belongs to."""
        return np.repeat(np.arange(len(self)), self.bucket_count)

    @property
    def count(self) -> Ints:
        """The number of events that each point counts."""
        sums = np.concatenate((np.zeros(1, np.int64), np.cumsum(self.amount)))
        ends = np.cumsum(self.bucket_count)
        return np.asarray(sums[ends] - sums[ends - self.bucket_count])

    @classmethod
    def from_points(cls, points: Iterable[tuple[int, HistogramPoint]]) -> Self:
        """Build the columns of points, each given with the id of its series."""
        pairs = list(points)
        layouts = list({point.layout: None for _, point in pairs})
        place = {layout: number for number, layout in enumerate(layouts)}
        buckets = np.array([bucket for _, point in pairs for bucket in point.buckets], np.int64).reshape(-1, 2)
        return cls(
            layouts=tuple(layouts),
            series=_ints(series for series, _ in pairs),
            at=_ints(point.reading.at for _, point in pairs),
            start=_ints(NO_START if (start := point.reading.start_at) is None else start for _, point in pairs),
            flags=_ints(point.reading.delta * DELTA_FLAG | point.reading.reset * RESET_FLAG for _, point in pairs),
            layout=_ints(place[point.layout] for _, point in pairs),
            content=_ints(point.content for _, point in pairs),
            sum=np.array([point.reading.sum for _, point in pairs], np.float64),
            bucket_count=_ints(len(point.buckets) for _, point in pairs),
            key=buckets[:, 0],
            amount=buckets[:, 1],
        )


@cache
def empty_histograms() -> HistogramColumns:
    return HistogramColumns.from_points(())


def _ints(numbers: Iterable[int]) -> Ints:
    return np.fromiter(numbers, np.int64)


def _index_ranges(first: Ints, counts: Ints) -> Ints:
    """Return `counts[i]` numbers from `first[i]` on, one range after the other."""
    before = np.cumsum(counts) - counts
    return np.asarray(np.repeat(first - before, counts) + np.arange(int(counts.sum())))


def concat_histograms(parts: Sequence[HistogramColumns]) -> HistogramColumns:
    parts = [part for part in parts if len(part)] or [empty_histograms()]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    layouts, columns["layout"] = merge_layouts([(part.layouts, part.layout) for part in parts])
    return HistogramColumns(layouts=layouts, **columns)


def to_histogram_set(points: HistogramColumns) -> HistogramColumns:
    """Sort points by series, instant, start and content, each once; layouts in order, only those in use."""
    order = np.lexsort((points.content, points.start, points.at, points.series))
    is_new = begins_group(*(getattr(points, name)[order] for name in ("series", "at", "start", "content")))
    unique = points.pick(order[is_new])
    layouts, layout = keep_used_layouts(unique.layouts, unique.layout)
    return replace(unique, layouts=layouts, layout=layout)


def histograms_to_bytes(points: HistogramColumns) -> bytes:
    """Return the columns one after the other, in differences where these are smaller."""
    sizes = np.array([len(points.layouts), len(points), len(points.key)], np.int64)
    columns = [getattr(points, name) for name in _INT_COLUMNS]
    columns[:2] = [np.diff(column, prepend=0) for column in columns[:2]]
    columns[2] = points.at - points.start
    parts = (*columns, points.sum, np.diff(points.key, prepend=0), points.amount)
    return sizes.tobytes() + layouts_to_bytes(points.layouts) + b"".join(part.tobytes() for part in parts)


def histograms_from_bytes(data: bytes) -> HistogramColumns:
    """Undo `histograms_to_bytes`. Raise ValueError if the bytes were not made by it."""
    layout_count, count, buckets = (int(size) for size in np.frombuffer(data, np.int64, 3))
    layouts, at = layouts_from_bytes(data, layout_count, 24)
    columns = dict(zip(_INT_COLUMNS, np.frombuffer(data, np.int64, 7 * count, at).reshape(7, -1), strict=True))
    sums = np.frombuffer(data, np.float64, count, at + 56 * count)
    key, amount = np.frombuffer(data, np.int64, 2 * buckets, at + 64 * count).reshape(2, -1)
    columns |= {name: np.cumsum(columns[name]) for name in ("series", "at")}
    columns["start"] = columns["at"] - columns["start"]
    return HistogramColumns(layouts=layouts, **columns, sum=sums, key=np.cumsum(key), amount=amount)


def layouts_to_bytes(layouts: Sequence[BucketLayout]) -> bytes:
    heads = np.array([(layout.schema, len(layout.bounds), layout.zero_threshold) for layout in layouts], _LAYOUT_HEADER)
    bounds = np.array([bound for layout in layouts for bound in layout.bounds], np.float64)
    return heads.tobytes() + bounds.tobytes()


def layouts_from_bytes(data: bytes, count: int, at: int) -> tuple[tuple[BucketLayout, ...], int]:
    """Return `count` layouts from an offset on, and the offset behind them."""
    heads = np.frombuffer(data, _LAYOUT_HEADER, count, at)
    ends = np.cumsum(heads["bounds"])
    bounds = np.frombuffer(data, np.float64, int(heads["bounds"].sum()), at + heads.nbytes)
    layouts = (
        BucketLayout(int(schema), float(zero), tuple(bounds[end - length : end].tolist()))
        for (schema, length, zero), end in zip(heads.tolist(), ends.tolist(), strict=True)
    )
    return tuple(layouts), at + heads.nbytes + bounds.nbytes
