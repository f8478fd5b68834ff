"""Prometheus remote write 1.0: from the body to columns."""

# A real Prometheus sends one sample per series, behind the labels. The bytes before it, once taken apart and checked,
# are remembered with the series they name, and next time are looked up as they are; values and instants of all samples
# are read at once. Whatever is written otherwise is parsed field by field.

from collections.abc import Mapping
from dataclasses import dataclass

import cramjam
import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from common.errors import Malformed, TooLarge
from sla.measurements.pushed import Pushed, SeriesSamples
from sla.measurements.remote_write_pb2 import Label, TimeSeries, WriteRequest
from sla.measurements.samples import Ints, Samples
from sla.measurements.series import problem_of, shown

LARGEST = 32 * 1024 * 1024
"""Bytes of a decoded request."""

_VARINT = [0x80] * 5 + [0x00]
"""The continuation bits of an instant between 1971 and 2109: 6 bytes."""


class BodyUnreadable(Malformed):
    """The body is a snappy block that holds a protobuf message of the announced type."""


@dataclass(frozen=True)
class _Form:
    """A way to write one sample: its size, and the bytes that make sure it is written so."""

    fixed: tuple[int, ...]
    """Key and length of the sample, and the key of its value, where it has one."""
    value: bool

    @property
    def size(self) -> int:
        return len(self.fixed) + 8 * self.value + 7

    def fits(self, tails: NDArray[np.uint8]) -> NDArray[np.bool_]:
        ahead = len(self.fixed)
        shape = np.array([*self.fixed, 0x10, *_VARINT], np.uint8)
        mask = np.array([0xFF] * (ahead + 1) + [0x80] * 6, np.uint8)
        where = np.concatenate((np.arange(ahead), np.arange(self.size - 7, self.size)))
        matches: NDArray[np.bool_] = ((tails[:, where] & mask) == shape).all(axis=1)
        return matches

    def at(self, tails: NDArray[np.uint8]) -> Ints:
        groups = (tails[:, -6:] & 0x7F).astype(np.int64)
        at: Ints = np.bitwise_or.reduce(groups << (7 * np.arange(6)), axis=1)
        return at

    def values(self, tails: NDArray[np.uint8]) -> NDArray[np.float64]:
        if not self.value:
            return np.zeros(len(tails))
        ahead = len(self.fixed)
        return np.ascontiguousarray(tails[:, ahead : ahead + 8]).view("<f8")[:, 0]


_FORMS = (_Form((0x12, 16, 0x09), value=True), _Form((0x12, 7), value=False))
"""A value of zero is not written at all."""


def inflate(body: bytes) -> bytes:
    """Undo snappy. Raise TooLarge before anything is inflated that is, BodyUnreadable if it is no snappy block."""
    try:
        if cramjam.snappy.decompress_raw_len(body) > LARGEST:
            raise TooLarge(f"A decoded request has at the most {LARGEST} bytes: send smaller batches.")
        return bytes(cramjam.snappy.decompress_raw(body))
    except cramjam.DecompressionError:
        raise BodyUnreadable("The body is no snappy block.") from None


def decode(raw: bytes, known: Mapping[bytes, int]) -> Pushed:
    """`known` finds a series by the bytes before its sample. Raise BodyUnreadable."""
    try:
        pieces = list(WriteRequest.FromString(raw).timeseries)
    except DecodeError:
        raise BodyUnreadable("The body is no WriteRequest.") from None
    pushed = Pushed()
    places = np.arange(len(pieces))
    for form in _FORMS:
        pieces, places = _read_at_once(pieces, places, form, known, pushed)
    for place, piece in zip(places.tolist(), pieces, strict=True):
        _take_apart(place, piece, pushed)
    return pushed


def _read_at_once(
    pieces: list[bytes], places: Ints, form: _Form, known: Mapping[bytes, int], pushed: Pushed
) -> tuple[list[bytes], Ints]:
    """Add the samples of known series that have this form; return what is left, and the places it has."""
    size = form.size
    series = np.array([known.get(piece[:-size], -1) for piece in pieces], np.int64)
    found = series >= 0
    tails = np.zeros((len(pieces), size), np.uint8)
    joined = b"".join([piece[-size:] for piece in (pieces if found.all() else _those(pieces, found))])
    tails[found] = np.frombuffer(joined, np.uint8).reshape(-1, size)
    read = found & form.fits(tails)
    pushed.add(Samples(series[read], form.at(tails[read]), form.values(tails[read])), places[read])
    return _those(pieces, ~read), places[~read]


def _those(pieces: list[bytes], which: NDArray[np.bool_]) -> list[bytes]:
    return [pieces[row] for row in np.flatnonzero(which).tolist()]


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
    if written.samples:
        at = [sample.timestamp for sample in written.samples]
        value = [sample.value for sample in written.samples]
        pushed.others.append(SeriesSamples(place, labels, at, value, key))
