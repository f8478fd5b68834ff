"""Builds classic histograms: counts up to an edge, each a series of its own, become one point per instant."""

from itertools import pairwise

import numpy as np

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout, merge_layouts
from sla.measurements.histograms.columns import CLASSIC_FLAG, DELTA_FLAG, NO_START, HistogramColumns
from sla.measurements.samples import Floats, Ints, Samples, begins_group, can_be_counts_mask


def build_classic_histograms(counts: Samples, histogram_id: Ints, edge: Floats, delta: Ints) -> HistogramColumns:
    """Build points from a set of counts, whose rows the other columns describe.

    Points without their total count, up to +Inf, are left out.
    """
    rows = _standing_rows(counts, histogram_id, edge)
    counts, histogram_id, edge, delta = counts.pick(rows), histogram_id[rows], edge[rows], delta[rows]
    is_first = begins_group(histogram_id, counts.at)
    starts = np.flatnonzero(is_first)
    bucket_count = np.diff(starts, append=len(counts))
    up_to = np.floor(counts.value).astype(np.int64)
    layouts, layout = _layouts(edge, starts)
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
        amount=np.where(is_first, up_to, np.diff(up_to, prepend=0)),
    )
    return points.pick(np.isinf(edge[starts + bucket_count - 1]))


def _standing_rows(counts: Samples, histogram_id: Ints, edge: Floats) -> Ints:
    """Return the rows in the order of histogram, instant and edge; of two counts in conflict the smaller one stands."""
    is_count = can_be_counts_mask(counts)
    keys = (counts.value[is_count], edge[is_count], counts.at[is_count], histogram_id[is_count])
    order = np.flatnonzero(is_count)[np.lexsort(keys)]
    return order[begins_group(histogram_id[order], counts.at[order], edge[order])]


def _layouts(edge: Floats, starts: Ints) -> tuple[tuple[BucketLayout, ...], Ints]:
    """Return the layouts, and the layout of each point, which is known by the bytes of its edges."""
    edges, places = edge.tobytes(), dict[bytes, int]()
    points = pairwise([*(8 * starts).tolist(), len(edges)])
    layout = np.array([places.setdefault(edges[first:end], len(places)) for first, end in points], np.int64)
    layouts = [
        BucketLayout(EXPLICIT_SCHEMA, 0.0, tuple(bounds[np.isfinite(bounds)].tolist()))
        for bounds in (np.frombuffer(point_edges, np.float64) for point_edges in places)
    ]
    return merge_layouts([(layouts, layout)])  # the bounds are the same with and without the total count
