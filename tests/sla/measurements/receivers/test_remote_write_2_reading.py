"""Remote write 2.0 is read as 1.0 reads the same, and whatever the bytes are."""

import struct
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.receivers import remote_write, remote_write_2
from sla.measurements.receivers.errors import BodyUnreadable
from sla.measurements.receivers.remote_write_pb2 import Label, Request, Sample, TimeSeries, WriteRequest
from sla.measurements.samples import START_MARKER
from tests.sla.measurements.receivers.sender_2 import AT, LABELS, flat, request_of

FAR = 4_000_000_000_000


def filled_cache() -> SeriesCache:
    """Return the cache after a push of all series."""
    cache = SeriesCache()
    body = request_of(*((labels, {"samples": [{"timestamp": AT}]}) for labels in LABELS))
    cache |= {
        series.key: LABELS.index(series.labels)
        for series in remote_write_2.decode_write_request_2(body, cache).labelled_series
        if series.key
    }
    return cache


CACHE = filled_cache()


def rows(push: DecodedPush) -> list[tuple[int, int, bytes]]:
    resolved = push.with_series_ids([LABELS.index(series.labels) for series in push.labelled_series])
    samples = resolved.only_timely(FAR, push.refusals).to_data_points().samples
    samples = samples.pick(samples.value != START_MARKER)
    bits = [struct.pack("<d", value) for value in samples.value.tolist()]
    return sorted(zip(samples.series.tolist(), samples.at.tolist(), bits, strict=True))


instants = st.one_of(st.integers(0, FAR), st.sampled_from([0, 1, 2**35 - 1, 2**35, 1_700_000_000_000]))
values = st.floats(width=64) | st.sampled_from([0.0, -0.0, 1.0])
starts = st.sampled_from([0, 0, 1_600_000_000_000])
samples = st.lists(st.tuples(instants, values, starts), min_size=1, max_size=3)


@given(st.lists(st.tuples(st.integers(0, 2), samples), max_size=8))
def test_both_versions_and_both_ways_read_the_same(series_list: list[Any]) -> None:
    first = WriteRequest(
        timeseries=[
            TimeSeries(
                labels=[Label(name=a, value=b).SerializeToString() for a, b in LABELS[number]],
                samples=[Sample(timestamp=at, value=value) for at, value, _ in readings],
            ).SerializeToString()
            for number, readings in series_list
        ]
    ).SerializeToString()
    second = request_of(
        *(
            (LABELS[n], {"samples": [{"timestamp": at, "value": v, "start_timestamp": s} for at, v, s in readings]})
            for n, readings in series_list
        )
    )
    expected = rows(remote_write.decode_write_request(first, SeriesCache()))
    assert (
        rows(remote_write_2.decode_write_request_2(second, SeriesCache()))
        == rows(remote_write_2.decode_write_request_2(second, CACHE))
        == expected
    )


def test_what_a_prometheus_sends_is_read_at_once() -> None:
    body = request_of(*((labels, {"samples": [{"timestamp": AT, "value": 2.0}]}) for labels in LABELS))
    assert remote_write_2.decode_write_request_2(body, CACHE).labelled_series == []


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(BodyUnreadable):
        remote_write_2.decode_write_request_2(raw, CACHE)


@given(st.binary(max_size=80))
def test_any_series_is_read_or_refused(piece: bytes) -> None:
    body = Request(symbols=["", *flat(LABELS[0])], timeseries=[piece]).SerializeToString()
    push = remote_write_2.decode_write_request_2(body, CACHE)
    push.with_series_ids([0] * len(push.labelled_series)).only_timely(FAR, push.refusals).to_data_points()
