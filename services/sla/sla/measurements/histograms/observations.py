"""The observations of a histogram in a window: how many lie in which bucket, minute by minute."""

# Histograms of different layouts lie side by side, none is converted to another: each answers with its own edges.

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sla.measurements.histograms.bucket_layout import BucketLayout, decode_group_keys, encode_group_keys
from sla.measurements.histograms.columns import index_ranges, layouts_to_bytes
from sla.measurements.histograms.percentiles import INFINITY, Distribution
from sla.measurements.samples import Ints, Mask

Bitmaps = NDArray[np.uint64]
"""One bitmap per hour: its minutes, the lowest bit first."""
Amounts = NDArray[np.signedinteger[Any]]
BucketColumns = tuple[Ints, Ints, Ints, Ints]
"""Minute, layout, key and amount."""

_HOUR = 60
_OVERFLOW = 2**63


@dataclass(frozen=True, eq=False)
class ObservedBuckets:
    """Buckets with the amounts observed in them: one row per hour, layout and key, ordered by these."""

    hour: NDArray[np.int32]
    """Counted from the hour in which the window begins."""
    layout: NDArray[np.int32]
    key: NDArray[np.int32]
    minutes: Bitmaps
    """The minutes in which something was observed; never empty."""
    amount: Amounts
    """One amount for each of these minutes, bucket after bucket."""

    @classmethod
    def from_columns(cls, columns: BucketColumns) -> Self:
        """Build buckets from minutes counted from the start of an hour, in any order, each once per bucket."""
        minute, layout, key, amount = columns
        order = np.lexsort((minute, key, layout, minute // _HOUR))
        hour, bit = np.divmod(minute[order], _HOUR)
        identity = np.stack((hour, layout[order], key[order])).astype(np.int32)
        is_first = np.ones(len(order), np.bool_)
        is_first[1:] = (identity[:, 1:] != identity[:, :-1]).any(axis=0)
        first = np.flatnonzero(is_first)
        bits = np.left_shift(np.uint64(1), bit.astype(np.uint64))
        minutes = np.bitwise_or.reduceat(bits, first) if len(first) else bits
        return cls(
            identity[0, first], identity[1, first], identity[2, first], minutes, to_narrowest_integers(amount[order])
        )

    @classmethod
    def empty(cls) -> Self:
        nothing = np.zeros(0, np.int64)
        return cls.from_columns((nothing, nothing, nothing, nothing))

    @cached_property
    def minute_counts(self) -> Ints:
        """The number of minutes of each bucket."""
        return np.bitwise_count(self.minutes).astype(np.int64)

    @cached_property
    def amount_starts(self) -> Ints:
        """The place where the amounts of each bucket begin."""
        return np.cumsum(self.minute_counts) - self.minute_counts

    def within(self, words: Bitmaps) -> Self:
        """Return only what lies in the given minutes, one bitmap per hour."""
        minutes = self.minutes & words[self.hour]
        if np.array_equal(minutes, self.minutes):
            return self
        rows = minutes != 0
        amount = to_narrowest_integers(self.amount[self._amounts_within(minutes)])
        return type(self)(self.hour[rows], self.layout[rows], self.key[rows], minutes[rows], amount)

    def _amounts_within(self, minutes: Bitmaps) -> Mask:
        """Return which amounts belong to the given minutes of each bucket."""
        is_whole = minutes == self.minutes
        inside = np.repeat(is_whole, self.minute_counts)
        is_cut = ~is_whole & (minutes != 0)
        places = index_ranges(self.amount_starts[is_cut], self.minute_counts[is_cut])
        inside[places] = to_bits(minutes[is_cut])[to_bits(self.minutes[is_cut])]
        return inside

    def sums(self) -> dict[tuple[int, int], int]:
        """Return the sum of the amounts by layout and key."""
        if not len(self.hour):
            return {}
        amount = self.amount if _sum_fits(self.amount) else self.amount.astype(object)
        bucket_sums = np.add.reduceat(amount, self.amount_starts, dtype=object if amount.dtype == object else np.int64)
        group_keys, place = np.unique(encode_group_keys(self.layout, self.key), return_inverse=True)
        sums = np.zeros(len(group_keys), bucket_sums.dtype)
        np.add.at(sums, place, bucket_sums)
        buckets = zip(*(column.tolist() for column in decode_group_keys(group_keys)), strict=True)
        return dict(zip(buckets, sums.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Observations:
    """The observations in the minutes of a half-open window."""

    start: datetime
    is_known: Mask
    """Whether each minute is known; a known minute without observations is one in which nothing happened."""
    layouts: tuple[BucketLayout, ...]
    """In order; each is used by a bucket."""
    buckets: ObservedBuckets

    def __len__(self) -> int:
        return len(self.is_known)

    @classmethod
    def from_columns(
        cls, start: datetime, is_known: Mask, layouts: tuple[BucketLayout, ...], columns: BucketColumns
    ) -> Self:
        """Build observations from columns that count minutes from the start."""
        minute, layout, key, amount = columns
        buckets = ObservedBuckets.from_columns((minute + start.astimezone(UTC).minute, layout, key, amount))
        return cls(start, is_known, layouts, buckets).without_unused_layouts()

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def distribution(self, mask: Mask) -> Distribution:
        """Return the distribution of all observations in the masked minutes."""
        return Distribution(self.layouts, self.buckets.within(self._to_words(mask)).sums())

    def edges_below(self, limit: Decimal) -> list[Decimal | None]:
        """Return the edges that stand for the limit, one per layout; None where no edge is up to it."""
        last_keys = [(layout, layout.last_key_up_to(limit)) for layout in self.layouts]
        return sorted(
            {layout.upper_edge(key) if layout.has_bucket(key) else None for layout, key in last_keys},
            key=lambda edge: -INFINITY if edge is None else edge,
        )

    def slice(self, first: int, last: int) -> Self:
        """Return the observations from one minute until before another, as if there were no others."""
        mask = np.zeros(len(self), np.bool_)
        mask[first:last] = True
        buckets = self.buckets.within(self._to_words(mask))
        buckets = replace(buckets, hour=buckets.hour - np.int32((self._lead + first) // _HOUR))
        start = self.start + timedelta(minutes=first)
        return type(self)(start, self.is_known[first:last], self.layouts, buckets).without_unused_layouts()

    def without_unused_layouts(self) -> Self:
        """Return the same observations without layouts that no bucket uses."""
        used = np.flatnonzero(np.bincount(self.buckets.layout))
        if len(used) == len(self.layouts):
            return self
        layouts = tuple(self.layouts[place] for place in used.tolist())
        layout = np.searchsorted(used, self.buckets.layout).astype(np.int32)
        return replace(self, layouts=layouts, buckets=replace(self.buckets, layout=layout))

    def digest(self) -> str:
        """Return the SHA-256 (hex) of the window and all it holds: the evidence on which a statement rests.

        Hashed are a line `rapport observations 2 <start, UTC> <minutes> <layouts> <buckets> <amounts> <bytes per
        amount>`, the layouts, whether each minute is known, and the columns hour, layout, key (4 bytes each), minutes
        (a bitmap of 8 bytes) and amount, as little-endian integers; amounts in the narrowest signed ones that hold
        them.
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        buckets = self.buckets
        sizes = (len(self), len(self.layouts), len(buckets.hour), len(buckets.amount), buckets.amount.itemsize)
        header = f"rapport observations 2 {self.start.astimezone(UTC).isoformat()} {' '.join(map(str, sizes))}\n"
        hashed = hashlib.sha256(header.encode() + layouts_to_bytes(self.layouts))
        for column in (self.is_known, buckets.hour, buckets.layout, buckets.key, buckets.minutes, buckets.amount):
            hashed.update(np.ascontiguousarray(column).data)
        return hashed.hexdigest()

    @property
    def _lead(self) -> int:
        """The minutes of the first hour that lie before the window."""
        return self.start.astimezone(UTC).minute

    def _to_words(self, mask: Mask) -> Bitmaps:
        """Return the masked minutes as one bitmap per hour of the window."""
        hours = -(-(self._lead + len(self)) // _HOUR)
        minutes = np.zeros(hours * _HOUR, np.bool_)
        minutes[self._lead : self._lead + len(self)] = mask
        return to_bitmaps(minutes)


def to_bitmaps(minutes: Mask) -> Bitmaps:
    """Return one bitmap for each of whole hours."""
    padded = np.zeros((len(minutes) // _HOUR, 64), np.bool_)
    padded[:, :_HOUR] = minutes.reshape(-1, _HOUR)
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").ravel()


def to_bits(words: Bitmaps) -> Mask:
    """Return a row of 64 bits for each bitmap."""
    bytes_ = np.ascontiguousarray(words).view(np.uint8).reshape(-1, 8)
    return np.unpackbits(bytes_, axis=1, bitorder="little").astype(np.bool_)


def to_narrowest_integers(amount: Amounts) -> Amounts:
    """Return amounts in the narrowest integers that hold all of them."""
    highest = _highest(amount)
    return amount.astype(next(f"<i{size}" for size in (1, 2, 4, 8) if highest < 1 << (8 * size - 1)), copy=False)


def _sum_fits(amount: Amounts) -> bool:
    """Return whether the sum of all amounts fits in 64 bits."""
    return _highest(amount) * len(amount) < _OVERFLOW


def _highest(amount: Amounts) -> int:
    return max(int(amount.max(initial=0)), -int(amount.min(initial=0)))
