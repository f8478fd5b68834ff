"""Prometheus remote write 2.0: from the body to columns. Labels refer to texts that stand once in a request."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from google.protobuf.message import DecodeError

from sla.measurements.pushed import Pushed
from sla.measurements.remote_write import FORMS, BodyUnreadable, Known, Written, take
from sla.measurements.remote_write_pb2 import Request, Sample, SeriesByReference
from sla.measurements.samples import Samples, since_start
from sla.measurements.series import problem_of, shown

_FORMS = {form.layout.itemsize - len(form.opening): form for form in FORMS}
"""By the bytes of a sample. One with a start is written otherwise, and read by itself."""

_Row = tuple[int, int, bytes]
"""Series, place and sample as it was sent."""


class _Unfit(Exception):
    """What is wrong with a series."""


def decode(raw: bytes, known: Known) -> Pushed:
    """`known` finds a series by its names and values. Raise BodyUnreadable."""
    try:
        request = Request.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is no io.prometheus.write.v2.Request.") from None
    symbols = list(request.symbols)
    if symbols[:1] != [""] and (symbols or request.timeseries):
        raise BodyUnreadable("The first of the symbols is the empty text.")
    pushed = Pushed()
    rows: defaultdict[int, list[_Row]] = defaultdict(list)
    for place, piece in enumerate(request.timeseries):
        try:
            _read(place, SeriesByReference.FromString(piece), symbols, known, rows, pushed)
        except DecodeError:
            pushed.refuse(f"timeseries {place}: cannot be read")
        except _Unfit as error:
            pushed.refuse(f"timeseries {place}: {error}")
    for size, alike in rows.items():
        _read_alike(size, alike, pushed)
    return pushed


def _read(
    place: int,
    sent: SeriesByReference,
    symbols: Sequence[str],
    known: Known,
    rows: defaultdict[int, list[_Row]],
    pushed: Pushed,
) -> None:
    try:
        key = tuple([symbols[reference] for reference in sent.labels_refs])
    except IndexError:
        raise _Unfit(f"it refers to a symbol beyond the {len(symbols)} there are") from None
    series = known.get(key)
    if series is None or sent.histograms or not sent.samples:
        _take_apart(place, sent, key, pushed)
        return
    for sample in sent.samples:
        rows[len(sample)].append((series, place, sample))


def _take_apart(place: int, sent: SeriesByReference, key: tuple[str, ...], pushed: Pushed) -> None:
    if len(key) % 2:
        raise _Unfit("its references are not pairs of name and value")
    labels = tuple(zip(key[::2], key[1::2], strict=True))
    if problem := problem_of(labels):
        raise _Unfit(f"{shown(labels)}: {problem}")
    if sent.samples and sent.histograms:
        raise _Unfit(f"{shown(labels)}: it has both samples and histograms")
    if not (sent.samples or sent.histograms or sent.exemplars):
        raise _Unfit(f"{shown(labels)}: it has neither samples nor histograms")
    samples = [Sample.FromString(sample) for sample in sent.samples]
    take(Written(place, labels, key, samples, sent.histograms), pushed)


def _read_alike(size: int, rows: Sequence[_Row], pushed: Pushed) -> None:
    """Those written in a usual form at once, others one by one."""
    left = rows
    if form := _FORMS.get(size):
        tails = np.frombuffer(b"".join([form.opening + sample for _, _, sample in rows]), form.layout)
        fits = form.fits(tails)
        series, places = np.array([row[:2] for row in rows], np.int64).T
        pushed.add(Samples(series[fits], form.at(tails[fits]), form.values(tails[fits])), places[fits])
        left = [rows[place] for place in np.flatnonzero(~fits).tolist()]
    _read_alone(left, pushed)


def _read_alone(rows: Sequence[_Row], pushed: Pushed) -> None:
    found = []
    for series, place, raw in rows:
        try:
            sample = Sample.FromString(raw)
        except DecodeError:
            pushed.refuse(f"timeseries {place}: a sample cannot be read")
            continue
        told = since_start(sample.timestamp, sample.value, sample.start_timestamp)
        found += [(series, at, value, place) for at, value in told]
    if found:
        *columns, places = zip(*found, strict=True)
        pushed.add(Samples.of(*columns), np.array(places, np.int64))
