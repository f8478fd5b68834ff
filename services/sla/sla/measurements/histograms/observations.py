"""What a histogram observed in a window: how many observations in which bucket, minute by minute."""

# Histograms of different buckets lie side by side, none is turned into another: each answers with its own edges.

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sla.measurements.histograms.bucket_layout import BucketLayout
from sla.measurements.histograms.columns import index_ranges, layouts_to_bytes
from sla.measurements.histograms.distribution import INFINITY, Distribution
from sla.measurements.samples import Ints

Mask = NDArray[np.bool_]
Bitmaps = NDArray[np.uint64]
"""Minutes of an hour, the lowest bit first."""
Amounts = NDArray[np.signedinteger[Any]]
BucketColumns = tuple[Ints, Ints, Ints, Ints]
"""Minute, layout, key and amount."""

_HOUR = 60
_OVERFLOW = 2**63
_SHIFT = 25
"""Bits that hold a key, from -_MIDDLE on."""
_MIDDLE = 1 << (_SHIFT - 1)


@dataclass(frozen=True, eq=False)
class ObservedBuckets:
    """What lies in which bucket: an entry per hour, layout and key, in this order, in the columns to `minutes`."""

    hour: NDArray[np.int32]
    """Counted from the one in which the window begins."""
    layout: NDArray[np.int32]
    key: NDArray[np.int32]
    minutes: Bitmaps
    """In which something was observed: some."""
    amount: Amounts
    """Of each of these minutes, bucket after bucket."""

    @classmethod
    def from_columns(cls, columns: BucketColumns) -> Self:
        """Of minutes counted from the beginning of an hour, in any order; each in each bucket once."""
        minute, layout, key, amount = columns
        order = np.lexsort((minute, key, layout, minute // _HOUR))
        hour, bit = np.divmod(minute[order], _HOUR)
        names = np.stack((hour, layout[order], key[order])).astype(np.int32)
        fresh = np.ones(len(order), np.bool_)
        fresh[1:] = (names[:, 1:] != names[:, :-1]).any(axis=0)
        first = np.flatnonzero(fresh)
        bits = np.left_shift(np.uint64(1), bit.astype(np.uint64))
        minutes = np.bitwise_or.reduceat(bits, first) if len(first) else bits
        return cls(names[0, first], names[1, first], names[2, first], minutes, to_narrowest_integers(amount[order]))

    @classmethod
    def empty(cls) -> Self:
        nothing = np.zeros(0, np.int64)
        return cls.from_columns((nothing, nothing, nothing, nothing))

    @cached_property
    def minute_counts(self) -> Ints:
        """In how many minutes."""
        return np.bitwise_count(self.minutes).astype(np.int64)

    @cached_property
    def amount_starts(self) -> Ints:
        """Where the amounts of each begin."""
        return np.cumsum(self.minute_counts) - self.minute_counts

    def within(self, words: Bitmaps) -> Self:
        """Only what lies in these minutes, hour by hour."""
        wanted = self.minutes & words[self.hour]
        if np.array_equal(wanted, self.minutes):
            return self
        kept = wanted != 0
        amount = to_narrowest_integers(self.amount[self._inside(wanted)])
        return type(self)(self.hour[kept], self.layout[kept], self.key[kept], wanted[kept], amount)

    def _inside(self, wanted: Bitmaps) -> Mask:
        """Which amounts belong to the wanted minutes."""
        whole = wanted == self.minutes
        inside = np.repeat(whole, self.minute_counts)
        cut = ~whole & (wanted != 0)
        inside[index_ranges(self.amount_starts[cut], self.minute_counts[cut])] = to_bits(wanted[cut])[
            to_bits(self.minutes[cut])
        ]
        return inside

    def sums(self) -> dict[tuple[int, int], int]:
        """By layout and key."""
        if not len(self.hour):
            return {}
        amount = self.amount if _fits(self.amount) else self.amount.astype(object)
        summed = np.add.reduceat(amount, self.amount_starts, dtype=object if amount.dtype == object else np.int64)
        names, place = np.unique(encode_buckets(self.layout, self.key), return_inverse=True)
        found = np.zeros(len(names), summed.dtype)
        np.add.at(found, place, summed)
        buckets = zip(*(column.tolist() for column in decode_buckets(names)), strict=True)
        return dict(zip(buckets, found.tolist(), strict=True))


@dataclass(frozen=True, eq=False)
class Observations:
    """The minutes of a half-open window."""

    start: datetime
    known: Mask
    """Whether anyone was looking, by minute; if so, a minute without observations is one in which nothing happened."""
    layouts: tuple[BucketLayout, ...]
    """In order; something lies in each."""
    buckets: ObservedBuckets

    def __len__(self) -> int:
        return len(self.known)

    @classmethod
    def from_columns(
        cls, start: datetime, known: Mask, layouts: tuple[BucketLayout, ...], columns: BucketColumns
    ) -> Self:
        """Of columns that count minutes from the start."""
        minute, layout, key, amount = columns
        held = ObservedBuckets.from_columns((minute + start.astimezone(UTC).minute, layout, key, amount))
        return cls(start, known, layouts, held).without_unused_layouts()

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def distribution(self, mask: Mask) -> Distribution:
        """All observations of the masked minutes."""
        return Distribution(self.layouts, self.buckets.within(self._words(mask)).sums())

    def edges_below(self, limit: Decimal) -> list[Decimal | None]:
        """The edges that stand for the limit, one for each kind of buckets; None where no edge is up to it."""
        lasts = [(layout, layout.last_key_up_to(limit)) for layout in self.layouts]
        return sorted(
            {layout.upper_edge(key) if layout.has_bucket(key) else None for layout, key in lasts},
            key=lambda edge: -INFINITY if edge is None else edge,
        )

    def slice(self, first: int, last: int) -> Self:
        """From one minute until before another one, as if nothing else had ever been observed."""
        mask = np.zeros(len(self), np.bool_)
        mask[first:last] = True
        buckets = self.buckets.within(self._words(mask))
        buckets = replace(buckets, hour=buckets.hour - np.int32((self._lead + first) // _HOUR))
        start = self.start + timedelta(minutes=first)
        return type(self)(start, self.known[first:last], self.layouts, buckets).without_unused_layouts()

    def without_unused_layouts(self) -> Self:
        """Without layouts of which nothing lies in the window."""
        used = np.flatnonzero(np.bincount(self.buckets.layout))
        if len(used) == len(self.layouts):
            return self
        layouts = tuple(self.layouts[place] for place in used.tolist())
        layout = np.searchsorted(used, self.buckets.layout).astype(np.int32)
        return replace(self, layouts=layouts, buckets=replace(self.buckets, layout=layout))

    def digest(self) -> str:
        """SHA-256 (hex) of the window and all it holds: the evidence that a statement was drawn from.

        A line `rapport observations 2 <start, UTC> <minutes> <layouts> <buckets> <amounts> <bytes per amount>`, the
        layouts, whether each minute is known, and the columns hour, layout, key (4 bytes each), minutes (a bitmap of 8
        bytes) and amount, as little-endian integers; amounts in the narrowest signed ones that hold them.
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        held = self.buckets
        sizes = (len(self), len(self.layouts), len(held.hour), len(held.amount), held.amount.itemsize)
        header = f"rapport observations 2 {self.start.astimezone(UTC).isoformat()} {' '.join(map(str, sizes))}\n"
        hashed = hashlib.sha256(header.encode() + layouts_to_bytes(self.layouts))
        for column in (self.known, held.hour, held.layout, held.key, held.minutes, held.amount):
            hashed.update(np.ascontiguousarray(column).data)
        return hashed.hexdigest()

    @property
    def _lead(self) -> int:
        """Minutes of the first hour that lie before the window."""
        return self.start.astimezone(UTC).minute

    def _words(self, mask: Mask) -> Bitmaps:
        """The hours of the window, which of their minutes are masked."""
        hours = -(-(self._lead + len(self)) // _HOUR)
        minutes = np.zeros(hours * _HOUR, np.bool_)
        minutes[self._lead : self._lead + len(self)] = mask
        return to_bitmaps(minutes)


def encode_buckets(layout: NDArray[np.int32], key: NDArray[np.int32]) -> Ints:
    """A number for each layout and key, in their order."""
    return (layout.astype(np.int64) << _SHIFT) + (key + _MIDDLE)


def decode_buckets(names: Ints) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    return (names >> _SHIFT).astype(np.int32), ((names & ((1 << _SHIFT) - 1)) - _MIDDLE).astype(np.int32)


def to_bitmaps(minutes: Mask) -> Bitmaps:
    """Of whole hours, one each."""
    padded = np.zeros((len(minutes) // _HOUR, 64), np.bool_)
    padded[:, :_HOUR] = minutes.reshape(-1, _HOUR)
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").ravel()


def to_narrowest_integers(amount: Amounts) -> Amounts:
    """In the narrowest integers that hold all."""
    highest = _highest(amount)
    return amount.astype(next(f"<i{size}" for size in (1, 2, 4, 8) if highest < 1 << (8 * size - 1)), copy=False)


def to_bits(words: Bitmaps) -> Mask:
    """A row of 64 for each."""
    bytes_ = np.ascontiguousarray(words).view(np.uint8).reshape(-1, 8)
    return np.unpackbits(bytes_, axis=1, bitorder="little").astype(np.bool_)


def _fits(amount: Amounts) -> bool:
    """All together in 64 bits."""
    return _highest(amount) * len(amount) < _OVERFLOW


def _highest(amount: Amounts) -> int:
    return max(int(amount.max(initial=0)), -int(amount.min(initial=0)))
