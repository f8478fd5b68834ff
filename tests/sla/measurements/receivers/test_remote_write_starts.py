"""Start timestamps of remote write 2.0: read at once or field by field, the same is written."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.instants import EARLIEST_MS
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.receivers import remote_write_2
from sla.measurements.samples import MAX_HOLD_MS, START_MARKER, Samples
from tests.sla.measurements.receivers.wire import inner, number, referring, sample, second

AT = 1_770_120_000_000
FAR = 4_000_000_000_000
SYMBOLS = ["", "__name__", "up", "job", "a", "b"]
REFERENCES = {0: [1, 2, 3, 4], 1: [1, 2, 3, 5]}

instants = st.sampled_from([EARLIEST_MS, 2**40, AT, AT + 1, FAR, FAR + 600_000])
instants |= st.integers(EARLIEST_MS, FAR + 600_000)
starts = st.sampled_from([None, 0, 1, -1, -(2**63), 2**63 - 1, AT - MAX_HOLD_MS - 1, AT - MAX_HOLD_MS, AT - 1, AT])
values = st.sampled_from([None, 0.0, 1.0, float("inf"), START_MARKER])
Sent = tuple[int, int, float | None, int | None]
pushes = st.lists(st.tuples(st.integers(0, 1), instants, values, starts), max_size=8)


def written(at: int, value: float | None, start: int | None) -> bytes:
    """Encode a sample; a value of zero need not be written."""
    if value is not None:
        return sample(at, value, start)
    return number(2, at) + (b"" if start is None else number(3, start))


def body_of(push: list[Sent]) -> bytes:
    metadata = inner(5, number(1, 1))
    series = [referring(REFERENCES[job], written(at, value, start), more=metadata) for job, at, value, start in push]
    return second(SYMBOLS, *series)


def rows(samples: Samples) -> list[tuple[int, int, bytes]]:
    bits = [struct.pack("<d", value) for value in samples.value.tolist()]
    return sorted(zip(samples.series.tolist(), samples.at.tolist(), bits, strict=True))


def samples_and_starts(push: DecodedPush) -> tuple[Samples, Samples]:
    resolved = push.with_series_ids([int(dict(series.labels)["job"] == "b") for series in push.labelled_series])
    samples = resolved.only_timely(FAR, push.refusals).to_data_points().samples
    return samples.pick(samples.value != START_MARKER), samples.pick(samples.value == START_MARKER)


def read(raw: bytes, cache: SeriesCache) -> tuple[list[tuple[int, int, bytes]], ...]:
    samples, starts = samples_and_starts(remote_write_2.decode_write_request_2(raw, cache))
    return rows(samples), rows(starts)


def filled_cache() -> SeriesCache:
    cache = SeriesCache()
    push = remote_write_2.decode_write_request_2(body_of([(job, AT, 1.0, None) for job in REFERENCES]), cache)
    for series in push.labelled_series:
        assert series.key is not None
        cache[series.key] = int(dict(series.labels)["job"] == "b")
    return cache


CACHE = filled_cache()


@given(pushes)
def test_both_ways_read_the_same(push: list[Sent]) -> None:
    written_samples = [
        (job, at, struct.pack("<d", 0.0 if value in (None, START_MARKER) else value)) for job, at, value, _ in push
    ]
    expected_starts = [
        (job, start, struct.pack("<d", START_MARKER))
        for job, at, _, start in push
        if start is not None and 0 < start < at <= start + MAX_HOLD_MS and start <= FAR + 600_000
    ]
    assert (
        read(body_of(push), SeriesCache())
        == read(body_of(push), CACHE)
        == (sorted(written_samples), sorted(expected_starts))
    )


def test_samples_with_a_start_are_read_at_once() -> None:
    raw = body_of([(0, AT, 1.0, AT - 60_000), (1, AT, None, AT - 60_000), (0, AT, 1.0, None), (1, AT, None, None)])
    push = remote_write_2.decode_write_request_2(raw, CACHE)
    assert (push.labelled_series, push.refusals.count) == ([], 0)
    assert [len(samples) for samples in samples_and_starts(push)] == [4, 2]
