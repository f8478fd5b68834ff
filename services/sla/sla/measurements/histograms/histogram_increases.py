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

from sla.measurements.histograms.bucket_layout import (
    EXPLICIT_SCHEMA,
    BucketLayout,
    decode_group_keys,
    encode_group_keys,
)
from sla.measurements.histograms.columns import CLASSIC_FLAG, DELTA_FLAG, NO_START, RESET_FLAG, HistogramColumns
from sla.measurements.samples import MAX_READING_OVERLAP_MS, Ints, Mask


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
    layouts: dict[BucketLayout, int] = {}
    places = [
        np.array([layouts.setdefault(layout, len(layouts)) for layout in part.layouts], np.int64) for part in parts
    ]
    layout_columns = [
        place[part.layout] if len(place) else part.layout for place, part in zip(places, parts, strict=True)
    ]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("at", "key", "amount", "known_from", "known_to")
    }
    return Increases(layouts=tuple(layouts), layout=np.concatenate(layout_columns), **columns)


def compute_increases(histograms: HistogramColumns, hold_ms: int) -> Increases:
    """Compute the increases of histograms in any order, whose `series` name the streams.

    The histograms reach back `hold_ms` before the first minute asked for.
    """
    ordered = _without_conflicts(histograms)
    is_delta = (ordered.flags & DELTA_FLAG) > 0
    deltas, cumulative = ordered.pick(is_delta), ordered.pick(~is_delta)
    return concatenate_increases([_delta_increases(deltas, hold_ms), _cumulative_increases(cumulative, hold_ms)])


def _without_conflicts(histograms: HistogramColumns) -> HistogramColumns:
    """Order histograms by stream and time, and keep the first one of those in conflict."""
    delta = histograms.flags & DELTA_FLAG
    since = np.where(delta, histograms.start, 0)
    identity = (histograms.series, histograms.at, delta, since)
    rank = (histograms.flags & CLASSIC_FLAG, histograms.count, histograms.content)
    order = np.lexsort((*rank[::-1], *identity[::-1]))
    is_first = np.ones(len(histograms), np.bool_)
    is_first[1:] = np.any([np.diff(column[order]) != 0 for column in identity], axis=0)
    return histograms.pick(order[is_first])


def _delta_increases(histograms: HistogramColumns, hold_ms: int) -> Increases:
    start, at = histograms.start, histograms.at
    has_start = (start != NO_START) & (start < at) & (at - start <= hold_ms)
    return _whole_increases(histograms, np.where(has_start, start, at))


def _whole_increases(histograms: HistogramColumns, since: Ints) -> Increases:
    """Return all that histograms hold as increases since the given times."""
    row = histograms.point_of_bucket
    return Increases(
        histograms.layouts,
        histograms.at[row],
        histograms.layout[row],
        histograms.key,
        histograms.amount,
        since,
        histograms.at,
    )


def _cumulative_increases(histograms: HistogramColumns, hold_ms: int) -> Increases:
    """Compute the increases of cumulative histograms, which are ordered by stream and time."""
    since, has_base, from_zero = _bases(histograms, hold_ms)
    compared = np.flatnonzero(has_base & ~from_zero)
    differences, is_reset = _differences(histograms, compared)
    from_zero[compared[is_reset]] = True
    counts_whole = has_base & from_zero
    from_zero_increases = _whole_increases(histograms.pick(counts_whole), since[counts_whole])
    return concatenate_increases(
        [differences, from_zero_increases, _known_spans(histograms, since, has_base & ~from_zero)]
    )


def _known_spans(histograms: HistogramColumns, since: Ints, mask: Mask) -> Increases:
    none = np.zeros(0, np.int64)
    return Increases((), none, none, none, none, since[mask], histograms.at[mask])


def _bases(histograms: HistogramColumns, hold_ms: int) -> tuple[Ints, Mask, Mask]:
    """Return since when each histogram counts, whether that is known, and whether it counts from zero."""
    has_previous = _follows(histograms.series)
    before = np.where(has_previous, _shifted(histograms.at), NO_START)
    started_since = (histograms.start != NO_START) & (before < histograms.start)
    since = np.where(started_since, histograms.start, np.where(has_previous, before, histograms.at))
    schema = np.array([layout.schema for layout in histograms.layouts], np.int64)[histograms.layout]
    is_explicit = schema == EXPLICIT_SCHEMA
    comparable = has_previous & (is_explicit == _shifted(is_explicit))
    has_base = np.where(started_since, histograms.start < histograms.at, comparable) & (
        histograms.at - since <= hold_ms
    )
    says_reset = (histograms.flags & RESET_FLAG) > 0
    from_zero = started_since | (says_reset & ~_shifted(says_reset)) | (~is_explicit & _is_finer(histograms, schema))
    return since, has_base, from_zero


def _is_finer(histograms: HistogramColumns, schema: Ints) -> Mask:
    thresholds = np.array([layout.zero_threshold for layout in histograms.layouts], np.float64)
    zero_threshold = thresholds[histograms.layout]
    return np.asarray((schema > _shifted(schema)) | (zero_threshold < _shifted(zero_threshold)))


def _follows(group: Ints) -> Mask:
    """Return which rows have the group of the row before."""
    follows = np.zeros(len(group), np.bool_)
    follows[1:] = group[1:] == group[:-1]
    return follows


def _shifted(column: NDArray[Any]) -> NDArray[Any]:
    """Return for each row the entry of the row before; the first row keeps its own."""
    return np.concatenate((column[:1], column[:-1]))


def _differences(histograms: HistogramColumns, compared: Ints) -> tuple[Increases, Mask]:
    """Subtract the histogram before from each compared one; leave resets out, and return which they are."""
    pairs = _align(histograms.pick(compared - 1), histograms.pick(compared))
    pair, key, amount = _subtract(pairs)
    is_reset = pairs.is_cut
    is_classic = (pairs.later.flags & CLASSIC_FLAG) > 0
    shrunk = pair[np.where(is_classic[pair], _running_totals(pair, amount), amount) < 0]
    may_overlap = pairs.may_overlap
    may_overlap[pair[amount > 0]] = False
    is_reset[shrunk[~may_overlap[shrunk]]] = True
    counts = ~is_reset[pair] & (amount != 0)
    pair, none = pair[counts], np.zeros(0, np.int64)
    at, layout = pairs.later.at[pair], pairs.layout[pair]
    return Increases(pairs.layouts, at, layout, key[counts], amount[counts], none, none), is_reset


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

    @property
    def may_overlap(self) -> Mask:
        """Mask the pairs whose later histogram may have been read before the earlier one; if no bucket grew, it was."""
        is_close = self.later.at - self.earlier.at <= MAX_READING_OVERLAP_MS
        return np.asarray(is_close & (self.later.count >= self.earlier.count - self.later.count))


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
            if histograms is earlier:
                cut_rows = layouts[place].is_cut_by(common, key_column[rows])
                is_cut[histograms.point_of_bucket[rows][cut_rows]] = True
            key_column[rows] = layouts[place].keys_in_coarser(key_column[rows], common)
    return _Pairs(earlier, later, tuple(places), layout, keys, is_cut)


def _common_layout(earlier: BucketLayout, later: BucketLayout) -> BucketLayout:
    if not later.is_explicit:
        return later  # the coarser one: were it finer, it would be a reset
    return BucketLayout(EXPLICIT_SCHEMA, 0.0, tuple(sorted(set(earlier.bounds) & set(later.bounds))))


def _subtract(pairs: _Pairs) -> tuple[Ints, Ints, Ints]:
    """Return pair, key and difference, in order."""
    pair = np.concatenate((pairs.earlier.point_of_bucket, pairs.later.point_of_bucket))
    amount = np.concatenate((-pairs.earlier.amount, pairs.later.amount))
    group_keys, differences = sum_by_key(encode_group_keys(pair, np.concatenate(pairs.keys)), amount)
    return *decode_group_keys(group_keys), differences


def sum_by_key(keys: Ints, amount: Ints) -> tuple[Ints, Ints]:
    """Return each key once, in order, and the sum of its amounts."""
    if not len(keys):
        return keys, amount
    order = np.argsort(keys)
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[starts], np.add.reduceat(amount[order], starts)


def _running_totals(pair: Ints, amount: Ints) -> Ints:
    """Return for each bucket the sum of its pair's amounts up to it."""
    sums = np.cumsum(amount)
    starts = np.flatnonzero(~_follows(pair))
    before = (sums - amount)[starts]
    return np.asarray(sums - np.repeat(before, np.diff(starts, append=len(pair))))
