"""Measured minutes: how many good of how many, and whether anyone was looking. Packed by the hour."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sla.measurements.samples import Ints

MINUTE = 60_000
HOUR = 60 * MINUTE
"""Milliseconds."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WIDTHS = (np.int8, np.int16, np.int32, np.int64)


class State(IntEnum):
    UNKNOWN = 0
    GOOD = 1
    BAD = 2


@dataclass(frozen=True, slots=True, eq=False)
class Minutes:
    """The minutes of a half-open window, one entry each in three arrays."""

    start: datetime
    good: Ints
    total: Ints
    state: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.state)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    def digest(self) -> str:
        """SHA-256 (hex) of the window and all it holds: the evidence that a statement was drawn from."""
        header = f"rapport minutes 1 {self.start.astimezone(UTC).isoformat()} {len(self)}\n".encode()
        columns = (self.good.astype("<i8"), self.total.astype("<i8"), self.state)
        return hashlib.sha256(header + b"".join(column.tobytes() for column in columns)).hexdigest()


def milliseconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(milliseconds=1)


def hour_of(number: int) -> datetime:
    """The start of an hour counted from 1970."""
    return EPOCH + timedelta(hours=number)


def pack_hour(good: Ints, total: Ints, state: NDArray[np.uint8]) -> bytes | None:
    """60 minutes in the narrowest integers that hold them; None for an hour of which nothing is known."""
    if not state.any():
        return None
    highest = max(int(good.max()), int(total.max()), -int(good.min()), -int(total.min()))
    width = next(width for width in _WIDTHS if highest <= np.iinfo(width).max)
    counts = np.concatenate((good, total)).astype(np.dtype(width).newbyteorder("<"))
    return bytes([np.dtype(width).itemsize]) + counts.tobytes() + state.tobytes()


def unpack_hours(start: datetime, count: int, packed: Sequence[tuple[int, bytes]]) -> Minutes:
    """`count` minutes from `start`; `packed` is (minutes from start to the hour, the hour), hours may overhang."""
    by_width: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for offset, hour in packed:
        by_width[hour[0]].append((offset, hour))
    good, total = np.zeros(count, np.int64), np.zeros(count, np.int64)
    state = np.zeros(count, np.uint8)
    for width, hours in by_width.items():
        rows = np.frombuffer(b"".join(hour for _, hour in hours), np.uint8).reshape(len(hours), -1)
        where = np.array([offset for offset, _ in hours])[:, None] + np.arange(60)
        inside = (where >= 0) & (where < count)
        counts = np.ascontiguousarray(rows[:, 1 : 1 + 120 * width]).view(f"<i{width}")
        good[where[inside]] = counts[:, :60][inside]
        total[where[inside]] = counts[:, 60:][inside]
        state[where[inside]] = rows[:, 1 + 120 * width :][inside]
    return Minutes(start, good, total, state)


def first_change(before: bytes | None, after: bytes | None) -> int | None:
    """The first of an hour's minutes in which two packed forms of it differ; None if they do not."""
    one, other = (unpack_hours(EPOCH, 60, [(0, packed)] if packed else []) for packed in (before, after))
    differs = (one.good != other.good) | (one.total != other.total) | (one.state != other.state)
    return int(differs.argmax()) if differs.any() else None
