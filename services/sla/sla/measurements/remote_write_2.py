"""Prometheus remote write 2.0: from the body to columns. Labels refer to texts that stand once in a request."""

# As in 1.0, what was taken apart and checked once is remembered, by the numbers that its names and values have here;
# then all references and samples of a request are read at once. Whatever is written otherwise is taken apart.

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from sla.measurements.known import Known
from sla.measurements.pushed import Pushed
from sla.measurements.remote_write import FORMS, BodyUnreadable, Form, Written, take
from sla.measurements.remote_write_pb2 import Request, Sample, SeriesByReference
from sla.measurements.samples import Ints, Samples
from sla.measurements.series import problem_of, shown

Bytes = NDArray[np.uint8]

_SHORT = 0x80
"""Lengths below it are one byte."""
_LABELS, _METADATA = 0x0A, 0x2A
"""Keys of fields of a series."""
_LARGEST_REFERENCE = 4
"""Bytes of one that is read at once."""


class _Unfit(Exception):
    """What is wrong with a series."""


def decode(raw: bytes, known: Known) -> Pushed:
    """`known` finds a series by the numbers of its names and values. Raise BodyUnreadable."""
    try:
        request = Request.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is no io.prometheus.write.v2.Request.") from None
    symbols, pieces = list(request.symbols), list(request.timeseries)
    if symbols[:1] != [""] and (symbols or pieces):
        raise BodyUnreadable("The first of the symbols is the empty text.")
    pushed = Pushed()
    numbers = known.numbers_of(symbols)
    places = np.arange(len(pieces))
    for form in FORMS:
        places = _read_at_once(pieces, places, form, numbers, known, pushed)
    for place in places.tolist():
        try:
            sent = SeriesByReference.FromString(pieces[place])
            take(_taken_apart(place, sent, symbols, numbers), pushed)
        except DecodeError:
            pushed.refuse(f"timeseries {place}: cannot be read")
        except _Unfit as error:
            pushed.refuse(f"timeseries {place}: {error}")
    return pushed


def _read_at_once(
    pieces: Sequence[bytes], places: Ints, form: Form, numbers: Ints, known: Known, pushed: Pushed
) -> Ints:
    """Add the samples of known series that have this form; return the places of what is left."""
    layout = form.layout
    size = layout.itemsize
    cut = [_cut(pieces[place], size) for place in places.tolist()]
    found = np.flatnonzero([one is not None for one in cut])
    parts = [one for one in cut if one is not None]
    tails = np.frombuffer(b"".join([tail for _, tail in parts]), layout)
    series = _series_of([references for references, _ in parts], numbers, known)
    fits = form.fits(tails) & (series >= 0)
    found, tails = found[fits], tails[fits]
    pushed.add(Samples(series[fits], form.at(tails), form.values(tails)), places[found])
    left = np.ones(len(places), np.bool_)
    left[found] = False
    return places[left]


def _cut(piece: bytes, size: int) -> tuple[bytes, bytes] | None:
    """References and sample of a series written as Prometheus does: labels, one sample, metadata. None: it is not."""
    if len(piece) < size or piece[0] != _LABELS or piece[1] >= _SHORT:
        return None
    begin = piece[1] + 2
    end = begin + size
    if len(piece) == end or (
        len(piece) > end + 1 and piece[end] == _METADATA and piece[end + 1] == len(piece) - end - 2
    ):
        return piece[2:begin], piece[begin:end]
    return None


def _series_of(references: Sequence[bytes], numbers: Ints, known: Known) -> Ints:
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


def _taken_apart(place: int, sent: SeriesByReference, symbols: Sequence[str], numbers: Ints) -> Written:
    references = list(sent.labels_refs)
    if references and max(references) >= len(symbols):
        raise _Unfit(f"it refers to a symbol beyond the {len(symbols)} there are")
    if len(references) % 2:
        raise _Unfit("its references are not pairs of name and value")
    texts = [symbols[reference] for reference in references]
    labels = tuple(zip(texts[::2], texts[1::2], strict=True))
    if problem := problem_of(labels):
        raise _Unfit(f"{shown(labels)}: {problem}")
    if sent.samples and sent.histograms:
        raise _Unfit(f"{shown(labels)}: it has both samples and histograms")
    if not (sent.samples or sent.histograms or sent.exemplars):
        raise _Unfit(f"{shown(labels)}: it has neither samples nor histograms")
    key = numbers[references]
    samples = [Sample.FromString(sample) for sample in sent.samples]
    return Written(place, labels, (key.tobytes(),) if key.all() else None, samples, sent.histograms)
