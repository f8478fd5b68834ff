"""Native histograms of remote write: from their spans of buckets to a histogram point."""

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate
from struct import pack

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA
from sla.measurements.histograms.point import (
    MAX_BUCKETS,
    BucketCount,
    HistogramPoint,
    HistogramReading,
    InvalidHistogram,
)
from sla.measurements.receivers.remote_write_pb2 import BucketSpan, Histogram
from sla.measurements.samples import STALE_MARKER

_STALE_SUM = pack("<d", STALE_MARKER)
_RESET_HINT, _GAUGE_HINT = 1, 3
_COARSEST_SCHEMA, _FINEST_SCHEMA = -4, 52
"""Of exponential buckets in Prometheus, which reads schemas finer than 8 in the resolution of 8."""


def parse_native_histogram(histogram: Histogram) -> HistogramPoint | None:
    """Parse a histogram by the rules of Prometheus; None if it counts nothing: a stale marker, or a gauge.

    Raise InvalidHistogram.
    """
    if pack("<d", histogram.sum) == _STALE_SUM:
        return None
    if histogram.start_timestamp > max(histogram.timestamp, 0):
        raise InvalidHistogram("it began after its own instant")
    reset = histogram.reset_hint == _RESET_HINT
    reading = HistogramReading(histogram.timestamp, histogram.start_timestamp or None, reset=reset, sum=histogram.sum)
    parse = _parse_explicit if histogram.schema == EXPLICIT_SCHEMA else _parse_exponential
    point = parse(reading, histogram)
    return None if histogram.reset_hint == _GAUGE_HINT else point


def _parse_exponential(reading: HistogramReading, histogram: Histogram) -> HistogramPoint:
    if not _COARSEST_SCHEMA <= histogram.schema <= _FINEST_SCHEMA:
        raise InvalidHistogram(f"its schema, {histogram.schema}, is neither {EXPLICIT_SCHEMA} nor from -4 to 8")
    if histogram.custom_values:
        raise InvalidHistogram("it has bounds, which only histograms of schema -53 have")
    return HistogramPoint.from_exponential(
        reading,
        schema=histogram.schema,
        count=_count(histogram),
        zero_count=histogram.zero_count_float if _is_float(histogram) else histogram.zero_count_int,
        zero_threshold=histogram.zero_threshold,
        positive=_buckets(histogram.positive_spans, _counts(histogram, "positive")),
        negative=_buckets(histogram.negative_spans, _counts(histogram, "negative")),
    )


def _parse_explicit(reading: HistogramReading, histogram: Histogram) -> HistogramPoint:
    _check_no_exponential_parts(histogram)
    if len(histogram.custom_values) > MAX_BUCKETS:
        raise InvalidHistogram(f"it has more than {MAX_BUCKETS} buckets")
    counts = [0.0] * (len(histogram.custom_values) + 1)
    for index, number in _buckets(histogram.positive_spans, _counts(histogram, "positive")):
        if not 0 <= index < len(counts):
            raise InvalidHistogram(f"bucket {index} is above all its bounds")
        counts[index] = number
    bounds = list(histogram.custom_values)
    return HistogramPoint.from_explicit(reading, bounds=bounds, counts=counts, count=_count(histogram))


def _check_no_exponential_parts(histogram: Histogram) -> None:
    if histogram.zero_threshold or histogram.zero_count_int or histogram.zero_count_float:
        raise InvalidHistogram("it has bounds, and so no bucket around zero")
    if histogram.negative_spans or histogram.negative_deltas or histogram.negative_counts:
        raise InvalidHistogram("it has bounds, and so no negative buckets")
    if histogram.custom_values and math.isinf(histogram.custom_values[-1]):
        raise InvalidHistogram("its last bound is infinite, which goes without saying")


def _is_float(histogram: Histogram) -> bool:
    return bool(histogram.WhichOneof("count") == "count_float")


def _count(histogram: Histogram) -> int | None:
    """Return how much was observed; None for floats, which are rounded, so that their buckets say it."""
    if not _is_float(histogram):
        return histogram.count_int
    if not histogram.count_float >= 0:
        raise InvalidHistogram("its count is negative or not a number")
    return None


def _counts(histogram: Histogram, side: str) -> Sequence[float]:
    """Return the counts of one side's buckets; integers are sent as the difference to the bucket before."""
    numbers = getattr(histogram, f"{side}_counts" if _is_float(histogram) else f"{side}_deltas")
    if len(numbers) > MAX_BUCKETS:
        raise InvalidHistogram(f"it has more than {MAX_BUCKETS} buckets")
    return list(numbers if _is_float(histogram) else accumulate(numbers))


def _buckets(spans: Sequence[BucketSpan], counts: Sequence[float]) -> Iterator[BucketCount]:
    if sum(span.length for span in spans) != len(counts):
        raise InvalidHistogram("its spans do not hold as many buckets as it has")
    remaining = iter(counts)
    index = 0
    for place, span in enumerate(spans):
        if place and span.offset < 0:
            raise InvalidHistogram(f"span {place} begins before the end of the one before")
        index += span.offset
        for _ in range(span.length):
            yield index, next(remaining)
            index += 1
