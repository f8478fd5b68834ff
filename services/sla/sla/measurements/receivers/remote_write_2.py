"""Prometheus remote write 2.0: from the body to a decoded push. Labels refer to texts that a request holds once."""

# As in 1.0, what was parsed and checked once is remembered, by the numbers that its names and values have here; then
# all references and samples of a request are read at once. Whatever is written otherwise is parsed field by field.

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import format_labels, label_problem
from sla.measurements.receivers.errors import BodyUnreadable
from sla.measurements.receivers.remote_write import (
    ENCODINGS_WITHOUT_START,
    ParsedSeries,
    SampleEncoding,
    add_parsed_series,
)
from sla.measurements.receivers.remote_write_pb2 import Request, Sample, SeriesByReference
from sla.measurements.samples import Ints

Bytes = NDArray[np.uint8]

SAMPLE_ENCODINGS = (
    *ENCODINGS_WITHOUT_START,
    SampleEncoding(has_value=True, has_start=True),
    SampleEncoding(has_value=False, has_start=True),
)

_CONTINUES = 0x80
"""The bit that says that a varint goes on; shorter lengths are one byte."""
_LABELS_TAG, _METADATA_TAG = 0x0A, 0x2A
"""Tags of fields of a series."""
_MAX_REFERENCE_BYTES = 4
"""Longer references are not read at once."""


class EncodedSeries(NamedTuple):
    """Series whose sample has the same encoding, still as bytes."""

    positions: list[int]
    references: list[bytes]
    samples: list[bytes]


class _InvalidSeries(Exception):
    """The problem of a series, in words for its sender."""


def decode_write_request_2(raw: bytes, cache: SeriesCache) -> DecodedPush:
    """Decode a request, finding a series by the numbers of its names and values. Raise BodyUnreadable, TooLarge."""
    try:
        request = Request.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is not an io.prometheus.write.v2.Request.") from None
    push = DecodedPush()
    push.count_items(len(request.symbols) + len(request.timeseries))
    symbols, pieces = list(request.symbols), list(request.timeseries)
    if symbols[:1] != [""] and raw:
        raise BodyUnreadable("The first symbol must be the empty text.")
    numbers = cache.intern_texts(symbols)
    for position in _add_cached_series(pieces, numbers, cache, push):
        try:
            series = SeriesByReference.FromString(pieces[position])
            push.count_items(len(series.labels_refs) + len(series.samples) + len(series.histograms))
            add_parsed_series(_parse_series(position, series, symbols, numbers), push)
        except DecodeError:
            push.refusals.add(f"timeseries {position}: cannot be read")
        except _InvalidSeries as error:
            push.refusals.add(f"timeseries {position}: {error}")
    return push


def _add_cached_series(pieces: Sequence[bytes], numbers: Ints, cache: SeriesCache, push: DecodedPush) -> list[int]:
    """Add the samples of cached series that are written as a Prometheus does. Return the positions of the others."""
    remaining, by_encoding = _split_by_encoding(pieces)
    for encoding, encoded in zip(SAMPLE_ENCODINGS, by_encoding, strict=True):
        positions = np.array(encoded.positions, np.int64)
        tails = np.frombuffer(b"".join(encoded.samples), encoding.dtype)
        series = _find_series(encoded.references, numbers, cache)
        matches = encoding.matches(tails) & (series >= 0)
        remaining += positions[~matches].tolist()
        push.rows.append(encoding.to_rows(series[matches], tails[matches], positions[matches]))
    return sorted(remaining)


def _split_by_encoding(pieces: Sequence[bytes]) -> tuple[list[int], list[EncodedSeries]]:
    """Split what a Prometheus writes into labels, one sample and metadata. Return the positions of the others first."""
    remaining: list[int] = []
    by_header = {encoding.header: EncodedSeries([], [], []) for encoding in SAMPLE_ENCODINGS}
    for position, piece in enumerate(pieces):
        start = 2 + piece[1] if len(piece) > 1 and piece[0] == _LABELS_TAG and piece[1] < _CONTINUES else len(piece)
        encoded = by_header.get(piece[start : start + 2])
        end = start + 2 + piece[start + 1] if encoded else 0
        if encoded and (len(piece) == end or _is_metadata(piece, end)):
            encoded.positions.append(position)
            encoded.references.append(piece[2:start])
            encoded.samples.append(piece[start:end])
        else:
            remaining.append(position)
    return remaining, list(by_header.values())


def _is_metadata(piece: bytes, at: int) -> bool:
    return len(piece) > at + 1 and piece[at] == _METADATA_TAG and piece[at + 1] == len(piece) - at - 2


def _find_series(references: Sequence[bytes], numbers: Ints, cache: SeriesCache) -> Ints:
    """Return the series of each list of references; -1 if it is not cached or refers to a missing symbol."""
    flat = np.frombuffer(b"".join(references), np.uint8)
    is_last_byte = flat < _CONTINUES
    ends = np.cumsum([len(packed) for packed in references], dtype=np.int64)
    counts = np.concatenate(([0], np.cumsum(is_last_byte)))[ends]
    values, is_valid = _read_varints(flat, np.flatnonzero(is_last_byte))
    is_valid &= values < len(numbers)
    keys = numbers[np.where(is_valid, values, 0)].tobytes()
    bounds = [0, *(numbers.itemsize * counts).tolist()]
    series = np.array([cache.get((keys[start:end],), -1) for start, end in pairwise(bounds)], np.int64)
    series[np.searchsorted(counts, np.flatnonzero(~is_valid), side="right")] = -1
    return series


def _read_varints(flat: Bytes, last: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Read varints by the places of their last bytes. Return their values, and which are short enough to be read."""
    first = np.concatenate(([0], last[:-1] + 1)) if len(last) else last
    length = last - first + 1
    values = np.zeros(len(last), np.int64)
    for step in range(_MAX_REFERENCE_BYTES):
        has_byte = length > step
        values[has_byte] |= (flat[first[has_byte] + step] & 0x7F).astype(np.int64) << (7 * step)
    return values, length <= _MAX_REFERENCE_BYTES


def _parse_series(position: int, series: SeriesByReference, symbols: Sequence[str], numbers: Ints) -> ParsedSeries:
    references = list(series.labels_refs)
    if references and max(references) >= len(symbols):
        raise _InvalidSeries(f"it refers to a symbol beyond the {len(symbols)} of the request")
    if len(references) % 2:
        raise _InvalidSeries("its references are not pairs of name and value")
    texts = [symbols[reference] for reference in references]
    labels = tuple(zip(texts[::2], texts[1::2], strict=True))
    if problem := label_problem(labels):
        raise _InvalidSeries(f"{format_labels(labels)}: {problem}")
    if series.samples and series.histograms:
        raise _InvalidSeries(f"{format_labels(labels)}: it has both samples and histograms")
    if not (series.samples or series.histograms or series.exemplars):
        raise _InvalidSeries(f"{format_labels(labels)}: it has neither samples nor histograms")
    key = numbers[references]
    samples = [Sample.FromString(sample) for sample in series.samples]
    return ParsedSeries(position, labels, (key.tobytes(),) if key.all() else None, samples, series.histograms)
