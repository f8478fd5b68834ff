"""Prometheus remote write 1.0: from the body to a decoded push. What 2.0 has in common with it is here too."""

# A real Prometheus sends one sample per series, behind the labels. The bytes before the sample, once parsed and
# checked, are remembered with the series they name, and are looked up as they are next time; values and instants of all
# samples are read at once. Whatever is written otherwise is parsed field by field.

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cramjam
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from common.errors import TooLarge
from sla.measurements.histograms.point import HistogramPoint, InvalidHistogram
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledHistograms, LabelledSamples, SampleRows
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, SeriesKey, format_labels, label_problem
from sla.measurements.receivers.errors import BodyUnreadable
from sla.measurements.receivers.native_histograms import parse_native_histogram
from sla.measurements.receivers.remote_write_pb2 import Histogram, Label, Sample, TimeSeries, WriteRequest
from sla.measurements.samples import Ints, Samples

MAX_DECODED_BYTES = 32 * 1024 * 1024

_INSTANT_BYTES = 6
"""Bytes of an instant between 1971 and 2109 as a varint."""
_VALUE_TAG, _INSTANT_TAG, _START_TAG = 0x09, 0x10, 0x18
"""Tags of the fields of a sample."""
_INSTANT_PATTERN, _INSTANT_MASK = 0x00_80_80_80_80_80_00_00, 0x80_80_80_80_80_80_FF_00
"""The last 8 bytes of an instant, low end first, and which of their bits are fixed: its tag, still to be put in, and
where the varint goes on and ends.
"""


class ParsedSeries(NamedTuple):
    """A series whose labels were parsed and break no rule."""

    position: int
    labels: Labels
    key: SeriesKey | None
    """The key under which the cache is to remember it."""
    samples: Sequence[Sample]
    histograms: Sequence[Histogram]


@dataclass(frozen=True)
class SampleEncoding:
    """One way to write a sample, whose bytes are read as overlapping numbers."""

    has_value: bool
    """A value of zero is not written at all."""
    has_start: bool = False

    @property
    def size(self) -> int:
        """Bytes, with the tag and the length of the sample."""
        return 2 + 9 * self.has_value + (1 + _INSTANT_BYTES) * (1 + self.has_start)

    @property
    def header(self) -> bytes:
        """The tag and the length of the sample."""
        return bytes((0x12, self.size - 2))

    @cached_property
    def dtype(self) -> np.dtype[np.void]:
        fields = {
            "header": ("<u2", 0),
            "at": ("<u8", self.size - 8 - (1 + _INSTANT_BYTES) * self.has_start),
        }
        if self.has_start:
            fields |= {"start": ("<u8", self.size - 8)}
        if self.has_value:
            fields |= {"tag": ("u1", 2), "value": ("<f8", 3)}
        formats, offsets = zip(*fields.values(), strict=True)
        return np.dtype({"names": list(fields), "formats": formats, "offsets": offsets, "itemsize": self.size})

    def matches(self, tails: NDArray[np.void]) -> NDArray[np.bool_]:
        matches: NDArray[np.bool_] = tails["header"] == int.from_bytes(self.header, "little")
        matches &= (tails["at"] & _INSTANT_MASK) == _INSTANT_PATTERN | _INSTANT_TAG << 8
        if self.has_start:
            matches &= (tails["start"] & _INSTANT_MASK) == _INSTANT_PATTERN | _START_TAG << 8
        return matches & (tails["tag"] == _VALUE_TAG) if self.has_value else matches

    def to_rows(self, series: Ints, tails: NDArray[np.void], position: Ints) -> SampleRows:
        value = tails["value"].astype(np.float64) if self.has_value else np.zeros(len(tails))
        start = _instants(tails["start"]) if self.has_start else None
        return SampleRows(Samples(series, _instants(tails["at"]), value), position, start)


def _instants(ends: NDArray[np.uint64]) -> Ints:
    bits = ends.astype(np.int64) >> 16
    at = bits & 0x7F
    for group in range(1, _INSTANT_BYTES):
        at |= (bits >> group) & (0x7F << (7 * group))
    return at


ENCODINGS_WITHOUT_START = (SampleEncoding(has_value=True), SampleEncoding(has_value=False))


def decompress_block(body: bytes) -> bytes:
    """Decompress a snappy block. Raise TooLarge before decompressing what is, BodyUnreadable if it is no such block."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > MAX_DECODED_BYTES:
            raise TooLarge(f"A decoded request has at most {MAX_DECODED_BYTES} bytes: send smaller batches.")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise BodyUnreadable("The body is not a snappy block.") from None


def decode_write_request(raw: bytes, cache: SeriesCache) -> DecodedPush:
    """Decode a request, finding a series by the bytes before its sample. Raise BodyUnreadable, TooLarge."""
    try:
        request = WriteRequest.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is not a WriteRequest.") from None
    push = DecodedPush()
    push.count_items(len(request.timeseries))
    pieces = list(request.timeseries)
    positions = np.arange(len(pieces))
    for encoding in ENCODINGS_WITHOUT_START:
        pieces, positions = _add_cached_series(pieces, positions, encoding, cache, push)
    for position, piece in zip(positions.tolist(), pieces, strict=True):
        _add_series(position, piece, push)
    return push


def _add_cached_series(
    pieces: list[bytes], positions: Ints, encoding: SampleEncoding, cache: SeriesCache, push: DecodedPush
) -> tuple[list[bytes], Ints]:
    """Add the samples of cached series that have this encoding. Return the other pieces, and their positions."""
    size = encoding.size
    series = np.array([cache.get(piece[:-size], -1) for piece in pieces], np.int64)
    rows = np.flatnonzero(series >= 0)
    cached = pieces if len(rows) == len(pieces) else _pick(pieces, rows)
    tails = np.frombuffer(b"".join([piece[-size:] for piece in cached]), encoding.dtype)
    if not (matches := encoding.matches(tails)).all():
        rows, tails = rows[matches], tails[matches]
    push.rows.append(encoding.to_rows(series[rows], tails, positions[rows]))
    is_other = np.ones(len(pieces), np.bool_)
    is_other[rows] = False
    return _pick(pieces, np.flatnonzero(is_other)), positions[is_other]


def _pick(pieces: list[bytes], rows: Ints) -> list[bytes]:
    return [pieces[row] for row in rows.tolist()]


def _add_series(position: int, piece: bytes, push: DecodedPush) -> None:
    name = f"timeseries {position}"
    try:
        series = TimeSeries.FromString(piece)
        push.count_items(len(series.labels) + len(series.samples) + len(series.histograms))
        pairs = [Label.FromString(label) for label in series.labels]
    except DecodeError:
        push.refusals.add(f"{name}: cannot be read")
        return
    labels = tuple((pair.name, pair.value) for pair in pairs)
    if problem := label_problem(labels):
        push.refusals.add(f"{name} {format_labels(labels)}: {problem}")
        return
    key = TimeSeries(labels=series.labels).SerializeToString()
    add_parsed_series(ParsedSeries(position, labels, key, series.samples, series.histograms), push)


def add_parsed_series(series: ParsedSeries, push: DecodedPush) -> None:
    """Add the samples and histograms of a series. An invalid histogram is refused alone."""
    if series.samples:
        columns = [(sample.timestamp, sample.value, sample.start_timestamp) for sample in series.samples]
        at, value, start = zip(*columns, strict=True)
        push.labelled_samples.append(LabelledSamples(series.position, series.labels, at, value, series.key, start))
    parsed = (_parse_histogram(histogram, series, push) for histogram in series.histograms)
    if points := [point for point in parsed if point is not None]:
        push.labelled_histograms.append(LabelledHistograms(series.position, series.labels, points))


def _parse_histogram(histogram: Histogram, series: ParsedSeries, push: DecodedPush) -> HistogramPoint | None:
    try:
        point = parse_native_histogram(histogram)
    except InvalidHistogram as error:
        name = f"timeseries {series.position} {format_labels(series.labels)}"
        push.refusals.add(f"{name}, histogram of {histogram.timestamp} ms: {error}")
        return None
    push.stale_histograms += point is None
    return point
