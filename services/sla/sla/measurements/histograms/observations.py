"""The observations of a histogram in a window: how many lie in which bucket, minute by minute."""

# Histograms of different layouts lie side by side, none is converted to another: each answers with its own edges.

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sla.measurements.histograms.bucket_layout import BucketLayout, keep_used_layouts, merge_layouts
from sla.measurements.histograms.columns import layouts_to_bytes
from sla.measurements.histograms.percentiles import INFINITY, Distribution
from sla.measurements.histograms.row_groups import decode_group_keys, encode_group_keys, sum_by_key
from sla.measurements.samples import Counts, Ints, Mask, begins_group, narrowest_type

Bitmaps = NDArray[np.uint64]
"""Minutes of an hour in one number, the lowest bit first."""
BucketColumns = tuple[Ints, Ints, Ints, Ints]
"""Minute, layout, key and amount."""

_HOUR = 60


@dataclass(frozen=True, eq=False)
class Observations:
    """The observations in the minutes of a half-open window: rows of buckets, and the amounts in each of them.

    There is a row for each hour, layout and key in which something was observed, ordered by these.
    """

    start: datetime
    is_known: Mask
    """Whether each minute is known; a known minute without observations is one in which nothing happened."""
    layouts: tuple[BucketLayout, ...]
    """In order; each is used by a row."""
    hour: Ints
    """Counted from the hour in which the window begins."""
    layout: Ints
    key: Ints
    minutes: Bitmaps
    """The minutes in which something was observed; never empty."""
    amount: Counts
    """One amount for each of these minutes, row after row."""

    def __len__(self) -> int:
        return len(self.is_known)

    @classmethod
    def from_columns(
        cls, start: datetime, is_known: Mask, layouts: tuple[BucketLayout, ...], columns: BucketColumns
    ) -> Self:
        """Build observations from columns in any order; the amounts of a bucket in a minute are added up."""
        minute, layout, key, amount = _add_up(len(layouts), columns)
        layouts, layout = keep_used_layouts(layouts, layout)
        hour, minute = np.divmod(minute + start.astimezone(UTC).minute, _HOUR)
        order = np.lexsort((minute, key, layout, hour))
        hour, layout, key, amount = (column[order] for column in (hour, layout, key, amount))
        rows = np.flatnonzero(begins_group(hour, layout, key))
        bits = np.left_shift(np.uint64(1), minute[order].astype(np.uint64))
        minutes = np.bitwise_or.reduceat(bits, rows)
        return cls(start, is_known, layouts, hour[rows], layout[rows], key[rows], minutes, _narrow(amount))

    def to_columns(self) -> BucketColumns:
        """Return a row for each minute and bucket in which something was observed; minutes count from the start."""
        row, minute_of_hour = np.nonzero(to_bits(self.minutes))
        minute = _HOUR * self.hour[row] + minute_of_hour - self._lead
        return minute, self.layout[row], self.key[row], self.amount.astype(np.int64)

    def add_difference(self, before: Self, after: Self, is_known: Mask) -> Self:
        """Add what the same minutes hold after something came, and take off what they held before."""
        terms = [(term, term.to_columns(), sign) for term, sign in ((self, 1), (before, -1), (after, 1))]
        layouts, layout = merge_layouts([(term.layouts, columns[1]) for term, columns, _ in terms])
        minute, key = (np.concatenate([columns[place] for _, columns, _ in terms]) for place in (0, 2))
        amount = np.concatenate([sign * columns[3] for _, columns, sign in terms])
        return type(self).from_columns(self.start, is_known, layouts, (minute, layout, key, amount))

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def distribution(self, mask: Mask) -> Distribution:
        """Return the distribution of all observations in the masked minutes."""
        rows, minutes, amount = self._within(mask)
        counts = np.bitwise_count(minutes).astype(np.int64)
        wide = amount.astype(object if amount.dtype == np.int64 else np.int64)  # sums of the widest may overflow
        row_sums = np.add.reduceat(wide, np.cumsum(counts) - counts)
        group_keys, sums = sum_by_key(encode_group_keys(self.layout[rows], self.key[rows]), row_sums)
        buckets = zip(*(column.tolist() for column in decode_group_keys(group_keys)), strict=True)
        return Distribution(self.layouts, dict(zip(buckets, sums.tolist(), strict=True)))

    def count_by_minute(self, limit: Decimal | None) -> tuple[Ints, Ints]:
        """Return for each minute how many observations were certainly up to the limit, and how many there were."""
        good, total = np.zeros(len(self), np.int64), np.zeros(len(self), np.int64)
        minute, layout, key, amount = self.to_columns()
        last_keys = [layout.last_key if limit is None else layout.last_key_up_to(limit) for layout in self.layouts]
        is_good = key <= np.array(last_keys, np.int64)[layout]
        np.add.at(good, minute[is_good], amount[is_good])
        np.add.at(total, minute, amount)
        return good, total

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
        rows, minutes, amount = self._within(mask)
        start, hour = self.start + timedelta(minutes=first), self.hour[rows] - (self._lead + first) // _HOUR
        layouts, layout = keep_used_layouts(self.layouts, self.layout[rows])
        is_known, amount = self.is_known[first:last], _narrow(amount)
        return type(self)(start, is_known, layouts, hour, layout, self.key[rows], minutes, amount)

    def digest(self) -> str:
        """Return the SHA-256 (hex) of the window and all it holds: the evidence on which a statement rests.

        Hashed are a line `rapport observations 2 <start, UTC> <minutes> <layouts> <buckets> <amounts> <bytes per
        amount>`, the layouts, whether each minute is known, and the columns hour, layout, key (4 bytes each), minutes
        (a bitmap of 8 bytes) and amount, as little-endian integers; amounts in the narrowest signed ones that hold
        them.
        """
        sizes = (len(self), len(self.layouts), len(self.key), len(self.amount), self.amount.itemsize)
        header = f"rapport observations 2 {self.start.astimezone(UTC).isoformat()} {' '.join(map(str, sizes))}\n"
        hashed = hashlib.sha256(header.encode() + layouts_to_bytes(self.layouts))
        narrow_columns = [column.astype("<i4") for column in (self.hour, self.layout, self.key)]
        for column in (self.is_known, *narrow_columns, self.minutes, self.amount):
            hashed.update(np.ascontiguousarray(column).data)
        return hashed.hexdigest()

    @property
    def _lead(self) -> int:
        """The minutes of the first hour that lie before the window."""
        return self.start.astimezone(UTC).minute

    def _within(self, mask: Mask) -> tuple[Mask, Bitmaps, Counts]:
        """Return which rows have amounts in the masked minutes, and for these their minutes and amounts."""
        minutes = self.minutes & self._to_bitmaps(mask)[self.hour]
        is_whole, counts = minutes == self.minutes, np.bitwise_count(self.minutes)
        is_inside = np.repeat(is_whole, counts)
        is_cut = ~is_whole & (minutes != 0)
        is_inside[np.repeat(is_cut, counts)] = to_bits(minutes[is_cut])[to_bits(self.minutes[is_cut])]
        rows = minutes != 0
        return rows, minutes[rows], self.amount if is_whole.all() else self.amount[is_inside]

    def _to_bitmaps(self, mask: Mask) -> Bitmaps:
        """Return the masked minutes as one bitmap for each hour of the window."""
        hours = np.zeros((-(-(self._lead + len(self)) // _HOUR), _HOUR), np.bool_)
        hours.reshape(-1)[self._lead : self._lead + len(self)] = mask
        bitmaps = np.pad(hours, ((0, 0), (0, 64 - _HOUR)))
        return np.packbits(bitmaps, axis=1, bitorder="little").view("<u8").ravel()


def _add_up(layout_count: int, columns: BucketColumns) -> BucketColumns:
    """Add up the amounts of each minute, layout and key, and leave out sums of zero."""
    minute, layout, key, amount = columns
    group_keys, sums = sum_by_key(encode_group_keys(minute * layout_count + layout, key), amount)
    group, key = decode_group_keys(group_keys[sums != 0])
    return *np.divmod(group, max(layout_count, 1)), key, sums[sums != 0]


def to_bits(bitmaps: Bitmaps) -> Mask:
    """Return a row of 64 bits for each bitmap."""
    words: NDArray[np.uint8] = np.ascontiguousarray(bitmaps).view(np.uint8).reshape(-1, 8)
    return np.unpackbits(words, axis=1, bitorder="little").view(np.bool_)


def _narrow(amount: Counts) -> Counts:
    return amount.astype(narrowest_type(amount), copy=False)
