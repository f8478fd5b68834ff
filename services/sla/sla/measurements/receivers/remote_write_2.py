"""Prometheus remote write 2.0: from the body to columns. Labels refer to texts that stand once in a request."""

# As in 1.0, what was taken apart and checked once is remembered, by the numbers that its names and values have here;
# then all references and samples of a request are read at once. Whatever is written otherwise is taken apart.

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import format_labels, label_problem
from sla.measurements.receivers.remote_write import ENCODINGS_WITHOUT_START as WITHOUT_START
from sla.measurements.receivers.remote_write import BodyUnreadable, ParsedSeries, SampleEncoding, add_parsed_series
from sla.measurements.receivers.remote_write_pb2 import Request, Sample, SeriesByReference
from sla.measurements.samples import Ints

Bytes = NDArray[np.uint8]
SeriesGroup = tuple[list[int], list[bytes], list[bytes]]
"""Place, references and sample of some series."""

SAMPLE_ENCODINGS = (
    *WITHOUT_START,
    SampleEncoding(has_value=True, has_start=True),
    SampleEncoding(has_value=False, has_start=True),
)

_SHORT = 0x80
"""Lengths below it are one byte."""
_LABELS, _METADATA = 0x0A, 0x2A
"""Keys of fields of a series."""
_LARGEST_REFERENCE = 4
"""Bytes of one that is read at once."""


class _Unfit(Exception):
    """What is wrong with a series."""


def decode_write_request_2(raw: bytes, known: SeriesCache) -> DecodedPush:
    """`known` finds a series by the numbers of its names and values. Raise BodyUnreadable, TooLarge."""
    try:
        request = Request.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is no io.prometheus.write.v2.Request.") from None
    pushed = DecodedPush()
    pushed.count_items(len(request.symbols) + len(request.timeseries))
    symbols, pieces = list(request.symbols), list(request.timeseries)
    if symbols[:1] != [""] and raw:
        raise BodyUnreadable("The first of the symbols is the empty text.")
    numbers = known.intern_texts(symbols)
    for place in _read_at_once(pieces, numbers, known, pushed):
        try:
            sent = SeriesByReference.FromString(pieces[place])
            pushed.count_items(len(sent.labels_refs) + len(sent.samples) + len(sent.histograms))
            add_parsed_series(_taken_apart(place, sent, symbols, numbers), pushed)
        except DecodeError:
            pushed.refuse(f"timeseries {place}: cannot be read")
        except _Unfit as error:
            pushed.refuse(f"timeseries {place}: {error}")
    return pushed


def _read_at_once(pieces: Sequence[bytes], numbers: Ints, known: SeriesCache, pushed: DecodedPush) -> list[int]:
    """Add the samples of known series that are written as a Prometheus does; return the places of what is left."""
    left, cut = _cut(pieces)
    for form, (places, references, samples) in zip(SAMPLE_ENCODINGS, cut, strict=True):
        found, tails = np.array(places, np.int64), np.frombuffer(b"".join(samples), form.dtype)
        series = _series_of(references, numbers, known)
        fits = form.matches(tails) & (series >= 0)
        left += found[~fits].tolist()
        tails = tails[fits]
        pushed.add_samples(form.to_samples(series[fits], tails), found[fits], form.to_starts(tails))
    return sorted(left)


def _cut(pieces: Sequence[bytes]) -> tuple[list[int], list[SeriesGroup]]:
    """By form, series as a Prometheus writes them: labels, one sample, metadata. And the places of others."""
    left: list[int] = []
    cut: dict[bytes, SeriesGroup] = {form.header: ([], [], []) for form in SAMPLE_ENCODINGS}
    for place, piece in enumerate(pieces):
        begin = 2 + piece[1] if len(piece) > 1 and piece[0] == _LABELS and piece[1] < _SHORT else len(piece)
        group = cut.get(piece[begin : begin + 2])
        end = begin + 2 + piece[begin + 1] if group else 0
        if group and (len(piece) == end or _is_metadata(piece, end)):
            places, references, samples = group
            places.append(place)
            references.append(piece[2:begin])
            samples.append(piece[begin:end])
        else:
            left.append(place)
    return left, list(cut.values())


def _is_metadata(piece: bytes, at: int) -> bool:
    return len(piece) > at + 1 and piece[at] == _METADATA and piece[at + 1] == len(piece) - at - 2


def _series_of(references: Sequence[bytes], numbers: Ints, known: SeriesCache) -> Ints:
    """-1 where it is not known, or refers to what there is not."""
    flat = np.frombuffer(b"".join(references), np.uint8)
    last = flat < _SHORT
    ends = np.cumsum([len(one) for one in references], dtype=np.int64)
    counts = np.concatenate(([0], np.cumsum(last)))[ends]
    values, fit = _varints(flat, np.flatnonzero(last))
    fit &= values < len(numbers)
    keys = numbers[np.where(fit, values, 0)].tobytes()
    bounds = [0, *(numbers.itemsize * counts).tolist()]
    series = np.array([known.get((keys[a:b],), -1) for a, b in pairwise(bounds)], np.int64)
    series[np.searchsorted(counts, np.flatnonzero(~fit), side="right")] = -1
    return series


def _varints(flat: Bytes, last: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """By the places of their last bytes; and which are no longer than what is read."""
    first = np.concatenate(([0], last[:-1] + 1)) if len(last) else last
    length = last - first + 1
    values = np.zeros(len(last), np.int64)
    for step in range(_LARGEST_REFERENCE):
        there = length > step
        values[there] |= (flat[first[there] + step] & 0x7F).astype(np.int64) << (7 * step)
    return values, length <= _LARGEST_REFERENCE


def _taken_apart(place: int, sent: SeriesByReference, symbols: Sequence[str], numbers: Ints) -> ParsedSeries:
    references = list(sent.labels_refs)
    if references and max(references) >= len(symbols):
        raise _Unfit(f"it refers to a symbol beyond the {len(symbols)} there are")
    if len(references) % 2:
        raise _Unfit("its references are not pairs of name and value")
    texts = [symbols[reference] for reference in references]
    labels = tuple(zip(texts[::2], texts[1::2], strict=True))
    if problem := label_problem(labels):
        raise _Unfit(f"{format_labels(labels)}: {problem}")
    if sent.samples and sent.histograms:
        raise _Unfit(f"{format_labels(labels)}: it has both samples and histograms")
    if not (sent.samples or sent.histograms or sent.exemplars):
        raise _Unfit(f"{format_labels(labels)}: it has neither samples nor histograms")
    key = numbers[references]
    samples = [Sample.FromString(sample) for sample in sent.samples]
    return ParsedSeries(place, labels, (key.tobytes(),) if key.all() else None, samples, sent.histograms)
