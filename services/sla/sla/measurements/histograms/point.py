"""One histogram as a monitor sends it: native or exponential, or with bounds; cumulative, or since the one before."""

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
    """What is wrong with a histogram, in words for its sender."""


@dataclass(frozen=True, slots=True)
class HistogramReading:
    """When and how a histogram was read; instants are milliseconds since 1970."""

    at: int
    start_at: int | None = None
    """Cumulative: when counting began. Delta: it counted in (start_at, at]."""
    delta: bool = False
    reset: bool = False
    """The sender says that counting began anew."""
    sum: float = 0.0
    """Of what was observed. Kept as evidence; nothing is computed from it."""


@dataclass(frozen=True, slots=True)
class HistogramPoint:
    """Made by `exponential` or `explicit`, which take it as it was sent and raise HistogramUnfit.

    Counts are those of each bucket alone, also of a cumulative histogram, which is cumulative in time. Fractions of an
    event are floored. Leave stale markers out (a sum that is Prometheus' stale NaN), and refuse gauge histograms: they
    count nothing.
    """

    reading: HistogramReading
    layout: BucketLayout
    buckets: tuple[tuple[int, int], ...]
    """Key (see layouts) and count, in order; empty ones are left out."""

    @property
    def at(self) -> int:
        return self.reading.at

    @property
    def stored_text(self) -> str:
        """The point as text. A hash of it is stored with the point, so this form outlives the names in the code."""
        reading, layout = self.reading, self.layout
        return (
            f"HistogramPoint(reading=Reading(at={reading.at!r}, start_at={reading.start_at!r}, "
            f"delta={reading.delta!r}, reset={reading.reset!r}, sum={reading.sum!r}), "
            f"layout=Layout(schema={layout.schema!r}, zero={layout.zero_threshold!r}, bounds={layout.bounds!r}), "
            f"buckets={self.buckets!r})"
        )

    @property
    def count(self) -> int:
        return sum(number for _, number in self.buckets)

    @classmethod
    def from_exponential(
        cls,
        reading: HistogramReading,
        *,
        schema: int,
        count: float,
        zero_count: float = 0,
        zero_threshold: float = 0.0,
        positive: Iterable[BucketCount] = (),
        negative: Iterable[BucketCount] = (),
    ) -> Self:
        """`schema` is OTLP's scale. Indexes as in Prometheus: bucket i ends at base ** i, so OTLP's are one less."""
        if schema < COARSEST_SCHEMA:
            raise InvalidHistogram(f"its schema, {schema}, is none that is known")
        if not 0 <= zero_threshold < math.inf:
            raise InvalidHistogram("its zero threshold is negative, or no number")
        found, layout = {0: _events(zero_count)}, BucketLayout(min(schema, FINEST_SCHEMA), float(zero_threshold))
        for side, buckets in ((1, positive), (-1, negative)):
            for index, number in buckets:
                key = _key(layout, side, ((index - 1) >> (schema - layout.schema)) + 1)
                found[key] = found.get(key, 0) + _events(number)
        return cls(reading, layout, _whole(layout, found, count))

    @classmethod
    def from_explicit(
        cls, reading: HistogramReading, *, bounds: Sequence[float], counts: Sequence[float], count: float | None = None
    ) -> Self:
        """`counts` has one more than `bounds`, for what is above all of them; without both there is just `count`."""
        bounds, counts = _finite(bounds, counts)
        if not all(low < high for low, high in pairwise(bounds)):
            raise InvalidHistogram("its bounds do not ascend")
        if len(counts) != len(bounds) + 1 and (counts or bounds):
            raise InvalidHistogram("it has not one bucket more than bounds")
        found = {key: _events(number) for key, number in enumerate(counts)}
        return cls(reading, layout := BucketLayout(EXPLICIT_SCHEMA, 0.0, bounds), _whole(layout, found, count))


def _whole(layout: BucketLayout, found: dict[int, int], count: float | None) -> tuple[tuple[int, int], ...]:
    """NaN is counted, and in no bucket: as what lies above every edge it is never good."""
    counted = sum(found.values())
    beyond = 0 if count is None else _events(count) - counted
    if beyond < 0:
        raise InvalidHistogram("its buckets hold more than its count")
    if len(found) > MAX_BUCKETS:
        raise InvalidHistogram(f"it has more than {MAX_BUCKETS} buckets")
    found[layout.last_key] = found.get(layout.last_key, 0) + beyond
    return tuple(sorted((key, number) for key, number in found.items() if number))


def _finite(bounds: Sequence[float], counts: Sequence[float]) -> tuple[tuple[float, ...], Sequence[float]]:
    """A last bound of +Inf says what goes without saying."""
    if bounds and bounds[-1] == math.inf:
        bounds = bounds[:-1]
        counts = [*counts[:-2], counts[-2] + counts[-1]] if len(counts) == len(bounds) + 2 else counts
    if not all(math.isfinite(bound) for bound in bounds):
        raise InvalidHistogram("a bound is no finite number")
    return tuple(float(bound) + 0.0 for bound in bounds), counts


def _key(layout: BucketLayout, side: int, index: int) -> int:
    """Buckets within the one around zero belong to it."""
    if abs(index) > MAX_INDEX:
        raise InvalidHistogram(f"bucket {index} is beyond every number")
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
        raise InvalidHistogram("a count is negative, too large, or no number")
    return math.floor(number)
