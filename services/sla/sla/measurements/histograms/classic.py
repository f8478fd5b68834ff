"""Classic histograms, put together: series of counts up to an edge become one point per stream and instant."""

import hashlib
import struct

import numpy as np

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout
from sla.measurements.histograms.columns import CLASSIC_FLAG, DELTA_FLAG, NO_START, HistogramColumns, empty_histograms
from sla.measurements.samples import MAX_COUNT, Floats, Ints, Samples


def build_classic_histograms(counts: Samples, group: Ints, edge: Floats, delta: Ints) -> HistogramColumns:
    """`counts` is a set; the other columns belong to its rows. Points without their count, up to +Inf, are left out."""
    counts, group, edge, delta = _usable(counts, group, edge, delta)
    if not len(counts):
        return empty_histograms()
    first = _changes(group, counts.at)
    starts = np.flatnonzero(first)
    rows = np.diff(starts, append=len(counts))
    up_to = np.floor(counts.value).astype(np.int64)
    amount = np.where(first, up_to, up_to - np.concatenate((up_to[:1], up_to[:-1])))
    layouts, layout = _layouts(edge, starts, rows)
    empty = np.zeros(len(starts), np.int64)
    points = HistogramColumns(
        layouts=layouts,
        series=group[starts],
        at=counts.at[starts],
        start=empty + NO_START,
        flags=CLASSIC_FLAG + DELTA_FLAG * delta[starts],
        layout=layout,
        content=empty,
        total=empty.astype(np.float64),
        rows=rows,
        key=np.arange(len(counts)) - np.repeat(starts, rows),
        amount=amount,
    )
    return points.pick(np.isinf(edge[starts + rows - 1]))


def _usable(counts: Samples, group: Ints, edge: Floats, delta: Ints) -> tuple[Samples, Ints, Floats, Ints]:
    """Ordered by stream, instant and edge, the smaller one of two counts in conflict."""
    fit = (counts.value >= 0) & (counts.value < MAX_COUNT)
    order = np.flatnonzero(fit)[np.lexsort((counts.value[fit], edge[fit], counts.at[fit], group[fit]))]
    once = order[_changes(group[order], counts.at[order], edge[order])]
    return counts.pick(once), group[once], edge[once], delta[once]


def _changes(*columns: Ints | Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether a row differs from the one before; the first one does."""
    differs = np.zeros(len(columns[0]), np.bool_)
    differs[:1] = True
    for column in columns:
        differs[1:] |= column[1:] != column[:-1]
    return differs


def _layouts(edge: Floats, starts: Ints, rows: Ints) -> tuple[tuple[BucketLayout, ...], Ints]:
    """Points with the same edges share a layout; they are told apart by the sum of a hash of each edge."""
    edges, place = np.unique(edge, return_inverse=True)
    hashes = np.array([_hash(one) for one in edges.tolist()], np.uint64)
    with np.errstate(over="ignore"):
        sums = np.add.reduceat(hashes[place], starts)
    _, first, layout = np.unique(sums, return_index=True, return_inverse=True)
    bounds = [edge[starts[one] : starts[one] + rows[one]] for one in first.tolist()]
    layouts = (BucketLayout(EXPLICIT_SCHEMA, 0.0, tuple(one[np.isfinite(one)].tolist())) for one in bounds)
    found: dict[BucketLayout, int] = {}  # with and without the count the bounds are the same
    names = np.array([found.setdefault(one, len(found)) for one in layouts], np.int64)
    return tuple(found), names[layout]


def _hash(edge: float) -> int:
    return int.from_bytes(hashlib.blake2b(struct.pack("<d", edge), digest_size=8).digest(), "little")
