"""Prometheus remote write 1.0: from the body to a decoded push. What 2.0 has in common with it is here too."""

# A real Prometheus sends one sample per series, behind the labels. The bytes before the sample, once parsed and
# checked, are remembered with the series they name, and are looked up as they are next time; values and instants of all
# samples are read at once. Whatever is written otherwise is parsed field by field.

from contextlib import suppress

import cramjam
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from common.errors import TooLarge
from sla.measurements.histograms.point import InvalidHistogram
from sla.measurements.ingest.decoded_push import SAMPLE_ROW, DecodedPush, LabelledSeries, SampleRows
from sla.measurements.ingest.refusals import Refusal, build_labels
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, SeriesKey, format_labels
from sla.measurements.receivers.errors import BodyUnreadable
from sla.measurements.receivers.message_counts import check_message_count, message_fields
from sla.measurements.receivers.native_histograms import parse_native_histogram
from sla.measurements.receivers.remote_write_pb2 import Label, Request, SeriesByReference, TimeSeries, WriteRequest
from sla.measurements.samples import Ints, Mask

MAX_DECODED_BYTES = 32 * 1024 * 1024
MAX_SERIES_BYTES = 8 * 1024 * 1024
"""Numbers of one byte take eight, once they are decoded."""

_FIELDS = {1: {**message_fields(TimeSeries.DESCRIPTOR), 1: {}, 3: {}}}
"""The fields of a request that hold messages: series with labels, samples, exemplars and histograms."""
_INSTANT_BYTES = 6
"""Bytes of an instant between 1971 and 2109 as a varint."""
_INSTANT_PATTERN, _INSTANT_MASK = 0x00_80_80_80_80_80_10_00, 0x80_80_80_80_80_80_FF_00
"""The last 8 bytes of a sample, low end first, and which of their bits are fixed: the tag of the instant, and where its
varint goes on and ends.
"""
_SAMPLE_TAG, _VALUE_TAG = 0x12, 0x09

_SAMPLE_WITH_VALUE = np.dtype(
    {
        "names": ["header", "value_tag", "value", "at"],
        "formats": ["<u2", "u1", "<f8", "<u8"],
        "offsets": [0, 2, 3, 10],
        "itemsize": 18,
    }
)
_SAMPLE_OF_ZERO = np.dtype({"names": ["header", "at"], "formats": ["<u2", "<u8"], "offsets": [0, 1], "itemsize": 9})
"""How Prometheus writes a sample, read as overlapping numbers: its header is a tag and a length; zero is left out."""


def decompress_block(body: bytes, limit: int = MAX_DECODED_BYTES) -> bytes:
    """Decompress a snappy block. Raise TooLarge before decompressing what is, BodyUnreadable if it is no such block."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > limit:
            raise TooLarge(f"A decoded request has at most {limit} bytes: send smaller batches.")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise BodyUnreadable("The body is not a snappy block.") from None


def decode_write_request(raw: bytes, cache: SeriesCache) -> DecodedPush:
    """Decode a request, finding a series by the bytes before its sample. Raise BodyUnreadable, TooLarge."""
    try:
        check_message_count(raw, _FIELDS)
        request = WriteRequest.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is not a WriteRequest.") from None
    if not request.timeseries:
        _check_not_version_2(raw)
    push = DecodedPush()
    push.count_items(len(request.timeseries))
    pieces = list(request.timeseries)
    positions = np.arange(len(pieces))
    for encoding in (_SAMPLE_WITH_VALUE, _SAMPLE_OF_ZERO):
        pieces, positions = _add_cached_series(pieces, positions, encoding, cache, push)
    for position, piece in zip(positions.tolist(), pieces, strict=True):
        try:
            _add_series(position, piece, push)
        except (DecodeError, Refusal) as error:
            refuse_series(position, error, push)
    return push


def _check_not_version_2(raw: bytes) -> None:
    """Raise BodyUnreadable if a body is a request of 2.0, which read as one of 1.0 would hold nothing."""
    with suppress(DecodeError):
        request = Request.FromString(raw)
        if request.symbols or request.timeseries:
            name = "io.prometheus.write.v2.Request"
            raise BodyUnreadable(f"The body is an {name}: send Content-Type: application/x-protobuf;proto={name}.")


def _add_cached_series(
    pieces: list[bytes], positions: Ints, encoding: np.dtype[np.void], cache: SeriesCache, push: DecodedPush
) -> tuple[list[bytes], Ints]:
    """Add the samples of cached series that have this encoding. Return the other pieces, and their positions."""
    size = encoding.itemsize
    series = np.array([cache.get(piece[:-size], -1) for piece in pieces], np.int64)
    cached = np.flatnonzero(series >= 0)
    tails = np.frombuffer(b"".join([pieces[place][-size:] for place in cached.tolist()]), encoding)
    matches = _matches(tails)
    cached, tails = cached[matches], tails[matches]
    push.rows.append(_to_rows(series[cached], tails, positions[cached]))
    uncached = np.delete(np.arange(len(pieces)), cached)
    return [pieces[place] for place in uncached.tolist()], positions[uncached]


def _matches(tails: NDArray[np.void]) -> Mask:
    """Return which bytes are a sample in the encoding of their type."""
    header = _SAMPLE_TAG | (tails.itemsize - 2) << 8
    matches: Mask = (tails["header"] == header) & ((tails["at"] & _INSTANT_MASK) == _INSTANT_PATTERN)
    return matches & (tails["value_tag"] == _VALUE_TAG) if tails.dtype == _SAMPLE_WITH_VALUE else matches


def _to_rows(series: Ints, tails: NDArray[np.void], position: Ints) -> SampleRows:
    rows = np.zeros(len(tails), SAMPLE_ROW)
    rows["series"], rows["at"], rows["position"] = series, _instants(tails["at"]), position
    if tails.dtype == _SAMPLE_WITH_VALUE:
        rows["value"] = tails["value"]
    return rows


def _instants(ends: NDArray[np.uint64]) -> Ints:
    bits = ends.astype(np.int64) >> 16
    at = bits & 0x7F
    for group in range(1, _INSTANT_BYTES):
        at |= (bits >> group) & (0x7F << (7 * group))
    return at


def _add_series(position: int, piece: bytes, push: DecodedPush) -> None:
    check_series_size(piece)
    series = TimeSeries.FromString(piece)
    push.count_items(len(series.labels) + len(series.samples) + len(series.histograms) + len(series.exemplars))
    pairs = [Label.FromString(label) for label in series.labels]
    labels = build_labels((pair.name, pair.value) for pair in pairs)
    add_series(position, labels, TimeSeries(labels=series.labels).SerializeToString(), series, push)


def check_series_size(piece: bytes) -> None:
    """Raise Refusal if a series is too large to be decoded."""
    if len(piece) > MAX_SERIES_BYTES:
        raise Refusal(f"it has more than {MAX_SERIES_BYTES} bytes")


def refuse_series(position: int, error: DecodeError | Refusal, push: DecodedPush) -> None:
    reason = error if isinstance(error, Refusal) else "cannot be read"
    push.refusals.add(f"timeseries {position}: {reason}")


def add_series(
    position: int, labels: Labels, key: SeriesKey | None, series: TimeSeries | SeriesByReference, push: DecodedPush
) -> None:
    """Add the samples and histograms of a series, and count its exemplars. An invalid histogram is refused alone."""
    push.exemplars += len(series.exemplars)
    samples = [(sample.timestamp, sample.value, sample.start_timestamp) for sample in series.samples]
    histograms = []
    for histogram in series.histograms:
        try:
            point = parse_native_histogram(histogram)
        except InvalidHistogram as error:
            name = f"timeseries {position}: {format_labels(labels)}, histogram of {histogram.timestamp} ms"
            push.refusals.add(f"{name}: {error}")
        else:
            push.unwritten_histograms += point is None
            histograms += [point] if point else []
    if samples or histograms:
        push.labelled_series.append(LabelledSeries(position, labels, samples, histograms, key))
