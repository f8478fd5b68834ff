"""A native histogram of remote write, from its spans of buckets to a point."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from struct import pack

from sla.measurements.histograms.bucket_layout import EXPLICIT_SCHEMA
from sla.measurements.histograms.point import BucketCount, HistogramPoint, HistogramReading, InvalidHistogram
from sla.measurements.receivers.remote_write_pb2 import BucketSpan, Histogram
from sla.measurements.samples import STALE_MARKER

_STALE = pack("<d", STALE_MARKER)
_RESET, _GAUGE = 1, 3
"""Reset hints: counting began anew; nothing is counted."""


def parse_native_histogram(sent: Histogram) -> HistogramPoint | None:
    """None for a stale marker. Raise HistogramUnfit."""
    if pack("<d", sent.sum) == _STALE:
        return None
    if sent.reset_hint == _GAUGE:
        raise InvalidHistogram("gauge histograms count nothing, and are not taken")
    if sent.start_timestamp > max(sent.timestamp, 0):
        raise InvalidHistogram("it began after its own instant")
    reset = sent.reset_hint == _RESET
    reading = HistogramReading(sent.timestamp, sent.start_timestamp or None, reset=reset, sum=sent.sum)
    return _explicit(reading, sent) if sent.schema == EXPLICIT_SCHEMA else _exponential(reading, sent)


def _exponential(reading: HistogramReading, sent: Histogram) -> HistogramPoint:
    return HistogramPoint.from_exponential(
        reading,
        schema=sent.schema,
        count=_count(sent),
        zero_count=sent.zero_count_float
        if sent.WhichOneof("zero_count") == "zero_count_float"
        else sent.zero_count_int,
        zero_threshold=sent.zero_threshold,
        positive=_buckets(sent.positive_spans, sent.positive_deltas, sent.positive_counts),
        negative=_buckets(sent.negative_spans, sent.negative_deltas, sent.negative_counts),
    )


def _explicit(reading: HistogramReading, sent: Histogram) -> HistogramPoint:
    counts = [0.0] * (len(sent.custom_values) + 1)
    for index, count in _buckets(sent.positive_spans, sent.positive_deltas, sent.positive_counts):
        if not 0 <= index < len(counts):
            raise InvalidHistogram(f"bucket {index} is above all its bounds")
        counts[index] = count
    return HistogramPoint.from_explicit(reading, bounds=list(sent.custom_values), counts=counts, count=_count(sent))


def _count(sent: Histogram) -> float:
    return sent.count_float if sent.WhichOneof("count") == "count_float" else sent.count_int


def _buckets(spans: Sequence[BucketSpan], deltas: Sequence[int], counts: Sequence[float]) -> Iterator[BucketCount]:
    """Whole counts are sent as the difference to the bucket before, others as they are."""
    if sum(span.length for span in spans) != (len(counts) or len(deltas)):
        raise InvalidHistogram("its spans do not hold as many buckets as it has")
    found = iter(counts or accumulate(deltas))
    index = 0
    for span in spans:
        index += span.offset
        for _ in range(span.length):
            yield index, next(found)
            index += 1
