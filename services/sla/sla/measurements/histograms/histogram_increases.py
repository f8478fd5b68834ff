"""The increases of histograms: from a set of them to what was observed at which time. A pure function of the set."""

# Cumulative histograms: the increase since the histogram before is counted in the minute of the later one if the two
# are at most the hold time apart; the minutes from one to the other are known. A histogram whose start lies after the
# one before counted everything since its start. It is a reset when a bucket holds less than before, when buckets became
# finer or the one around zero narrower, or when the sender says so and did not say so the time before (two replicas
# each say it once). A little less right after the one before is what two overlapping readings make (see
# sample_minutes); it is subtracted again. If buckets became coarser, or are others, both are merged into buckets whose
# edges both have. Deltas count as they are, each start and time once. Of two in conflict the smaller one stands; of a
# classic and a native histogram of one stream and time the native one.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout, merge_layouts
from sla.measurements.histograms.columns import CLASSIC_FLAG, DELTA_FLAG, NO_START, RESET_FLAG, HistogramColumns
from sla.measurements.histograms.row_groups import decode_group_keys, encode_group_keys, sum_by_key
from sla.measurements.samples import MAX_READING_OVERLAP_MS, Ints, Mask, begins_group


@dataclass(frozen=True, slots=True, eq=False)
class Increases:
    """The observations at each time (ms) in four columns, and the spans of time that are known in two."""

    layouts: tuple[BucketLayout, ...]
    at: Ints
    layout: Ints
    key: Ints
    amount: Ints
    known_from: Ints
    known_to: Ints
    """Inclusive."""


def concatenate_increases(parts: Sequence[Increases]) -> Increases:
    names = ("at", "key", "amount", "known_from", "known_to")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    layouts, layout = merge_layouts([(part.layouts, part.layout) for part in parts])
    return Increases(layouts=layouts, layout=layout, **columns)


def compute_histogram_increases(histograms: HistogramColumns, hold_ms: int) -> Increases:
    """Compute the increases of histograms in any order, whose `series` name the streams.

    The histograms reach back `hold_ms` before the first minute asked for.
    """
    ordered = _without_conflicts(histograms)
    since, is_known, from_zero = _bases(ordered, hold_ms)
    compared = np.flatnonzero(is_known & ~from_zero)
    pairs = _align(ordered.pick(compared - 1), ordered.pick(compared))
    pair, key, amount, is_reset = _subtract(pairs)
    from_zero[compared[is_reset]] = True
    restarted = ordered.pick(is_known & from_zero)
    row = restarted.point_of_bucket
    return Increases(
        layouts=pairs.layouts,
        at=np.concatenate((pairs.later.at[pair], restarted.at[row])),
        layout=np.concatenate((pairs.layout[pair], restarted.layout[row])),
        key=np.concatenate((key, restarted.key)),
        amount=np.concatenate((amount, restarted.amount)),
        known_from=since[is_known],
        known_to=ordered.at[is_known],
    )


def _without_conflicts(histograms: HistogramColumns) -> HistogramColumns:
    """Order histograms by stream, deltas last, and time, and keep the first one of those in conflict."""
    delta = histograms.flags & DELTA_FLAG
    identity = (histograms.series, delta, histograms.at, np.where(delta, histograms.start, 0))
    rank = (histograms.flags & CLASSIC_FLAG, histograms.count, histograms.content)
    order = np.lexsort((*rank[::-1], *identity[::-1]))
    return histograms.pick(order[begins_group(*(column[order] for column in identity))])


def _bases(histograms: HistogramColumns, hold_ms: int) -> tuple[Ints, Mask, Mask]:
    """Return since when each histogram counts, whether that is known, and whether it counts from zero."""
    start, at, is_delta = histograms.start, histograms.at, (histograms.flags & DELTA_FLAG) > 0
    has_previous = ~begins_group(histograms.series, is_delta)
    before = np.where(has_previous, _shifted(at), NO_START)
    has_start = np.where(is_delta, (start < at) & (at - start <= hold_ms), before < start) & (start != NO_START)
    since = np.where(has_start, start, np.where(has_previous & ~is_delta, before, at))
    schema = np.array([layout.schema for layout in histograms.layouts], np.int64)[histograms.layout]
    is_explicit = schema == EXPLICIT_SCHEMA
    comparable = has_previous & (is_explicit == _shifted(is_explicit))
    has_base = np.where(has_start, start < at, comparable) & (at - since <= hold_ms)
    says_reset = (histograms.flags & RESET_FLAG) > 0
    is_reset = (says_reset & ~_shifted(says_reset)) | (~is_explicit & _is_finer(histograms, schema))
    return since, is_delta | has_base, is_delta | has_start | is_reset


def _is_finer(histograms: HistogramColumns, schema: Ints) -> Mask:
    thresholds = np.array([layout.zero_threshold for layout in histograms.layouts], np.float64)
    zero_threshold = thresholds[histograms.layout]
    return np.asarray((schema > _shifted(schema)) | (zero_threshold < _shifted(zero_threshold)))


def _shifted(column: NDArray[Any]) -> NDArray[Any]:
    """Return for each row the entry of the row before; the first row keeps its own."""
    return np.concatenate((column[:1], column[:-1]))


@dataclass(slots=True)
class _Pairs:
    """Histograms and those before them, with the keys of one layout for both."""

    earlier: HistogramColumns
    later: HistogramColumns
    layouts: tuple[BucketLayout, ...]
    layout: Ints
    keys: tuple[Ints, Ints]
    is_cut: Mask
    """Whether a bucket lies partly in what is now the bucket around zero, which only a reset explains."""


def _align(earlier: HistogramColumns, later: HistogramColumns) -> _Pairs:
    """Give both histograms of each pair a layout that both can be counted in."""
    layouts, layout = later.layouts, later.layout.copy()
    places = {known_layout: place for place, known_layout in enumerate(layouts)}
    keys, is_cut = (earlier.key.copy(), later.key.copy()), np.zeros(len(later), np.bool_)
    differ = earlier.layout != later.layout
    for old, new in sorted(set(zip(earlier.layout[differ].tolist(), later.layout[differ].tolist(), strict=True))):
        pair_mask = (earlier.layout == old) & (later.layout == new)
        common = _common_layout(layouts[old], layouts[new])
        layout[pair_mask] = places.setdefault(common, len(places))
        for histograms, key_column, place in ((earlier, keys[0], old), (later, keys[1], new)):
            rows = pair_mask[histograms.point_of_bucket]
            cut_rows = layouts[place].is_cut_by(common, key_column[rows])
            is_cut[histograms.point_of_bucket[rows][cut_rows]] = True
            key_column[rows] = layouts[place].keys_in_coarser(key_column[rows], common)
    return _Pairs(earlier, later, tuple(places), layout, keys, is_cut)


def _common_layout(earlier: BucketLayout, later: BucketLayout) -> BucketLayout:
    if not later.is_explicit:
        return later  # the coarser one: were it finer, it would be a reset
    return BucketLayout(EXPLICIT_SCHEMA, 0.0, tuple(sorted(set(earlier.bounds) & set(later.bounds))))


def _subtract(pairs: _Pairs) -> tuple[Ints, Ints, Ints, Mask]:
    """Return pair, key and difference of the buckets that changed, without resets, and which pairs are resets."""
    pair = np.concatenate((pairs.earlier.point_of_bucket, pairs.later.point_of_bucket))
    amount = np.concatenate((-pairs.earlier.amount, pairs.later.amount))
    group_keys, amount = sum_by_key(encode_group_keys(pair, np.concatenate(pairs.keys)), amount)
    pair, key = decode_group_keys(group_keys)
    is_classic = (pairs.later.flags & CLASSIC_FLAG) > 0
    shrunk = pair[np.where(is_classic[pair], _running_totals(pair, amount), amount) < 0]
    is_close = pairs.later.at - pairs.earlier.at <= MAX_READING_OVERLAP_MS
    may_overlap = is_close & (pairs.later.count >= pairs.earlier.count - pairs.later.count)
    may_overlap[pair[amount > 0]] = False  # a later histogram that was read before the earlier one has grown nowhere
    is_reset = pairs.is_cut
    is_reset[shrunk[~may_overlap[shrunk]]] = True
    counts = ~is_reset[pair] & (amount != 0)
    return pair[counts], key[counts], amount[counts], is_reset


def _running_totals(pair: Ints, amount: Ints) -> Ints:
    """Return for each bucket the sum of its pair's amounts up to it."""
    sums = np.cumsum(amount)
    starts = np.flatnonzero(begins_group(pair))
    before = (sums - amount)[starts]
    return np.asarray(sums - np.repeat(before, np.diff(starts, append=len(pair))))
