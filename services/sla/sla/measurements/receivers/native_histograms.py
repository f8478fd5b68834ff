"""Native histograms of remote write: from their spans of buckets to a histogram point."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from struct import pack

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA
from sla.measurements.histograms.point import BucketCount, HistogramPoint, HistogramReading, InvalidHistogram
from sla.measurements.receivers.remote_write_pb2 import BucketSpan, Histogram
from sla.measurements.samples import STALE_MARKER

_STALE_SUM = pack("<d", STALE_MARKER)
_RESET_HINT, _GAUGE_HINT = 1, 3


def parse_native_histogram(histogram: Histogram) -> HistogramPoint | None:
    """Parse a histogram; None for a stale marker. Raise InvalidHistogram."""
    if pack("<d", histogram.sum) == _STALE_SUM:
        return None
    if histogram.reset_hint == _GAUGE_HINT:
        raise InvalidHistogram("gauge histograms count nothing, and are not accepted")
    if histogram.start_timestamp > max(histogram.timestamp, 0):
        raise InvalidHistogram("it began after its own instant")
    reset = histogram.reset_hint == _RESET_HINT
    reading = HistogramReading(histogram.timestamp, histogram.start_timestamp or None, reset=reset, sum=histogram.sum)
    if histogram.schema == EXPLICIT_SCHEMA:
        return _parse_explicit(reading, histogram)
    return _parse_exponential(reading, histogram)


def _parse_exponential(reading: HistogramReading, histogram: Histogram) -> HistogramPoint:
    return HistogramPoint.from_exponential(
        reading,
        schema=histogram.schema,
        count=histogram.count_float or histogram.count_int,
        zero_count=histogram.zero_count_float or histogram.zero_count_int,
        zero_threshold=histogram.zero_threshold,
        positive=_buckets(histogram.positive_spans, histogram.positive_deltas, histogram.positive_counts),
        negative=_buckets(histogram.negative_spans, histogram.negative_deltas, histogram.negative_counts),
    )


def _parse_explicit(reading: HistogramReading, histogram: Histogram) -> HistogramPoint:
    counts = [0.0] * (len(histogram.custom_values) + 1)
    for index, count in _buckets(histogram.positive_spans, histogram.positive_deltas, histogram.positive_counts):
        if not 0 <= index < len(counts):
            raise InvalidHistogram(f"bucket {index} is above all its bounds")
        counts[index] = count
    bounds, count = list(histogram.custom_values), histogram.count_float or histogram.count_int
    return HistogramPoint.from_explicit(reading, bounds=bounds, counts=counts, count=count)


def _buckets(spans: Sequence[BucketSpan], deltas: Sequence[int], counts: Sequence[float]) -> Iterator[BucketCount]:
    """Yield the buckets; integer counts are sent as the difference to the bucket before, others as they are."""
    if sum(span.length for span in spans) != (len(counts) or len(deltas)):
        raise InvalidHistogram("its spans do not hold as many buckets as it has")
    remaining = iter(counts or accumulate(deltas))
    index = 0
    for span in spans:
        index += span.offset
        for _ in range(span.length):
            yield index, next(remaining)
            index += 1
