"""Measured minutes: how many events were good, of how many, and whether the minute is known; packed by the hour."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sla.measurements.samples import Counts, Ints, Mask, Samples, narrowest_type

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MinuteState(IntEnum):
    UNKNOWN = 0
    GOOD = 1
    BAD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Minutes:
    """The minutes of a half-open window: three columns with one entry per minute."""

    start: datetime
    good: Counts
    total: Counts
    state: NDArray[np.uint8]

    @classmethod
    def from_counts(cls, start: datetime, good: Counts, total: Counts, is_known: Mask) -> Self:
        """Build minutes from counts: a known minute is good when all of it is."""
        state = np.where(good >= total, MinuteState.GOOD, MinuteState.BAD)
        return cls(start, good, total, np.where(is_known, state, MinuteState.UNKNOWN).astype(np.uint8))

    def __len__(self) -> int:
        return len(self.state)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def slice(self, first: int, last: int) -> Self:
        """Return the minutes from one until before another, without copying."""
        start = self.start + timedelta(minutes=first)
        return type(self)(start, self.good[first:last], self.total[first:last], self.state[first:last])

    def digest(self) -> str:
        """Return the SHA-256 (hex) of the window and all it holds: the evidence on which a statement rests.

        Hashed are a line `rapport minutes 1 <start, UTC> <minutes> <bytes per count>` and the columns good, total (both
        in the narrowest signed little-endian integers that hold them) and state, one byte each.
        """
        width = narrowest_type(self.good, self.total)
        header = f"rapport minutes 1 {self.start.astimezone(UTC).isoformat()} {len(self)} {width.itemsize}\n".encode()
        hashed = hashlib.sha256(header)
        for column in (self.good.astype(width, copy=False), self.total.astype(width, copy=False), self.state):
            hashed.update(np.ascontiguousarray(column).data)
        return hashed.hexdigest()


def to_milliseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def to_hour_start(number: int) -> datetime:
    """Return the start of an hour counted from 1970."""
    return EPOCH + timedelta(hours=number)


def pack_hour(good: Counts, total: Counts, state: NDArray[np.uint8]) -> bytes | None:
    """Pack 60 minutes in the narrowest integers that hold them; return None if all of them are unknown."""
    if not state.any():
        return None
    width = narrowest_type(good, total)
    counts = np.concatenate((good, total)).astype(width)
    return bytes([width.itemsize]) + counts.tobytes() + state.tobytes()


def unpack_hours(start: datetime, count: int, blocks: Sequence[tuple[Ints, bytes]]) -> Minutes:
    """Unpack `count` minutes from `start` out of packed hours, which may overhang the window.

    A block is one or more hours of the same length, joined, after the minutes from the start to each of them.
    """
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
    """Return the first minute in which two packed forms of an hour differ; None if they are equal."""
    offset = np.zeros(1, np.int64)
    old, new = (unpack_hours(EPOCH, 60, [(offset, packed)] if packed else []) for packed in (before, after))
    differs = (old.good != new.good) | (old.total != new.total) | (old.state != new.state)
    return int(differs.argmax()) if differs.any() else None


def with_downtime(minutes: Minutes, downtimes: Iterable[tuple[datetime, datetime]]) -> Minutes:
    """Return minutes in which each one that a downtime touches is bad and has one more event that was not good."""
    touched = np.zeros(len(minutes), np.bool_)
    for begin, end in downtimes:
        first = (begin - minutes.start) // timedelta(minutes=1)
        last = -((minutes.start - end) // timedelta(minutes=1))
        if begin < end:
            touched[max(first, 0) : max(last, 0)] = True
    if not touched.any():
        return minutes
    state = np.where(touched, np.uint8(MinuteState.BAD), minutes.state)
    return Minutes(minutes.start, minutes.good, minutes.total.astype(np.int64) + touched, state)


def held_until(instants: Samples, hold_ms: int) -> Ints:
    """Return until when (ms, inclusive) each sample of a set speaks: until the minute of the next, while it holds."""
    next_minute = np.full(len(instants), 2**62, np.int64)
    same_series = instants.series[1:] == instants.series[:-1]
    next_minute[:-1][same_series] = instants.at[1:][same_series] // MINUTE_MS * MINUTE_MS
    return np.asarray(np.maximum(instants.at, np.minimum(instants.at + hold_ms, next_minute) - 1))


def count_ranges(first: Ints, last: Ints, count: int) -> Ints:
    """Return for each of `count` minutes how many ranges, from first to last inclusive, it lies in."""
    first, last = np.maximum(first, 0), np.minimum(last, count - 1)
    overlaps = first <= last
    steps = np.bincount(first[overlaps], minlength=count + 1) - np.bincount(last[overlaps] + 1, minlength=count + 1)
    return np.cumsum(steps[:count])
