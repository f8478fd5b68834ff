"""Prometheus remote write 2.0: from the body to a decoded push. Labels refer to texts that a request holds once."""

# As in 1.0, a series whose labels were parsed and checked once is remembered: here by the lasting numbers of its texts.

from collections.abc import Sequence

import numpy as np
from google.protobuf.message import DecodeError

from sla.measurements.ingest.decoded_push import SAMPLE_ROW, DecodedPush
from sla.measurements.ingest.refusals import MAX_LABELS, Refusal, build_labels
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import format_labels
from sla.measurements.receivers.errors import BodyUnreadable
from sla.measurements.receivers.message_counts import check_message_count, message_fields
from sla.measurements.receivers.remote_write import add_series, check_series_size, refuse_series
from sla.measurements.receivers.remote_write_pb2 import Request, SeriesByReference

_FIELDS = {4: {}, 5: {**message_fields(SeriesByReference.DESCRIPTOR), 4: {}}}
"""The fields of a request that hold messages or texts: symbols, and series with samples, histograms and exemplars."""


def decode_write_request_2(raw: bytes, cache: SeriesCache) -> DecodedPush:
    """Decode a request, finding a series by the numbers of its names and values. Raise BodyUnreadable, TooLarge."""
    try:
        check_message_count(raw, _FIELDS)
        request = Request.FromString(raw)
    except DecodeError:
        raise BodyUnreadable("The body is not an io.prometheus.write.v2.Request.") from None
    push = DecodedPush()
    push.count_items(len(request.symbols) + len(request.timeseries))
    symbols = list(request.symbols)
    if symbols[:1] != [""] and raw:
        raise BodyUnreadable("The first symbol must be the empty text.")
    numbers = cache.intern_texts(symbols)
    rows = []
    for position, piece in enumerate(request.timeseries):
        try:
            check_series_size(piece)
            series = SeriesByReference.FromString(piece)
            samples, histograms = series.samples, series.histograms
            key = _key(series, numbers)
            push.count_items(len(key) + len(samples) + len(histograms) + len(series.exemplars))
            series_id = cache.get(key)
            if series_id is None or histograms or not samples:
                _add_series(position, series, symbols, key, push)
            else:
                push.exemplars += len(series.exemplars)
                rows += [
                    (series_id, sample.timestamp, sample.value, sample.start_timestamp, position) for sample in samples
                ]
        except (DecodeError, Refusal) as error:
            refuse_series(position, error, push)
    push.rows.append(np.array(rows, SAMPLE_ROW))
    return push


def _key(series: SeriesByReference, numbers: Sequence[int]) -> tuple[int, ...]:
    if len(series.labels_refs) > 2 * MAX_LABELS:
        raise Refusal(f"there are more than {MAX_LABELS} labels")
    try:
        return tuple([numbers[reference] for reference in series.labels_refs])
    except IndexError:
        raise Refusal(f"it refers to a symbol beyond the {len(numbers)} of the request") from None


def _add_series(
    position: int, series: SeriesByReference, symbols: Sequence[str], key: tuple[int, ...], push: DecodedPush
) -> None:
    if len(series.labels_refs) % 2:
        raise Refusal("its references are not pairs of name and value")
    texts = [symbols[reference] for reference in series.labels_refs]
    labels = build_labels(zip(texts[::2], texts[1::2], strict=True))
    if series.samples and series.histograms:
        raise Refusal(f"{format_labels(labels)}: it has both samples and histograms")
    if not (series.samples or series.histograms or series.exemplars):
        raise Refusal(f"{format_labels(labels)}: it has neither samples nor histograms")
    add_series(position, labels, key if all(key) else None, series, push)
