"""Samples as columns: series, instant, value. What is kept of them is a set; order and repetition mean nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import cramjam
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

STALE_MARKER = np.array([0x7FF0000000000002], np.uint64).view(np.float64)[0]
"""Prometheus' stale marker. It measures nothing, as every NaN: in a set they are all the quiet one."""

MAX_COUNT = float(2**62)
"""What counts events is less."""

START_MARKER = float(np.nextafter(0.0, 1.0))
"""Said of a counter at the instant at which it began to count, at nothing. A reading of that instant comes first."""
MAX_READING_OVERLAP_MS = 10_000
"""A reading takes at most this long, by Prometheus' default: two readings may overlap by as much."""
MAX_HOLD_MS = 3_600_000
"""Milliseconds. Where a counter began longer ago than this, no reading is counted from there."""

_VERSION = 1
_LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Columns of equal length; `at` is milliseconds since 1970, UTC."""

    series: Ints
    at: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.series)

    def pick(self, which: Any) -> Self:
        """The rows that an index, mask or slice names."""
        if isinstance(which, np.ndarray) and which.dtype == np.bool_ and which.all():
            return self  # usual, and cheaper to see than to copy
        return type(self)(self.series[which], self.at[which], self.value[which])

    @classmethod
    def from_sequences(cls, series: Sequence[int], at: Sequence[int], value: Sequence[float]) -> Self:
        return cls(np.array(series, np.int64), np.array(at, np.int64), np.array(value, np.float64))

    @classmethod
    def empty(cls) -> Self:
        return cls.from_sequences((), (), ())


def has_recent_start(at: Ints, start: Ints) -> NDArray[np.bool_]:
    """Of which readings it is known when their counter began to count, and that was not too long before."""
    return np.asarray((start > 0) & (start < at) & (at - MAX_HOLD_MS <= start))


def concat_samples(parts: Sequence[Samples]) -> Samples:
    if not parts:
        return Samples.empty()
    return Samples(
        np.concatenate([part.series for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.value for part in parts]),
    )


def to_sample_set(samples: Samples) -> Samples:
    """Ordered by series, instant and value (NaN last), each triple once: one form for one set, whatever the arrival."""
    if not len(samples):
        return samples
    value = np.where(np.isnan(samples.value), np.nan, samples.value)
    whole = Samples(samples.series, samples.at, value + 0.0)  # -0.0 and 0.0 are one value
    ordered = whole.pick(_order(whole))
    same = _same_instant(ordered)
    equal = ordered.value[1:].view(np.int64) == ordered.value[:-1].view(np.int64)
    if (same & ~equal).any():
        ordered = whole.pick(np.lexsort((whole.value, whole.at, whole.series)))
        equal = ordered.value[1:].view(np.int64) == ordered.value[:-1].view(np.int64)
    return ordered.pick(np.concatenate(([True], ~(same & equal))))


def _order(samples: Samples) -> Ints:
    """By series and instant; one packed integer sorts ten times faster than two keys."""
    first, earliest = int(samples.series.min()), int(samples.at.min())
    span = int(samples.at.max()) - earliest + 1
    if (int(samples.series.max()) - first + 1) * span < _LARGEST_KEY:
        return np.argsort((samples.series - first) * span + (samples.at - earliest))
    return np.lexsort((samples.at, samples.series))


def _same_instant(ordered: Samples) -> NDArray[np.bool_]:
    """Whether each row but the first has the series and instant of the row before."""
    return np.equal(ordered.series[1:], ordered.series[:-1]) & np.equal(ordered.at[1:], ordered.at[:-1])


class HasSeries(Protocol):
    """Rows that belong to series."""

    @property
    def series(self) -> Ints: ...


def series_runs(ordered: HasSeries) -> tuple[Ints, Ints]:
    """Where in a set each series begins, and how many rows it has."""
    starts = np.flatnonzero(np.diff(ordered.series, prepend=-1))
    return starts, np.diff(starts, append=len(ordered.series))


def first_of_instant_mask(ordered: Samples) -> NDArray[np.bool_]:
    """Marks the first of the rows that share a series and an instant."""
    return np.concatenate(([True], ~_same_instant(ordered))) if len(ordered) else np.zeros(0, np.bool_)


def pack_samples(samples: Samples) -> bytes:
    """For the log of pushes: differences compress well, and the whole is one block."""
    columns = (np.diff(samples.series, prepend=0), np.diff(samples.at, prepend=0), samples.value)
    return bytes([_VERSION]) + bytes(cramjam.lz4.compress_block(b"".join(column.tobytes() for column in columns)))


def unpack_samples(packed: bytes) -> Samples:
    """Undo `pack`. Raise ValueError when it was not packed by it."""
    if not packed or packed[0] != _VERSION:
        raise ValueError("packed in a form unknown here")
    try:
        raw = bytes(cramjam.lz4.decompress_block(packed[1:]))
    except cramjam.DecompressionError as error:
        raise ValueError("damaged") from error
    columns = np.frombuffer(raw, np.int64).reshape(3, -1)
    return Samples(np.cumsum(columns[0]), np.cumsum(columns[1]), columns[2].view(np.float64))
