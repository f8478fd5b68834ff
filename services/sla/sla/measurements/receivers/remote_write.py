"""Prometheus remote write 1.0: from the body to columns. What 2.0 has in common with it is here too."""

# A real Prometheus sends one sample per series, behind the labels. The bytes before it, once taken apart and checked,
# are remembered with the series they name, and next time are looked up as they are; values and instants of all samples
# are read at once. Whatever is written otherwise is parsed field by field.

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cramjam
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from common.errors import Malformed, TooLarge
from sla.measurements.histograms.point import HistogramPoint, InvalidHistogram
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledHistograms, LabelledSamples
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, SeriesKey, format_labels, label_problem
from sla.measurements.receivers.native_histograms import parse_native_histogram
from sla.measurements.receivers.remote_write_pb2 import Histogram, Label, Sample, TimeSeries, WriteRequest
from sla.measurements.samples import Ints, Samples

MAX_DECODED_BYTES = 32 * 1024 * 1024
"""Bytes of a decoded request."""

_GROUPS = 6
"""Bytes of an instant between 1971 and 2109 as a varint."""
_VALUE, _INSTANT, _START = 0x09, 0x10, 0x18
"""Keys of the fields of a sample."""
_SHAPE, _FIXED = 0x00_80_80_80_80_80_00_00, 0x80_80_80_80_80_80_FF_00
"""The last 8 bytes of an instant, low end first, and which bits of them are fixed: its key, still to be put in, and
where it goes on and ends.
"""


class BodyUnreadable(Malformed, slug="body-unreadable"):
    """The body is a snappy block that holds a protobuf message of the announced type."""


class ParsedSeries(NamedTuple):
    """A series taken apart; its labels break no rule."""

    position: int
    labels: Labels
    key: SeriesKey | None
    """What it will be known by."""
    samples: Sequence[Sample]
    histograms: Sequence[Histogram]


@dataclass(frozen=True)
class SampleEncoding:
    """A way to write one sample, whose bytes are read as overlapping numbers."""

    has_value: bool
    """A value of zero is not written at all."""
    has_start: bool = False

    @property
    def size(self) -> int:
        """Bytes, with the key and the length of the sample."""
        return 2 + 9 * self.has_value + (1 + _GROUPS) * (1 + self.has_start)

    @property
    def header(self) -> bytes:
        """The key and the length of the sample."""
        return bytes((0x12, self.size - 2))

    @cached_property
    def dtype(self) -> np.dtype[np.void]:
        kinds = {"head": ("<u2", 0), "at": ("<u8", self.size - 8 - (1 + _GROUPS) * self.has_start)}
        if self.has_start:
            kinds |= {"start": ("<u8", self.size - 8)}
        if self.has_value:
            kinds |= {"key": ("u1", 2), "value": ("<f8", 3)}
        formats, offsets = zip(*kinds.values(), strict=True)
        return np.dtype({"names": list(kinds), "formats": formats, "offsets": offsets, "itemsize": self.size})

    def matches(self, tails: NDArray[np.void]) -> NDArray[np.bool_]:
        fits: NDArray[np.bool_] = tails["head"] == int.from_bytes(self.header, "little")
        fits &= (tails["at"] & _FIXED) == _SHAPE | _INSTANT << 8
        if self.has_start:
            fits &= (tails["start"] & _FIXED) == _SHAPE | _START << 8
        return fits & (tails["key"] == _VALUE) if self.has_value else fits

    def to_samples(self, series: Ints, tails: NDArray[np.void]) -> Samples:
        value = tails["value"].astype(np.float64) if self.has_value else np.zeros(len(tails))
        return Samples(series, _instants(tails["at"]), value)

    def to_starts(self, tails: NDArray[np.void]) -> Ints | None:
        return _instants(tails["start"]) if self.has_start else None


def _instants(ends: NDArray[np.uint64]) -> Ints:
    bits = ends.astype(np.int64) >> 16
    at = bits & 0x7F
    for group in range(1, _GROUPS):
        at |= (bits >> group) & (0x7F << (7 * group))
    return at


ENCODINGS_WITHOUT_START = (SampleEncoding(has_value=True), SampleEncoding(has_value=False))


def decompress_block(body: bytes) -> bytes:
    """Undo snappy. Raise TooLarge before anything is inflated that is, BodyUnreadable if it is no snappy block."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > MAX_DECODED_BYTES:
            raise TooLarge(f"A decoded request has at the most {MAX_DECODED_BYTES} bytes: send smaller batches.")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise BodyUnreadable("The body is no snappy block.") from None


def decode_write_request(raw: bytes, known: SeriesCache) -> DecodedPush:
    """`known` finds a series by the bytes before its sample. Raise BodyUnreadable, TooLarge."""
    try:
        request = WriteRequest.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is no WriteRequest.") from None
    pushed = DecodedPush()
    pushed.count_items(len(request.timeseries))
    pieces = list(request.timeseries)
    places = np.arange(len(pieces))
    for form in ENCODINGS_WITHOUT_START:
        pieces, places = _read_at_once(pieces, places, form, known, pushed)
    for place, piece in zip(places.tolist(), pieces, strict=True):
        _take_apart(place, piece, pushed)
    return pushed


def _read_at_once(
    pieces: list[bytes], places: Ints, form: SampleEncoding, known: SeriesCache, pushed: DecodedPush
) -> tuple[list[bytes], Ints]:
    """Add the samples of known series that have this form; return what is left, and the places it has."""
    size = form.size
    series = np.array([known.get(piece[:-size], -1) for piece in pieces], np.int64)
    found = np.flatnonzero(series >= 0)
    joined = b"".join([piece[-size:] for piece in (pieces if len(found) == len(pieces) else _those(pieces, found))])
    tails = np.frombuffer(joined, form.dtype)
    if not (fits := form.matches(tails)).all():
        found, tails = found[fits], tails[fits]
    pushed.add_samples(form.to_samples(series[found], tails), places[found])
    left = np.ones(len(pieces), np.bool_)
    left[found] = False
    return _those(pieces, np.flatnonzero(left)), places[left]


def _those(pieces: list[bytes], which: Ints) -> list[bytes]:
    return [pieces[row] for row in which.tolist()]


def _take_apart(place: int, piece: bytes, pushed: DecodedPush) -> None:
    name = f"timeseries {place}"
    try:
        written = TimeSeries.FromString(piece)
        pushed.count_items(len(written.labels) + len(written.samples) + len(written.histograms))
        parsed = [Label.FromString(label) for label in written.labels]
    except DecodeError:
        pushed.refuse(f"{name}: cannot be read")
        return
    labels = tuple((label.name, label.value) for label in parsed)
    if problem := label_problem(labels):
        pushed.refuse(f"{name} {format_labels(labels)}: {problem}")
        return
    key = TimeSeries(labels=written.labels).SerializeToString()
    add_parsed_series(ParsedSeries(place, labels, key, written.samples, written.histograms), pushed)


def add_parsed_series(written: ParsedSeries, pushed: DecodedPush) -> None:
    """What is wrong with one histogram is no fault of the others."""
    if written.samples:
        told = [(one.timestamp, one.value, one.start_timestamp) for one in written.samples]
        at, value, start = zip(*told, strict=True)
        pushed.unresolved_samples.append(
            LabelledSamples(written.position, written.labels, at, value, written.key, start)
        )
    if points := [point for sent in written.histograms if (point := _point(sent, written, pushed)) is not None]:
        pushed.unresolved_histograms.append(LabelledHistograms(written.position, written.labels, points))


def _point(sent: Histogram, written: ParsedSeries, pushed: DecodedPush) -> HistogramPoint | None:
    try:
        point = parse_native_histogram(sent)
    except InvalidHistogram as error:
        name = f"timeseries {written.position} {format_labels(written.labels)}"
        pushed.refuse(f"{name}, histogram of {sent.timestamp} ms: {error}")
        return None
    pushed.stale_histograms += point is None
    return point
