"""Builds classic histograms: counts up to an edge, each a series of its own, become one point per instant."""

import hashlib
import struct

import numpy as np

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout
from sla.measurements.histograms.columns import CLASSIC_FLAG, DELTA_FLAG, NO_START, HistogramColumns, empty_histograms
from sla.measurements.samples import MAX_COUNT, Floats, Ints, Samples


def build_classic_histograms(counts: Samples, histogram_id: Ints, edge: Floats, delta: Ints) -> HistogramColumns:
    """Build points from a set of counts, whose rows the other columns describe.

    Points without their total count, up to +Inf, are left out.
    """
    counts, histogram_id, edge, delta = _without_conflicts(counts, histogram_id, edge, delta)
    if not len(counts):
        return empty_histograms()
    is_first = _changes(histogram_id, counts.at)
    starts = np.flatnonzero(is_first)
    bucket_count = np.diff(starts, append=len(counts))
    up_to = np.floor(counts.value).astype(np.int64)
    amount = np.where(is_first, up_to, up_to - np.concatenate((up_to[:1], up_to[:-1])))
    layouts, layout = _layouts(edge, starts, bucket_count)
    zeros = np.zeros(len(starts), np.int64)
    points = HistogramColumns(
        layouts=layouts,
        series=histogram_id[starts],
        at=counts.at[starts],
        start=zeros + NO_START,
        flags=CLASSIC_FLAG + DELTA_FLAG * delta[starts],
        layout=layout,
        content=zeros,
        sum=zeros.astype(np.float64),
        bucket_count=bucket_count,
        key=np.arange(len(counts)) - np.repeat(starts, bucket_count),
        amount=amount,
    )
    return points.pick(np.isinf(edge[starts + bucket_count - 1]))


def _without_conflicts(
    counts: Samples, histogram_id: Ints, edge: Floats, delta: Ints
) -> tuple[Samples, Ints, Floats, Ints]:
    """Sort by histogram, instant and edge; of two counts in conflict the smaller one stands."""
    is_count = (counts.value >= 0) & (counts.value < MAX_COUNT)
    keys = (counts.value[is_count], edge[is_count], counts.at[is_count], histogram_id[is_count])
    order = np.flatnonzero(is_count)[np.lexsort(keys)]
    unique = order[_changes(histogram_id[order], counts.at[order], edge[order])]
    return counts.pick(unique), histogram_id[unique], edge[unique], delta[unique]


def _changes(*columns: Ints | Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return whether each row differs from the one before; the first one does."""
    differs = np.zeros(len(columns[0]), np.bool_)
    differs[:1] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return differs


def _layouts(edge: Floats, starts: Ints, bucket_count: Ints) -> tuple[tuple[BucketLayout, ...], Ints]:
    """Return the layouts, and the layout of each point; points have the same if the sums of their edges' hashes are."""
    edges, place = np.unique(edge, return_inverse=True)
    hashes = np.array([_hash(bound) for bound in edges.tolist()], np.uint64)
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(hashes[place], starts)
    _, first, layout = np.unique(sums, return_index=True, return_inverse=True)
    edges_by_sum = [edge[starts[point] : starts[point] + bucket_count[point]] for point in first.tolist()]
    number_by_layout: dict[BucketLayout, int] = {}  # the bounds are the same with and without the total count
    numbers = [
        number_by_layout.setdefault(
            BucketLayout(EXPLICIT_SCHEMA, 0.0, tuple(bounds[np.isfinite(bounds)].tolist())), len(number_by_layout)
        )
        for bounds in edges_by_sum
    ]
    return tuple(number_by_layout), np.array(numbers, np.int64)[layout]


def _hash(edge: float) -> int:
    return int.from_bytes(hashlib.blake2b(struct.pack("<d", edge), digest_size=8).digest(), "little")
