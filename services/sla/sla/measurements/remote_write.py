"""Prometheus remote write 1.0: from the body to columns. What 2.0 has in common with it is here too."""

# A real Prometheus sends one sample per series, behind the labels. The bytes before it, once taken apart and checked,
# are remembered with the series they name, and next time are looked up as they are; values and instants of all samples
# are read at once. Whatever is written otherwise is parsed field by field.

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import cramjam
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from common.errors import Malformed, TooLarge
from sla.measurements.histograms import HistogramPoint, HistogramUnfit
from sla.measurements.known import Known
from sla.measurements.native_histograms import point_of
from sla.measurements.pushed import Pushed, SeriesHistograms, SeriesSamples
from sla.measurements.remote_write_pb2 import Histogram, Label, Sample, TimeSeries, WriteRequest
from sla.measurements.samples import Ints, Samples, since_start
from sla.measurements.series import Key, Labels, problem_of, shown

LARGEST = 32 * 1024 * 1024
"""Bytes of a decoded request."""

_GROUPS = 6
"""Bytes of an instant between 1971 and 2109 as a varint."""
_TAIL = 0x00_80_80_80_80_80_10_00, 0x80_80_80_80_80_80_FF_00
"""The last 8 bytes of a sample, low end first, and which bits of them are fixed: the key of the instant, and where it
goes on and ends."""


class BodyUnreadable(Malformed):
    """The body is a snappy block that holds a protobuf message of the announced type."""


class Written(NamedTuple):
    """A series taken apart; its labels break no rule."""

    place: int
    labels: Labels
    key: Key | None
    """What it will be known by."""
    samples: Sequence[Sample]
    histograms: Sequence[Histogram]


@dataclass(frozen=True)
class Form:
    """A way to write one sample, whose bytes are read as overlapping numbers."""

    head: int
    """Key and length of the sample, and the key of its value, where it has one; low end first."""
    head_bytes: int
    value: bool

    @property
    def layout(self) -> np.dtype[np.void]:
        size = self.head_bytes + 8 * self.value + 1 + _GROUPS
        kinds = {"head": ("<u2", 0), "tail": ("<u8", size - 8)}
        if self.value:
            kinds |= {"key": ("u1", 2), "value": ("<f8", 3)}
        formats, offsets = zip(*kinds.values(), strict=True)
        return np.dtype({"names": list(kinds), "formats": formats, "offsets": offsets, "itemsize": size})

    @property
    def opening(self) -> bytes:
        """The key and the length of the sample."""
        return self.head.to_bytes(3, "little")[:2]

    def fits(self, tails: NDArray[np.void]) -> NDArray[np.bool_]:
        shape, fixed = _TAIL
        fits: NDArray[np.bool_] = (tails["tail"] & fixed) == shape
        fits &= tails["head"] == self.head & 0xFFFF
        return fits & (tails["key"] == self.head >> 16) if self.value else fits

    def at(self, tails: NDArray[np.void]) -> Ints:
        bits = tails["tail"].astype(np.int64) >> 16
        at = bits & 0x7F
        for group in range(1, _GROUPS):
            at |= (bits >> group) & (0x7F << (7 * group))
        return at

    def values(self, tails: NDArray[np.void]) -> NDArray[np.float64]:
        return tails["value"].astype(np.float64) if self.value else np.zeros(len(tails))


FORMS = (Form(0x09_10_12, 3, value=True), Form(0x07_12, 2, value=False))
"""A value of zero is not written at all."""


def inflate(body: bytes) -> bytes:
    """Undo snappy. Raise TooLarge before anything is inflated that is, BodyUnreadable if it is no snappy block."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > LARGEST:
            raise TooLarge(f"A decoded request has at the most {LARGEST} bytes: send smaller batches.")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise BodyUnreadable("The body is no snappy block.") from None


def decode(raw: bytes, known: Known) -> Pushed:
    """`known` finds a series by the bytes before its sample. Raise BodyUnreadable."""
    try:
        pieces = list(WriteRequest.FromString(raw).timeseries)
    except DecodeError:
        raise BodyUnreadable("The body is no WriteRequest.") from None
    pushed = Pushed()
    places = np.arange(len(pieces))
    for form in FORMS:
        pieces, places = _read_at_once(pieces, places, form, known, pushed)
    for place, piece in zip(places.tolist(), pieces, strict=True):
        _take_apart(place, piece, pushed)
    return pushed


def _read_at_once(
    pieces: list[bytes], places: Ints, form: Form, known: Known, pushed: Pushed
) -> tuple[list[bytes], Ints]:
    """Add the samples of known series that have this form; return what is left, and the places it has."""
    layout = form.layout
    size = layout.itemsize
    series = np.array([known.get(piece[:-size], -1) for piece in pieces], np.int64)
    found = np.flatnonzero(series >= 0)
    joined = b"".join([piece[-size:] for piece in (pieces if len(found) == len(pieces) else _those(pieces, found))])
    tails = np.frombuffer(joined, layout)
    if not (fits := form.fits(tails)).all():
        found, tails = found[fits], tails[fits]
    pushed.add(Samples(series[found], form.at(tails), form.values(tails)), places[found])
    left = np.ones(len(pieces), np.bool_)
    left[found] = False
    return _those(pieces, np.flatnonzero(left)), places[left]


def _those(pieces: list[bytes], which: Ints) -> list[bytes]:
    return [pieces[row] for row in which.tolist()]


def _take_apart(place: int, piece: bytes, pushed: Pushed) -> None:
    name = f"timeseries {place}"
    try:
        written = TimeSeries.FromString(piece)
        parsed = [Label.FromString(label) for label in written.labels]
    except DecodeError:
        pushed.refuse(f"{name}: cannot be read")
        return
    labels = tuple((label.name, label.value) for label in parsed)
    if problem := problem_of(labels):
        pushed.refuse(f"{name} {shown(labels)}: {problem}")
        return
    key = TimeSeries(labels=written.labels).SerializeToString()
    take(Written(place, labels, key, written.samples, written.histograms), pushed)


def take(written: Written, pushed: Pushed) -> None:
    """What is wrong with one histogram is no fault of the others."""
    if written.samples:
        told = [since_start(one.timestamp, one.value, one.start_timestamp) for one in written.samples]
        at, value = zip(*chain.from_iterable(told), strict=True)
        pushed.others.append(SeriesSamples(written.place, written.labels, at, value, written.key))
    if points := [point for sent in written.histograms if (point := _point(sent, written, pushed)) is not None]:
        pushed.histograms.append(SeriesHistograms(written.place, written.labels, points))


def _point(sent: Histogram, written: Written, pushed: Pushed) -> HistogramPoint | None:
    try:
        point = point_of(sent)
    except HistogramUnfit as error:
        name = f"timeseries {written.place} {shown(written.labels)}"
        pushed.refuse(f"{name}, histogram of {sent.timestamp} ms: {error}")
        return None
    pushed.ended += point is None
    return point
