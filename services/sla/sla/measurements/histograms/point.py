"""One histogram as a monitor sends it: exponential (native) or with explicit bounds, cumulative or delta."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Self

from sla.measurements.histograms.bucket_layout import (
    COARSEST_SCHEMA,
    EXPLICIT_SCHEMA,
    FINEST_SCHEMA,
    INDEX_OFFSET,
    MAX_INDEX,
    BucketLayout,
    to_exact_decimal,
)
from sla.measurements.samples import MAX_COUNT

MAX_BUCKETS = 2000

BucketCount = tuple[int, float]
"""Index and count."""


class InvalidHistogram(ValueError):
    """A histogram that cannot be taken; the message tells its sender why."""


@dataclass(frozen=True, slots=True)
class HistogramReading:
    """The time and manner in which a histogram was read; times are milliseconds since 1970."""

    at: int
    start_at: int | None = None
    """Cumulative: when counting began. Delta: it counted in (start_at, at]."""
    delta: bool = False
    reset: bool = False
    """Whether the sender says that counting began anew."""
    sum: float = 0.0
    """The sum of the observations. Stored as evidence; nothing is computed from it."""


@dataclass(frozen=True, slots=True)
class HistogramPoint:
    """One histogram of one series, read by `from_exponential` or `from_explicit`, which raise InvalidHistogram.

    Each bucket has its own count, also in a cumulative histogram, which is cumulative in time. Fractions of an event
    are floored. Leave out stale markers (a sum that is Prometheus' stale NaN) and gauge histograms: they count nothing.
    """

    reading: HistogramReading
    layout: BucketLayout
    buckets: tuple[tuple[int, int], ...]
    """Key (see bucket_layout) and count, in order; empty buckets are left out."""

    @property
    def content(self) -> int:
        """A hash of all that the point says. It is stored, so its text stays, whatever the classes are called."""
        reading, layout = self.reading, self.layout
        text = (
            f"HistogramPoint(reading=Reading(at={reading.at!r}, start_at={reading.start_at!r}, "
            f"delta={reading.delta!r}, reset={reading.reset!r}, sum={reading.sum!r}), "
            f"layout=Layout(schema={layout.schema!r}, zero={layout.zero_threshold!r}, bounds={layout.bounds!r}), "
            f"buckets={self.buckets!r})"
        )
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little", signed=True)

    @classmethod
    def from_exponential(
        cls,
        reading: HistogramReading,
        *,
        schema: int,
        count: float | None,
        zero_count: float = 0,
        zero_threshold: float = 0.0,
        positive: Iterable[BucketCount] = (),
        negative: Iterable[BucketCount] = (),
    ) -> Self:
        """Read an exponential histogram; `schema` is OTLP's scale.

        Indexes are those of Prometheus: bucket i ends at base ** i, so OTLP's are one less. Without a count,
        the sum of the buckets stands for it.
        """
        if schema < COARSEST_SCHEMA:
            raise InvalidHistogram(f"its schema, {schema}, is below {COARSEST_SCHEMA}")
        if not 0 <= zero_threshold < math.inf:
            raise InvalidHistogram("its zero threshold is negative or not a number")
        counts, layout = {0: _events(zero_count)}, BucketLayout(min(schema, FINEST_SCHEMA), float(zero_threshold))
        for side, buckets in ((1, positive), (-1, negative)):
            for index, number in buckets:
                key = _key(layout, side, ((index - 1) >> (schema - layout.schema)) + 1)
                counts[key] = counts.get(key, 0) + _events(number)
        return cls(reading, layout, _with_overflow(reading, layout, counts, count))

    @classmethod
    def from_explicit(
        cls, reading: HistogramReading, *, bounds: Sequence[float], counts: Sequence[float], count: float | None = None
    ) -> Self:
        """Read a histogram whose `counts` have one more than its `bounds`; without both there is just `count`."""
        if not counts and not bounds and count is not None:
            counts = [count]
        bounds, counts = _to_finite_bounds(bounds, counts)
        if not all(low < high for low, high in pairwise(bounds)):
            raise InvalidHistogram("its bounds are not in ascending order")
        if len(counts) != len(bounds) + 1 and (counts or bounds):
            raise InvalidHistogram("it must have one more bucket than bounds")
        by_key = {key: _events(number) for key, number in enumerate(counts)}
        layout = BucketLayout(EXPLICIT_SCHEMA, 0.0, bounds)
        return cls(reading, layout, _with_overflow(reading, layout, by_key, count))


def _with_overflow(
    reading: HistogramReading, layout: BucketLayout, counts: dict[int, int], count: float | None
) -> tuple[tuple[int, int], ...]:
    """Order the counts, and add what is in no bucket as above every edge: there it is never good.

    Only observations of NaN are in no bucket, and make the sum NaN, too.
    """
    overflow = 0 if count is None else _events(count) - sum(counts.values())
    if overflow < 0:
        raise InvalidHistogram("its buckets hold more than its count")
    if overflow and not math.isnan(reading.sum):
        raise InvalidHistogram("its buckets hold less than its count")
    if len(counts) > MAX_BUCKETS:
        raise InvalidHistogram(f"it has more than {MAX_BUCKETS} buckets")
    counts[layout.last_key] = counts.get(layout.last_key, 0) + overflow
    return tuple(sorted((key, number) for key, number in counts.items() if number))


def _to_finite_bounds(bounds: Sequence[float], counts: Sequence[float]) -> tuple[tuple[float, ...], Sequence[float]]:
    """Return the bounds without a last one of +Inf, which every histogram has."""
    if bounds and bounds[-1] == math.inf:
        bounds = bounds[:-1]
        counts = [*counts[:-2], counts[-2] + counts[-1]] if len(counts) == len(bounds) + 2 else counts
    if not all(math.isfinite(bound) for bound in bounds):
        raise InvalidHistogram("a bound is not a finite number")
    return tuple(float(bound) + 0.0 for bound in bounds), counts


def _key(layout: BucketLayout, side: int, index: int) -> int:
    """Return the key of a bucket; buckets within the one around zero belong to it."""
    if abs(index) > MAX_INDEX:
        raise InvalidHistogram(f"bucket {index} lies beyond every floating-point number")
    return side * (INDEX_OFFSET + index) if index > _last_within_zero(layout) else 0


@lru_cache(maxsize=1000)
def _last_within_zero(layout: BucketLayout) -> int:
    return (
        layout.last_key_up_to(to_exact_decimal(layout.zero_threshold)) - INDEX_OFFSET
        if layout.zero_threshold
        else -2 * MAX_INDEX
    )


def _events(number: float) -> int:
    if not 0 <= number < MAX_COUNT:
        raise InvalidHistogram("a count is negative, too large or not a number")
    return math.floor(number)
