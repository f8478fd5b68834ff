"""What a histogram observed, per minute: how many observations in which bucket. Packed by the hour, exact at edges."""

# Histograms of different buckets lie side by side, none is turned into another: each answers with its own edges.

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
"""Bits that hold a key."""
_OVERFLOW = 2**63


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
        inside = mask[self.minute]
        names, place = np.unique(
            (self.layout[inside].astype(np.int64) << _SHIFT) + self.key[inside], return_inverse=True
        )
        amounts = [0] * len(names)
        for name, amount in zip(*_summed(place, self.amount[inside]), strict=True):
            amounts[name] = amount
        if (wanted := Fraction(share) * sum(amounts)) <= 0:
            return None
        edges = sorted(zip(map(self._edge, names.tolist()), amounts, strict=True))
        sums = accumulate(amount for _, amount in edges)
        return next(edge for (edge, _), reached in zip(edges, sums, strict=True) if reached >= wanted)

    def _edge(self, name: int) -> Decimal:
        layout = (name + (1 << (_SHIFT - 1))) >> _SHIFT
        edge = self.layouts[layout].edge(name - (layout << _SHIFT))
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


def _summed(place: Ints, amount: Ints) -> tuple[list[int], list[int]]:
    """Sums by place, in integers that do not overflow."""
    if not len(amount) or int(np.abs(amount).max()) * len(amount) >= _OVERFLOW:
        sums: Mapping[int, int] = {name: sum(amount[place == name].tolist()) for name in np.unique(place).tolist()}
        return list(sums), list(sums.values())
    totals = np.zeros(int(place.max()) + 1, np.int64)
    np.add.at(totals, place, amount)
    return list(range(len(totals))), totals.tolist()


def _sum(amount: Ints) -> int:
    return sum(_summed(np.zeros(len(amount), np.int64), amount)[1])


def pack_observed(known: Mask, layouts: Sequence[Layout], columns: Columns) -> bytes | None:
    """60 minutes. None if nothing is known of them."""
    if not known.any():
        return None
    minute, layout, key, amount = columns
    used = sorted((layouts[place], place) for place in np.unique(layout).tolist())
    names = np.zeros(len(layouts), np.int32)
    names[[place for _, place in used]] = np.arange(len(used))
    order = np.lexsort((key, names[layout], minute))
    parts = (
        np.packbits(known, bitorder="little"),
        np.array([len(used), len(order)], np.int64),
        np.frombuffer(raw_layouts([one for one, _ in used]), np.uint8),
        minute[order].astype(np.int8),
        names[layout][order].astype(np.int32),
        key[order].astype(np.int32),
        amount[order],
    )
    return bytes([_VERSION]) + bytes(cramjam.zstd.compress(b"".join(part.tobytes() for part in parts), _LEVEL))


def unpack_observed(start: datetime, count: int, packed: Sequence[tuple[int, bytes]]) -> Observations:
    """`count` minutes from `start`; `packed` is (minutes from start to the hour, the hour), hours may overhang."""
    known = np.zeros(count, np.bool_)
    layouts: dict[Layout, int] = {}
    parts = []
    for offset, hour in sorted(packed):
        known_here, layouts_here, columns = _unpacked(hour)
        first, last = max(offset, 0), min(offset + 60, count)
        known[first:last] = known_here[first - offset : max(last - offset, 0)]
        names = np.array([layouts.setdefault(layout, len(layouts)) for layout in layouts_here], np.int32)
        minute = columns[0].astype(np.int32) + np.int32(offset)
        inside = (minute >= 0) & (minute < count)
        parts.append((minute[inside], names[columns[1]][inside], columns[2][inside], columns[3][inside]))
    return _in_order(start, known, tuple(layouts), parts)


def _in_order(start: datetime, known: Mask, layouts: tuple[Layout, ...], parts: Sequence[Columns]) -> Observations:
    kinds = (np.int32, np.int32, np.int32, np.int64)
    minute, layout, key, amount = (
        np.concatenate([np.zeros(0, kind), *(part[place] for part in parts)]).astype(kind)
        for place, kind in enumerate(kinds)
    )
    ordered = sorted(set(np.unique(layout).tolist()), key=lambda place: layouts[place])
    names = np.zeros(len(layouts), np.int32)
    names[ordered] = np.arange(len(ordered))
    layout = names[layout] if len(layout) else layout
    order = np.lexsort((key, layout, minute))
    return Observations(
        start, known, tuple(layouts[place] for place in ordered), minute[order], layout[order], key[order],
        amount[order],
    )  # fmt: skip


def _unpacked(packed: bytes) -> tuple[Mask, tuple[Layout, ...], Columns]:
    if packed[0] != _VERSION:
        raise ValueError("packed in a form unknown here")
    data = bytes(cramjam.zstd.decompress(packed[1:]))
    known = np.unpackbits(np.frombuffer(data, np.uint8, 8), count=60, bitorder="little").astype(np.bool_)
    layout_count, rows = (int(size) for size in np.frombuffer(data, np.int64, 2, 8))
    layouts, at = layouts_of_raw(data, layout_count, 24)
    columns: list[NDArray[np.signedinteger[Any]]] = []
    for kind in (np.int8, np.int32, np.int32, np.int64):
        columns.append(np.frombuffer(data, kind, rows, at))
        at += columns[-1].nbytes
    return known, layouts, tuple(columns)
