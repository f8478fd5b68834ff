"""When counters began, as remote write 2.0 tells it: read at once or taken apart, the same is kept."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from sla.measurements import remote_write_2
from sla.measurements.known import Known
from sla.measurements.samples import LONGEST_HOLD, STARTED, Samples
from tests.sla.measurements.wire import inner, number, referring, sample, second

AT = 1_770_120_000_000
FAR = 4_000_000_000_000
SYMBOLS = ["", "__name__", "up", "job", "a", "b"]
REFERENCES = {0: [1, 2, 3, 4], 1: [1, 2, 3, 5]}

instants = st.sampled_from([1, 2**35, AT, AT + 1, FAR, FAR + 600_000]) | st.integers(0, FAR + 600_000)
starts = st.sampled_from([None, 0, 1, -1, -(2**63), 2**63 - 1, AT - LONGEST_HOLD - 1, AT - LONGEST_HOLD, AT - 1, AT])
values = st.sampled_from([None, 0.0, 1.0, float("inf"), STARTED])
Sent = tuple[int, int, float | None, int | None]
sent = st.lists(st.tuples(st.integers(0, 1), instants, values, starts), max_size=8)


def written(at: int, value: float | None, start: int | None) -> bytes:
    """A value of zero need not be written."""
    if value is not None:
        return sample(at, value, start)
    return number(2, at) + (b"" if start is None else number(3, start))


def body_of(some: list[Sent]) -> bytes:
    metadata = inner(5, number(1, 1))
    series = [referring(REFERENCES[one], written(at, value, start), more=metadata) for one, at, value, start in some]
    return second(SYMBOLS, *series)


def rows(samples: Samples) -> list[tuple[int, int, bytes]]:
    bits = [struct.pack("<d", value) for value in samples.value.tolist()]
    return sorted(zip(samples.series.tolist(), samples.at.tolist(), bits, strict=True))


def read(raw: bytes, known: Known) -> tuple[list[tuple[int, int, bytes]], ...]:
    pushed = remote_write_2.decode(raw, known)
    pushed.take_others([int(dict(other.labels)["job"] == "b") for other in pushed.others])
    return rows(pushed.in_time(FAR)), rows(pushed.starts(FAR))


def knowing() -> Known:
    known = Known()
    for other in remote_write_2.decode(body_of([(one, AT, 1.0, None) for one in REFERENCES]), known).others:
        assert other.key is not None
        known[other.key] = int(dict(other.labels)["job"] == "b")
    return known


KNOWN = knowing()


@given(sent)
def test_both_ways_read_the_same(some: list[Sent]) -> None:
    kept = [(one, at, struct.pack("<d", 0.0 if value in (None, STARTED) else value)) for one, at, value, _ in some]
    told = [
        (one, start, struct.pack("<d", STARTED))
        for one, at, _, start in some
        if start is not None and 0 < start < at <= start + LONGEST_HOLD and start <= FAR + 600_000
    ]
    assert read(body_of(some), Known()) == read(body_of(some), KNOWN) == (sorted(kept), sorted(told))


def test_what_tells_its_start_is_read_at_once() -> None:
    raw = body_of([(0, AT, 1.0, AT - 60_000), (1, AT, None, AT - 60_000), (0, AT, 1.0, None), (1, AT, None, None)])
    pushed = remote_write_2.decode(raw, KNOWN)
    assert (pushed.others, pushed.refused) == ([], 0)
    assert len(pushed.in_time(FAR)) == 4
    assert len(pushed.starts(FAR)) == 2
