"""Samples as columns: series, instant, value. They are stored as a set; order and repetition mean nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import cramjam
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Counts = NDArray[np.signedinteger[Any]]
"""Integers as narrow as what was read: compute sums with `dtype=np.int64`."""

STALE_MARKER = np.array([0x7FF0000000000002], np.uint64).view(np.float64)[0]
"""Prometheus' stale marker. Like every NaN it measures nothing; in a set they are all the quiet NaN."""

MAX_COUNT = float(2**62)
"""Counts of events are less."""

START_MARKER = float(np.nextafter(0.0, 1.0))
"""Marks the instant at which a counter began to count from zero. A reading of that instant takes precedence."""
MAX_READING_OVERLAP_MS = 10_000
"""A reading takes at most this long, by Prometheus' default: two readings may overlap by as much."""
MAX_HOLD_MS = 3_600_000
"""Where a counter began longer ago than this, no reading is counted from there."""

_FORMAT_VERSION = 1
_MAX_SORT_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Columns of equal length; `at` is milliseconds since 1970, UTC."""

    series: Ints
    at: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.series)

    def pick(self, rows: Any) -> Self:
        """Return the rows that an index, mask or slice names."""
        if isinstance(rows, np.ndarray) and rows.dtype == np.bool_ and rows.all():
            return self  # usual, and cheaper to check than to copy
        return type(self)(self.series[rows], self.at[rows], self.value[rows])


_NO_SAMPLES = Samples(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))


def concat_samples(parts: Sequence[Samples]) -> Samples:
    columns = [(part.series, part.at, part.value) for part in (_NO_SAMPLES, *parts)]
    return Samples(*map(np.concatenate, zip(*columns, strict=True)))


def to_sample_set(samples: Samples) -> Samples:
    """Sort samples by series, instant and value (NaN last), each triple once: one set has one form, in any order."""
    if not len(samples):
        return samples
    value = np.where(np.isnan(samples.value), np.nan, samples.value)
    normalized = Samples(samples.series, samples.at, value + 0.0)  # -0.0 and 0.0 are one value
    ordered = normalized.pick(_order(normalized))
    is_first, differs = first_of_instant_mask(ordered), begins_group(ordered.value.view(np.int64))
    if (differs & ~is_first).any():
        ordered = normalized.pick(np.lexsort((normalized.value, normalized.at, normalized.series)))
        differs = begins_group(ordered.value.view(np.int64))
    return ordered.pick(is_first | differs)


def _order(samples: Samples) -> Ints:
    """Return the order by series and instant; one packed integer sorts ten times faster than two keys."""
    first, earliest = int(samples.series.min()), int(samples.at.min())
    span = int(samples.at.max()) - earliest + 1
    if (int(samples.series.max()) - first + 1) * span < _MAX_SORT_KEY:
        return np.argsort((samples.series - first) * span + (samples.at - earliest))
    return np.lexsort((samples.at, samples.series))


def begins_group(*columns: NDArray[Any]) -> Mask:
    """Mask the rows that differ from the row before in any of the columns; the first one does."""
    begins = np.zeros(len(columns[0]), np.bool_)
    begins[:1] = True
    for column in columns:
        begins[1:] |= column[1:] != column[:-1]
    return begins


def narrowest_type(*columns: Counts) -> np.dtype[np.signedinteger[Any]]:
    """Return the narrowest signed little-endian integers that hold all the columns."""
    highest = max(max(int(column.max(initial=0)), -int(column.min(initial=0))) for column in columns)
    return np.dtype(next(f"<i{size}" for size in (1, 2, 4, 8) if highest < 1 << (8 * size - 1)))


def series_runs(series: Ints) -> tuple[Ints, Ints]:
    """Return where in the column of an ordered set each series begins, and how many rows it has."""
    starts = np.flatnonzero(np.diff(series, prepend=-1))
    return starts, np.diff(starts, append=len(series))


def can_be_counts_mask(samples: Samples) -> Mask:
    """Mask the samples that can be counts of events."""
    return np.asarray((samples.value >= 0) & (samples.value < MAX_COUNT))


def first_of_instant_mask(ordered: Samples) -> Mask:
    """Return a mask of the first of the rows that share a series and an instant."""
    return begins_group(ordered.series, ordered.at)


def pack_samples(samples: Samples) -> bytes:
    """Pack samples for the push log: differences compress well, and all are one block."""
    columns = (np.diff(samples.series, prepend=0), np.diff(samples.at, prepend=0), samples.value)
    return bytes([_FORMAT_VERSION]) + bytes(
        cramjam.lz4.compress_block(b"".join(column.tobytes() for column in columns))
    )


def unpack_samples(packed: bytes) -> Samples:
    """Undo `pack_samples`. Raise ValueError if the bytes are damaged or of another format."""
    if not packed or packed[0] != _FORMAT_VERSION:
        raise ValueError("packed in an unknown format")
    try:
        raw = bytes(cramjam.lz4.decompress_block(packed[1:]))
    except cramjam.DecompressionError as error:
        raise ValueError("damaged") from error
    columns = np.frombuffer(raw, np.int64).reshape(3, -1)
    return Samples(np.cumsum(columns[0]), np.cumsum(columns[1]), columns[2].view(np.float64))
