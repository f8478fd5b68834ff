"""From the set of an indicator's histograms to what was observed per minute: a pure function of the set."""

# Cumulative: what a histogram counted since the one before is counted in the minute of the later one, if both lie
# within the time a sample holds; the minutes from the one to the other are known. One that says when it began to count
# after the one before, counted all of it since then. Counting began anew (a reset) when a bucket holds less than
# before, when buckets became finer or the one around zero narrower, or when the sender says so and did not say so the
# time before (two replicas each say it once); but a little less right after the one before is what two overlapping
# readings make (see folding), and is taken back. If buckets became coarser, or are others, both are merged into buckets
# whose edges both have. Deltas count as they are, each start and instant once. Of two in conflict the smaller one
# stands; of a classic and a native histogram of one stream and instant the native one.

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA, BucketLayout
from sla.measurements.histograms.columns import CLASSIC_FLAG, DELTA_FLAG, NO_START, RESET_FLAG, HistogramColumns
from sla.measurements.samples import MAX_READING_OVERLAP_MS, Ints

KEY_BITS = 25
"""Bits that hold a key."""
KEY_BIAS = 1 << (KEY_BITS - 1)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Increases:
    """What was observed at which instant (ms): four columns of it, and two of the time that is known."""

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
    names = [np.array([layouts.setdefault(one, len(layouts)) for one in part.layouts], np.int64) for part in parts]
    renamed = [name[part.layout] if len(name) else part.layout for name, part in zip(names, parts, strict=True)]
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("at", "key", "amount", "known_from", "known_to")
    }
    return Increases(layouts=tuple(layouts), layout=np.concatenate(renamed), **columns)


def compute_increases(points: HistogramColumns, holds: int) -> Increases:
    """`points` in any order, their `series` being the stream; they reach back `holds` (ms) before what is asked."""
    ordered = _without_conflicts(points)
    delta = (ordered.flags & DELTA_FLAG) > 0
    return concatenate_increases([_deltas(ordered.pick(delta), holds), _increases(ordered.pick(~delta), holds)])


def _without_conflicts(points: HistogramColumns) -> HistogramColumns:
    delta = points.flags & DELTA_FLAG
    since = np.where(delta, points.start, 0)
    names = (points.series, points.at, delta, since)
    ranks = (points.flags & CLASSIC_FLAG, points.count, points.content)
    order = np.lexsort((*ranks[::-1], *names[::-1]))
    first = np.ones(len(points), np.bool_)
    first[1:] = np.any([np.diff(name[order]) != 0 for name in names], axis=0)
    return points.pick(order[first])


def _deltas(points: HistogramColumns, holds: int) -> Increases:
    told = (points.start != NO_START) & (points.start < points.at) & (points.at - points.start <= holds)
    return _as_they_are(points, np.where(told, points.start, points.at))


def _as_they_are(points: HistogramColumns, since: Ints) -> Increases:
    owner = points.point_of_bucket
    return Increases(
        points.layouts, points.at[owner], points.layout[owner], points.key, points.amount, since, points.at
    )


def _increases(points: HistogramColumns, holds: int) -> Increases:
    """Of cumulative ones, by stream and instant."""
    since, linked, whole = _bases(points, holds)
    compared = np.flatnonzero(linked & ~whole)
    differences, reset = _differences(points, compared)
    whole[compared[reset]] = True
    anew = linked & whole
    return concatenate_increases(
        [differences, _as_they_are(points.pick(anew), since[anew]), _known(points, since, linked & ~whole)]
    )


def _known(points: HistogramColumns, since: Ints, which: Mask) -> Increases:
    none = np.zeros(0, np.int64)
    return Increases((), none, none, none, none, since[which], points.at[which])


def _bases(points: HistogramColumns, holds: int) -> tuple[Ints, Mask, Mask]:
    """Since when each counts, whether that is known, and whether it counts from nothing."""
    same = _follows(points.series)
    before = np.where(same, _shifted(points.at), NO_START)
    own = (points.start != NO_START) & (before < points.start)
    since = np.where(own, points.start, np.where(same, before, points.at))
    schema = np.array([layout.schema for layout in points.layouts], np.int64)[points.layout]
    explicit = schema == EXPLICIT_SCHEMA
    comparable = same & (explicit == _shifted(explicit))
    linked = np.where(own, points.start < points.at, comparable) & (points.at - since <= holds)
    said = (points.flags & RESET_FLAG) > 0
    whole = own | (said & ~_shifted(said)) | (~explicit & _finer(points, schema))
    return since, linked, whole


def _finer(points: HistogramColumns, schema: Ints) -> Mask:
    zero = np.array([layout.zero_threshold for layout in points.layouts], np.float64)[points.layout]
    return np.asarray((schema > _shifted(schema)) | (zero < _shifted(zero)))


def _follows(series: Ints) -> Mask:
    same = np.zeros(len(series), np.bool_)
    same[1:] = series[1:] == series[:-1]
    return same


def _shifted(column: NDArray[Any]) -> NDArray[Any]:
    """The entry before; the first one stays."""
    return np.concatenate((column[:1], column[:-1]))


def _differences(points: HistogramColumns, compared: Ints) -> tuple[Increases, Mask]:
    """To the point before each of the compared, and which of them were reset; these are left out."""
    pairs = _aligned(points.pick(compared - 1), points.pick(compared))
    owner, key, amount = _summed(pairs)
    reset = pairs.cut
    classic = (pairs.later.flags & CLASSIC_FLAG) > 0
    less = owner[np.where(classic[owner], _up_to(owner, amount), amount) < 0]
    overlapping = pairs.near
    overlapping[owner[amount > 0]] = False
    reset[less[~overlapping[less]]] = True
    left = ~reset[owner] & (amount != 0)
    owner, none = owner[left], np.zeros(0, np.int64)
    at, layout = pairs.later.at[owner], pairs.layout[owner]
    return Increases(pairs.layouts, at, layout, key[left], amount[left], none, none), reset


@dataclass(slots=True)
class _Pairs:
    """Points and those before them, with keys of one layout for both."""

    earlier: HistogramColumns
    later: HistogramColumns
    layouts: tuple[BucketLayout, ...]
    layout: Ints
    keys: tuple[Ints, Ints]
    cut: Mask
    """Where a bucket lies partly in what is now the bucket around zero, which only a reset explains."""

    @property
    def near(self) -> Mask:
        """Whether the later one may have been read before the other was: if it holds no more in any bucket, it was."""
        soon = self.later.at - self.earlier.at <= MAX_READING_OVERLAP_MS
        return np.asarray(soon & (self.later.count >= self.earlier.count - self.later.count))


def _aligned(earlier: HistogramColumns, later: HistogramColumns) -> _Pairs:
    layouts, layout = later.layouts, later.layout.copy()
    places = {one: place for place, one in enumerate(layouts)}
    keys, cut = (earlier.key.copy(), later.key.copy()), np.zeros(len(later), np.bool_)
    differ = earlier.layout != later.layout
    for one, other in sorted(set(zip(earlier.layout[differ].tolist(), later.layout[differ].tolist(), strict=True))):
        which = (earlier.layout == one) & (later.layout == other)
        common = _common(layouts[one], layouts[other])
        layout[which] = places.setdefault(common, len(places))
        for part, column, place in ((earlier, keys[0], one), (later, keys[1], other)):
            rows = which[part.point_of_bucket]
            if part is earlier:
                cut[part.point_of_bucket[rows][layouts[place].is_cut_by(common, column[rows])]] = True
            column[rows] = layouts[place].keys_in_coarser(column[rows], common)
    return _Pairs(earlier, later, tuple(places), layout, keys, cut)


def _common(earlier: BucketLayout, later: BucketLayout) -> BucketLayout:
    if not later.is_explicit:
        return later  # the coarser one: were it finer, it would be a reset
    return BucketLayout(EXPLICIT_SCHEMA, 0.0, tuple(sorted(set(earlier.bounds) & set(later.bounds))))


def _summed(pairs: _Pairs) -> tuple[Ints, Ints, Ints]:
    """Pair, key and difference, in order."""
    owner = np.concatenate((pairs.earlier.point_of_bucket, pairs.later.point_of_bucket))
    amount = np.concatenate((-pairs.earlier.amount, pairs.later.amount))
    names, sums = sum_by_key((owner << KEY_BITS) + np.concatenate(pairs.keys) + KEY_BIAS, amount)
    return names >> KEY_BITS, (names & ((1 << KEY_BITS) - 1)) - KEY_BIAS, sums


def sum_by_key(names: Ints, amount: Ints) -> tuple[Ints, Ints]:
    """Each name once, in order, and the sum of its amounts."""
    if not len(names):
        return names, amount
    order = np.argsort(names)
    ordered = names[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return ordered[starts], np.add.reduceat(amount[order], starts)


def _up_to(owner: Ints, amount: Ints) -> Ints:
    """Per pair, the sums over all buckets up to each."""
    sums = np.cumsum(amount)
    starts = np.flatnonzero(~_follows(owner))
    before = (sums - amount)[starts]
    return np.asarray(sums - np.repeat(before, np.diff(starts, append=len(owner))))
