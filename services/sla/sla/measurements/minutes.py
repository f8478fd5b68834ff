"""Measured minutes: how many good of how many, and whether anyone was looking. Packed by the hour."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.measurements.samples import Ints

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
"""Milliseconds."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Counts = NDArray[np.signedinteger[Any]]
"""As narrow as what was read: what is computed of them wants `dtype=np.int64` or the like."""

_WIDTHS = (np.int8, np.int16, np.int32, np.int64)


class MinuteState(IntEnum):
    UNKNOWN = 0
    GOOD = 1
    BAD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Minutes:
    """The minutes of a half-open window, one entry each in three arrays."""

    start: datetime
    good: Counts
    total: Counts
    state: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.state)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def digest(self) -> str:
        """SHA-256 (hex) of the window and all it holds: the evidence that a statement was drawn from.

        A line `rapport minutes 1 <start, UTC> <minutes> <bytes per count>`, and the columns good, total (both in the
        narrowest signed little-endian integers that hold them) and state, one byte each.
        """
        width = np.dtype(_narrowest(self.good, self.total)).newbyteorder("<")
        header = f"rapport minutes 1 {self.start.astimezone(UTC).isoformat()} {len(self)} {width.itemsize}\n".encode()
        hashed = hashlib.sha256(header)
        for column in (self.good.astype(width, copy=False), self.total.astype(width, copy=False), self.state):
            hashed.update(np.ascontiguousarray(column).data)
        return hashed.hexdigest()


def to_milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def to_hour_start(number: int) -> datetime:
    """The start of an hour counted from 1970."""
    return EPOCH + timedelta(hours=number)


def pack_hour(good: Counts, total: Counts, state: NDArray[np.uint8]) -> bytes | None:
    """60 minutes in the narrowest integers that hold them; None for an hour of which nothing is known."""
    if not state.any():
        return None
    width = np.dtype(_narrowest(good, total)).newbyteorder("<")
    counts = np.concatenate((good, total)).astype(width)
    return bytes([width.itemsize]) + counts.tobytes() + state.tobytes()


def _narrowest(*columns: Counts) -> type[np.signedinteger[Any]]:
    highest = max(max(int(column.max(initial=0)), -int(column.min(initial=0))) for column in columns)
    return next(width for width in _WIDTHS if highest <= np.iinfo(width).max)


def unpack_hours(start: datetime, count: int, packed: Sequence[tuple[int, bytes]]) -> Minutes:
    """`count` minutes from `start`; `packed` is (minutes from start to the hour, the hour), hours may overhang."""
    by_length: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for offset, hour in packed:
        by_length[len(hour)].append((offset, hour))
    return unpack_hour_blocks(
        start,
        count,
        [
            (np.array([offset for offset, _ in hours], np.int64), b"".join(hour for _, hour in hours))
            for hours in by_length.values()
        ],
    )


def unpack_hour_blocks(start: datetime, count: int, blocks: Sequence[tuple[Ints, bytes]]) -> Minutes:
    """As `unpack_hours`, of blocks: the offsets of packed hours of one length, and these hours one after the other."""
    before = next((int(-offsets[0]) % 60 for offsets, _ in blocks), 0)
    hours = -(-(before + count) // 60)
    widest = np.dtype(f"i{max((joined[0] for _, joined in blocks), default=1)}")
    good, total = np.zeros((hours, 60), widest), np.zeros((hours, 60), widest)
    state = np.zeros((hours, 60), np.uint8)
    for offsets, joined in blocks:
        place = (offsets + before) // 60
        rows = np.frombuffer(joined, np.uint8).reshape(len(offsets), -1)
        inside = (place >= 0) & (place < hours)
        if not inside.all():
            place, rows = place[inside], rows[inside]
        counts = rows[:, 1:-60]
        if joined[0] > 1:
            counts = counts.copy()  # only what lies in a row can be read as wider integers
        pairs = counts.view(f"<i{joined[0]}").reshape(-1, 2, 60)
        good[place], total[place], state[place] = pairs[:, 0], pairs[:, 1], rows[:, -60:]
    window = slice(before, before + count)
    return Minutes(start, good.reshape(-1)[window], total.reshape(-1)[window], state.reshape(-1)[window])


def first_changed_minute(before: bytes | None, after: bytes | None) -> int | None:
    """The first of an hour's minutes in which two packed forms of it differ; None if they do not."""
    one, other = (unpack_hours(EPOCH, 60, [(0, packed)] if packed else []) for packed in (before, after))
    differs = (one.good != other.good) | (one.total != other.total) | (one.state != other.state)
    return int(differs.argmax()) if differs.any() else None


def with_downtime(minutes: Minutes, down: Iterable[tuple[datetime, datetime]]) -> Minutes:
    """Every minute that a stretch of downtime touches is bad, and has one event more that was not good."""
    touched = np.zeros(len(minutes), np.bool_)
    for begin, end in down:
        first = (begin - minutes.start) // timedelta(minutes=1)
        last = -((minutes.start - end) // timedelta(minutes=1))
        if begin < end:
            touched[max(first, 0) : max(last, 0)] = True
    if not touched.any():
        return minutes
    state = np.where(touched, np.uint8(MinuteState.BAD), minutes.state)
    return Minutes(minutes.start, minutes.good, minutes.total.astype(np.int64) + touched, state)
