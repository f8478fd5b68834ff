"""Decoding remote write 1.0: series at once and field by field come out the same."""

import struct
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from common.errors import TooLarge
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.instants import EARLIEST_MS
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels
from sla.measurements.receivers import remote_write
from sla.measurements.receivers.errors import BodyUnreadable
from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest
from sla.measurements.samples import START_MARKER

LABELS: list[Labels] = [(("__name__", "up"), ("job", name)) for name in ("a", "b", "a longer one")]
KEYS = [
    TimeSeries(labels=[Label(name=a, value=b).SerializeToString() for a, b in labels]).SerializeToString()
    for labels in LABELS
]
CACHE = SeriesCache()
CACHE.update({key: number for number, key in enumerate(KEYS)})
NOW = 4_000_000_000_000

instants = st.one_of(st.integers(EARLIEST_MS, NOW), st.sampled_from([2**40 - 1, 2**40, 1_700_000_000_000]))
values = st.floats(width=64).filter(lambda value: value != START_MARKER) | st.sampled_from([0.0, -0.0, 1.0])
series = st.tuples(st.integers(0, 2), st.lists(st.tuples(instants, values), min_size=1, max_size=3))


def written(number: int, samples: list[tuple[int, float]], tail: bytes = b"") -> bytes:
    behind = TimeSeries(samples=[Sample(timestamp=at, value=value) for at, value in samples])
    return KEYS[number] + behind.SerializeToString() + tail


def rows(push: DecodedPush) -> list[tuple[int, int, bytes]]:
    resolved = push.with_series_ids([LABELS.index(series.labels) for series in push.labelled_series])
    samples = resolved.only_timely(NOW, push.refusals).to_data_points().samples
    bits = [struct.pack("<d", value) for value in samples.value.tolist()]
    return sorted(zip(samples.series.tolist(), samples.at.tolist(), bits, strict=True))


@given(st.lists(series, max_size=8), st.sampled_from([b"", b"\x18\x07", b"\x1a\x03abc"]))
def test_cached_series_are_read_as_new_ones_are(series_list: list[Any], unknown_field: bytes) -> None:
    body = WriteRequest(timeseries=[written(*series, unknown_field) for series in series_list]).SerializeToString()
    expected = sorted((n, at, struct.pack("<d", value)) for n, samples in series_list for at, value in samples)
    assert (
        rows(remote_write.decode_write_request(body, CACHE))
        == rows(remote_write.decode_write_request(body, SeriesCache()))
        == expected
    )


def test_what_a_prometheus_sends_is_read_at_once() -> None:
    body = WriteRequest(timeseries=[written(n, [(1_770_000_000_000, n * 1.0)]) for n in range(3)]).SerializeToString()
    assert remote_write.decode_write_request(body, CACHE).labelled_series == []


@given(st.binary(max_size=80))
def test_any_bytes_behind_a_cached_series_are_read_the_same(tail: bytes) -> None:
    body = WriteRequest(timeseries=[KEYS[0] + tail]).SerializeToString()
    field_by_field = remote_write.decode_write_request(body, SeriesCache())
    at_once = remote_write.decode_write_request(body, CACHE)
    if not field_by_field.refusals.count and all(series.labels in LABELS for series in field_by_field.labelled_series):
        assert rows(at_once) == rows(field_by_field)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for read in (remote_write.decompress_block, lambda body: remote_write.decode_write_request(body, SeriesCache())):
        with suppress(BodyUnreadable, TooLarge):
            read(raw)
