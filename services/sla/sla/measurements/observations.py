"""What a histogram observed, per minute: how many observations in which bucket. Packed by the hour, exact at edges."""

# Histograms of different buckets lie side by side, none is turned into another: each answers with its own edges.

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import cramjam
import numpy as np
from numpy.typing import NDArray

from sla.measurements.layouts import Layout
from sla.measurements.points import layouts_of_raw, raw_layouts
from sla.measurements.samples import Ints

Mask = NDArray[np.bool_]
Columns = tuple[NDArray[np.signedinteger[Any]], ...]
"""Minute, layout, key and amount."""

INFINITE = Decimal("Infinity")
_VERSION = 1
_LEVEL = 1
_SHIFT = 25
"""Bits that hold a key, from -_MIDDLE on."""
_MIDDLE = 1 << (_SHIFT - 1)
_OVERFLOW = 2**63
_MANY = 1 << 20
"""Keys that are too far apart to be summed by place."""


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """The minutes of a half-open window. The last four columns have an entry per minute, layout and bucket."""

    start: datetime
    known: Mask
    """Whether anyone was looking, by minute; if so, a minute without observations is one in which nothing happened."""
    layouts: tuple[Layout, ...]
    minute: NDArray[np.int32]
    layout: NDArray[np.int32]
    key: NDArray[np.int32]
    amount: Ints

    def __len__(self) -> int:
        return len(self.known)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def up_to(self, limit: Decimal, mask: Mask) -> tuple[int, int]:
        """How many observations of the masked minutes were certainly up to the limit, and how many there were.

        Of a bucket in which the limit lies, nothing counts as up to it: what is compared is the edge below
        (`edges_below`). Observations at an edge belong to the bucket below it.
        """
        inside = mask[self.minute]
        last = np.array([layout.last_up_to(limit) for layout in self.layouts], np.int32)
        good = inside & (self.key <= last[self.layout]) if len(last) else inside
        return _sum(self.amount[good]), _sum(self.amount[inside])

    def edges_below(self, limit: Decimal) -> list[Decimal | None]:
        """The edges that stand for the limit, one for each kind of buckets; None where no edge is up to it."""
        lasts = [(layout, layout.last_up_to(limit)) for layout in self.layouts]
        return sorted(
            {layout.edge(key) if layout.has(key) else None for layout, key in lasts},
            key=lambda edge: -INFINITE if edge is None else edge,
        )

    def quantile(self, share: Decimal | Fraction, mask: Mask) -> Decimal | None:
        """The smallest edge up to which there is that share (0 to 1) of the observations; None if there are none.

        It is up to a limit exactly when `up_to` finds the share reached, if the limit is an edge of all histograms.
        Infinity when not even the last edge reaches it.
        """
        return self.quantiles([share], mask)[0]

    def quantiles(self, shares: Sequence[Decimal | Fraction], mask: Mask) -> list[Decimal | None]:
        edges = sorted((self._edge(*bucket), amount) for bucket, amount in self._by_bucket(mask).items())
        reached = list(accumulate(amount for _, amount in edges))
        wanted = [Fraction(share) * (reached[-1] if reached else 0) for share in shares]
        return [
            next(edge for (edge, _), amount in zip(edges, reached, strict=True) if amount >= one) if one > 0 else None
            for one in wanted
        ]

    def _by_bucket(self, mask: Mask) -> dict[tuple[int, int], int]:
        """Sums by layout and key."""
        inside = mask[self.minute]
        layout, key, amount = self.layout[inside].astype(np.int64), self.key[inside], self.amount[inside]
        first, last = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        span = last - first + 1
        place = layout * span + (key - first)
        names: Ints = np.arange(min(span * len(self.layouts), _MANY))
        if span * len(self.layouts) > _MANY:
            names, place = np.unique(place, return_inverse=True)
        seen, sums = np.zeros(len(names), np.bool_), _sums(place, amount, len(names))
        seen[place] = True
        buckets = np.divmod(names[seen], span)
        return {
            (layout, key + first): int(one)
            for layout, key, one in zip(*(column.tolist() for column in buckets), sums[seen], strict=True)
        }

    def _edge(self, layout: int, key: int) -> Decimal:
        edge = self.layouts[layout].edge(key)
        return INFINITE if edge is None else edge

    def digest(self) -> str:
        """SHA-256 (hex) of the window and all it holds: the evidence that a statement was drawn from.

        A line `rapport observations 1 <start, UTC> <minutes> <layouts> <entries>`, the layouts, whether each minute is
        known, and the columns minute, layout, key and amount, as little-endian integers of 4, 4, 4 and 8 bytes.
        """
        start = self.start.astimezone(UTC).isoformat()
        header = f"rapport observations 1 {start} {len(self)} {len(self.layouts)} {len(self.minute)}\n"
        columns = (self.known, self.minute, self.layout, self.key, self.amount)
        parts = [header.encode(), raw_layouts(self.layouts), *(column.tobytes() for column in columns)]
        return hashlib.sha256(b"".join(parts)).hexdigest()


def _sum(amount: Ints) -> int:
    """In integers that do not overflow."""
    return int(amount.sum()) if _fits(amount) else sum(amount.tolist())


def _fits(amount: Ints) -> bool:
    return max(int(amount.max(initial=0)), -int(amount.min(initial=0))) * len(amount) < _OVERFLOW


def _sums(place: Ints, amount: Ints, places: int) -> NDArray[Any]:
    """By place."""
    found = np.zeros(places, np.int64 if _fits(amount) else object)
    np.add.at(found, place, amount if _fits(amount) else amount.astype(object))
    return found


def pack_observed(known: Mask, layouts: Sequence[Layout], columns: Columns) -> bytes | None:
    """60 minutes. None if nothing is known of them."""
    if not known.any():
        return None
    minute, layout, key, amount = columns
    used = sorted((layouts[place], place) for place in np.unique(layout).tolist())
    names = np.zeros(len(layouts), np.int64)
    names[[place for _, place in used]] = np.arange(len(used))
    buckets, bucket = np.unique((names[layout] << _SHIFT) + (key + _MIDDLE), return_inverse=True)
    order = np.lexsort((bucket, minute))
    parts = (minute[order].astype(np.int8), *(_narrow(column[order]) for column in (bucket, amount)))
    sizes = np.array([len(used), len(buckets), len(order), parts[1].itemsize, parts[2].itemsize], np.int64)
    data = np.packbits(known, bitorder="little").tobytes() + sizes.tobytes() + raw_layouts([one for one, _ in used])
    data += buckets.tobytes() + b"".join(part.tobytes() for part in parts)
    return bytes([_VERSION]) + bytes(cramjam.zstd.compress(data, _LEVEL))


def _narrow(column: Ints) -> NDArray[np.signedinteger[Any]]:
    highest = max(int(column.max(initial=0)), -int(column.min(initial=0)))
    return column.astype(next(f"<i{size}" for size in (1, 2, 4, 8) if highest < 1 << (8 * size - 1)))


def unpack_observed(start: datetime, count: int, packed: Sequence[tuple[int, bytes]]) -> Observations:
    """`count` minutes from `start`; `packed` is (minutes from start to the hour, the hour), hours may overhang."""
    known = np.zeros(count, np.bool_)
    hours = [(offset, _unpacked(hour)) for offset, hour in sorted(packed)]
    layouts = sorted({layout for _, hour in hours for layout in hour.layouts})
    places = {layout: place for place, layout in enumerate(layouts)}
    parts = [_columns(offset, hour, places, known) for offset, hour in hours]
    kinds = (np.int32, np.int32, np.int32, np.int64)
    minute, layout, key, amount = (
        np.concatenate([np.zeros(0, kind), *(part[place] for part in parts)], dtype=kind)
        for place, kind in enumerate(kinds)
    )
    return _of_use(Observations(start, known, tuple(layouts), minute, layout, key, amount))


def _of_use(observed: Observations) -> Observations:
    """Without layouts of which nothing lies in the window."""
    used = np.unique(observed.layout)
    if len(used) == len(observed.layouts):
        return observed
    layout = np.searchsorted(used, observed.layout).astype(np.int32)
    return replace(observed, layouts=tuple(observed.layouts[place] for place in used.tolist()), layout=layout)


@dataclass(frozen=True, slots=True, eq=False)
class _Hour:
    """Its rows are in order of minute, layout and key; layouts are in order, too."""

    known: Mask
    layouts: tuple[Layout, ...]
    buckets: Ints
    minute: Ints
    bucket: NDArray[np.signedinteger[Any]]
    amount: NDArray[np.signedinteger[Any]]


def _columns(offset: int, hour: _Hour, places: Mapping[Layout, int], known: Mask) -> Columns:
    """Minutes of the window; notes which of them are known."""
    first, last = max(offset, 0), min(offset + 60, len(known))
    known[first:last] = hour.known[first - offset : max(last - offset, 0)]
    names = np.array([places[layout] for layout in hour.layouts], np.int32)
    keys = (hour.buckets & ((1 << _SHIFT) - 1)).astype(np.int32) - _MIDDLE
    minute, bucket, amount = hour.minute + np.int32(offset), hour.bucket, hour.amount
    if offset < 0 or offset + 60 > len(known):
        inside = (minute >= 0) & (minute < len(known))
        minute, bucket, amount = minute[inside], bucket[inside], amount[inside]
    return minute, names[hour.buckets >> _SHIFT][bucket], keys[bucket], amount


def _unpacked(packed: bytes) -> _Hour:
    if packed[0] != _VERSION:
        raise ValueError("packed in a form unknown here")
    data = bytes(cramjam.zstd.decompress(packed[1:]))
    known = np.unpackbits(np.frombuffer(data, np.uint8, 8), count=60, bitorder="little").astype(np.bool_)
    layout_count, buckets, rows, *widths = (int(size) for size in np.frombuffer(data, np.int64, 5, 8))
    layouts, at = layouts_of_raw(data, layout_count, 48)
    minutes = at + 8 * buckets
    return _Hour(
        known,
        layouts,
        np.frombuffer(data, np.int64, buckets, at),
        np.frombuffer(data, np.int8, rows, minutes).astype(np.int32),
        np.frombuffer(data, f"<i{widths[0]}", rows, minutes + rows),
        np.frombuffer(data, f"<i{widths[1]}", rows, minutes + rows + rows * widths[0]),
    )
