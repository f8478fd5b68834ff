"""Remote write 2.0 and native histograms: read as 1.0 reads the same, refused piece by piece, and counted exactly."""

import struct
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import cramjam
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.measurements import remote_write, remote_write_2
from sla.measurements.known import Known
from sla.measurements.pushed import Pushed
from sla.measurements.remote_write_pb2 import (
    BucketSpan,
    Histogram,
    Label,
    Request,
    Sample,
    SeriesByReference,
    TimeSeries,
    WriteRequest,
)
from sla.measurements.samples import STALE
from sla.measurements.series import Labels

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN = NOON - timedelta(hours=1)
AT = int(ELEVEN.timestamp() * 1000)
FAR = 4_000_000_000_000
SECOND = "application/x-protobuf;proto=io.prometheus.write.v2.Request"

NAMES = ("a", "b", "a longer one")
LABELS: list[Labels] = [(("__name__", "up"), ("job", name)) for name in NAMES]


def flat(labels: Labels) -> tuple[str, ...]:
    return tuple(text for pair in labels for text in pair)


class Symbols(list[str]):
    """As a sender builds them."""

    def __init__(self) -> None:
        super().__init__([""])

    def refer(self, labels: Labels) -> list[int]:
        for text in flat(labels):
            if text not in self:
                self.append(text)
        return [self.index(text) for text in flat(labels)]


def request_of(*series: tuple[Labels, dict[str, Any]]) -> bytes:
    symbols = Symbols()
    pieces = []
    for labels, fields in series:
        samples = [Sample(**one).SerializeToString() for one in fields.pop("samples", ())]
        referred = SeriesByReference(labels_refs=symbols.refer(labels), samples=samples, **fields)
        pieces.append(referred.SerializeToString())
    return Request(symbols=symbols, timeseries=pieces).SerializeToString()


def known() -> Known:
    """As after a push of all of them."""
    found = Known()
    body = request_of(*((labels, {"samples": [{"timestamp": AT}]}) for labels in LABELS))
    found |= {other.key: LABELS.index(other.labels) for other in remote_write_2.decode(body, found).others if other.key}
    return found


KNOWN = known()


def rows(pushed: Pushed) -> list[tuple[int, int, bytes]]:
    pushed.take_others([LABELS.index(other.labels) for other in pushed.others])
    samples = pushed.in_time(FAR)
    bits = [struct.pack("<d", value) for value in samples.value.tolist()]
    return sorted(zip(samples.series.tolist(), samples.at.tolist(), bits, strict=True))


instants = st.one_of(st.integers(0, FAR), st.sampled_from([0, 1, 2**35 - 1, 2**35, 1_700_000_000_000]))
values = st.floats(width=64) | st.sampled_from([0.0, -0.0, 1.0])
starts = st.sampled_from([0, 0, 1_600_000_000_000])
samples = st.lists(st.tuples(instants, values, starts), min_size=1, max_size=3)


@given(st.lists(st.tuples(st.integers(0, 2), samples), max_size=8))
def test_both_versions_and_both_ways_read_the_same(sent: list[Any]) -> None:
    first = WriteRequest(
        timeseries=[
            TimeSeries(
                labels=[Label(name=a, value=b).SerializeToString() for a, b in LABELS[number]],
                samples=[Sample(timestamp=at, value=value) for at, value, _ in some],
            ).SerializeToString()
            for number, some in sent
        ]
    ).SerializeToString()
    second = request_of(
        *(
            (LABELS[n], {"samples": [{"timestamp": at, "value": v, "start_timestamp": s} for at, v, s in some]})
            for n, some in sent
        )
    )
    expected = rows(remote_write.decode(first, Known()))
    assert rows(remote_write_2.decode(second, Known())) == rows(remote_write_2.decode(second, KNOWN)) == expected


def test_what_a_prometheus_sends_is_read_at_once() -> None:
    body = request_of(*((labels, {"samples": [{"timestamp": AT, "value": 2.0}]}) for labels in LABELS))
    assert remote_write_2.decode(body, KNOWN).others == []


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(remote_write.BodyUnreadable):
        remote_write_2.decode(raw, KNOWN)


@given(st.binary(max_size=80))
def test_any_series_is_read_or_refused(piece: bytes) -> None:
    body = Request(symbols=["", *flat(LABELS[0])], timeseries=[piece]).SerializeToString()
    pushed = remote_write_2.decode(body, KNOWN)
    pushed.take_others([0] * len(pushed.others))
    pushed.take_histograms([0] * len(pushed.histograms))
    pushed.in_time(FAR)
    pushed.histograms_in_time(FAR)


def native(at: int, counts: tuple[int, ...] = (3, 1, 2), **changes: Any) -> Histogram:
    """Observations up to 2, 4 and 8, sent as differences."""
    deltas = [one - before for one, before in zip(counts, (0, *counts), strict=False)]
    usual: dict[str, Any] = {
        "timestamp": at,
        "count_int": sum(counts),
        "sum": 9.5,
        "schema": 0,
        "positive_spans": [BucketSpan(offset=1, length=len(counts))],
        "positive_deltas": deltas,
    }
    return Histogram(**{name: value for name, value in (usual | changes).items() if value is not None})


async def push(monitored: Any, raw: bytes, content_type: str = SECOND) -> tuple[httpx.Response, tuple[int, int, int]]:
    answer = await monitored.push_raw(bytes(cramjam.snappy.compress_raw(raw)), **{"content-type": content_type})
    told = [answer.headers[f"x-prometheus-remote-write-{what}-written"] for what in ("samples", "histograms")]
    return answer, (*map(int, told), int(answer.headers["x-prometheus-remote-write-exemplars-written"]))


HISTOGRAM: Labels = (("__name__", "request_seconds"), ("job", "shop"))
UP: Labels = (("__name__", "up"), ("job", "shop"))


async def test_samples_histograms_and_stale_markers_are_counted(monitored: Any) -> None:
    body = request_of(
        (UP, {"samples": [{"timestamp": AT + n, "value": 1.0} for n in range(3)]}),
        (HISTOGRAM, {"histograms": [native(AT), native(AT + 60_000, sum=float(STALE))]}),
        (UP, {"exemplars": [b"", b""]}),
    )
    for _ in range(2):
        answer, written = await push(monitored, body)
        assert (answer.status_code, answer.content, written) == (204, b"", (3, 2, 0))


@pytest.mark.parametrize(
    ("labels", "fields", "said"),
    [
        (UP, {}, "neither samples nor histograms"),
        (UP, {"samples": [{"timestamp": AT}], "histograms": [native(AT)]}, "both samples and histograms"),
        ((("job", "shop"),), {"samples": [{"timestamp": AT}]}, "__name__ is missing"),
        ((("__name__", "up"), ("job", "")), {"samples": [{"timestamp": AT}]}, "empty"),
        ((("job", "shop"), ("__name__", "up")), {"samples": [{"timestamp": AT}]}, "order"),
        ((("__name__", "rapport_alert"),), {"samples": [{"timestamp": AT}]}, "kept for what Alertmanager"),
        (UP, {"samples": [{"timestamp": AT + 3_600_000 + 600_001}]}, "more than 10 minutes ahead"),
        (UP, {"samples": [{"timestamp": -1}]}, "before 1970"),
        (HISTOGRAM, {"histograms": [native(AT, count_int=5)]}, "more than its count"),
        (HISTOGRAM, {"histograms": [native(AT, positive_spans=[])]}, "spans"),
        (HISTOGRAM, {"histograms": [native(AT, positive_spans=[BucketSpan(length=2**32 - 1)])]}, "spans"),
        (HISTOGRAM, {"histograms": [native(AT, positive_deltas=[1, -2, 3])]}, "negative"),
        (HISTOGRAM, {"histograms": [native(AT, schema=-12)]}, "schema"),
        (HISTOGRAM, {"histograms": [native(AT, schema=-53, custom_values=[1])]}, "above all its bounds"),
        (HISTOGRAM, {"histograms": [native(AT, schema=-53, custom_values=[3, 2, 1])]}, "ascend"),
        (HISTOGRAM, {"histograms": [native(AT, reset_hint=3)]}, "gauge"),
        (HISTOGRAM, {"histograms": [native(AT, start_timestamp=AT + 1)]}, "began after"),
        (HISTOGRAM, {"histograms": [native(AT, zero_threshold=float("nan"))]}, "zero threshold"),
        (HISTOGRAM, {"histograms": [native(AT + 3_600_000 + 600_001)]}, "more than 10 minutes ahead"),
    ],
)
async def test_what_breaks_a_rule_is_named_and_the_rest_is_kept(
    monitored: Any, labels: Labels, fields: dict[str, Any], said: str
) -> None:
    good = {"samples": [{"timestamp": AT, "value": 1.0}]}
    body = request_of((LABELS[0], dict(good)), (labels, fields), (LABELS[1], dict(good)))
    for _ in range(2):
        answer, written = await push(monitored, body)
        assert (answer.status_code, written) == (400, (2, 0, 0))
        assert said in answer.json()["detail"]
        assert " 1" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("symbols", "references", "said"),
    [
        (["", "__name__", "up"], [1, 3], "beyond the 3"),
        (["", "__name__", "up"], [1, 2, 1], "pairs"),
        (["", "__name__", "up"], [], "__name__ is missing"),
        (["__name__", "up"], [0, 1], "empty text"),
        ([], [], "empty text"),
    ],
)
async def test_references_that_lead_nowhere(
    monitored: Any, symbols: list[str], references: list[int], said: str
) -> None:
    piece = SeriesByReference(labels_refs=references, samples=[Sample(timestamp=AT).SerializeToString()])
    body = Request(symbols=symbols, timeseries=[piece.SerializeToString()]).SerializeToString()
    answer, written = await push(monitored, body)
    assert (answer.status_code, written) == (400, (0, 0, 0))
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(("body", "status"), [(b"\xff", 400), (bytes(33 << 20), 413), (b"", 204)])
async def test_counts_are_told_whatever_happens(monitored: Any, body: bytes, status: int) -> None:
    answer, written = await push(monitored, body)
    assert (answer.status_code, written) == (status, (0, 0, 0))


def in_first(*histograms: Histogram) -> bytes:
    labels = [Label(name=a, value=b).SerializeToString() for a, b in HISTOGRAM]
    series = TimeSeries(labels=labels, histograms=histograms)
    return WriteRequest(timeseries=[series.SerializeToString()]).SerializeToString()


FORMS = {
    "whole counts": {},
    "floats": {
        "count_int": None,
        "count_float": 6.0,
        "positive_deltas": None,
        "positive_counts": [3.0, 1.0, 2.0],
    },
    "bounds": {"schema": -53, "custom_values": [1, 2, 4, 8]},
    "two spans": {"positive_spans": [BucketSpan(offset=1, length=1), BucketSpan(offset=0, length=2)]},
}


@pytest.mark.parametrize("second", [True, False])
@pytest.mark.parametrize("form", FORMS)
async def test_native_histograms_are_judged_by_their_buckets(monitored: Any, form: str, second: bool) -> None:
    """Three observations were up to 2, one up to 4, two up to 8; before, there was none."""
    indicator = await monitored.define(
        kind="histogram", threshold=4, series=[{"selector": 'request_seconds{job="shop"}'}]
    )
    none = native(AT, (0, 0, 0), **({"schema": -53, "custom_values": [1, 2, 4, 8]} if form == "bounds" else {}))
    both = (none, native(AT + 60_000, **FORMS[form]))
    raw = request_of((HISTOGRAM, {"histograms": both})) if second else in_first(*both)
    for _ in range(2):
        answer, written = await push(monitored, raw, SECOND if second else "application/x-protobuf")
        assert (answer.status_code, written) == (204, (0, 2, 0)), answer.text
    await monitored.fold()
    shown = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    assert (shown["good"], shown["total"]) == ([4], [6])


async def test_readings_of_two_replicas_that_overlap_double_nothing(monitored: Any) -> None:
    """The one that began first ended last."""
    indicator = await monitored.define(kind="histogram", threshold=4, series=[{"selector": "request_seconds"}])
    read = ((0, (30, 10, 20)), (100, (30, 10, 19)), (15_000, (40, 10, 20)), (15_100, (39, 10, 20)))
    for at, counts in read:
        await push(monitored, request_of((HISTOGRAM, {"histograms": [native(AT + at, counts)]})))
    await push(monitored, request_of((HISTOGRAM, {"histograms": [native(AT + 30_000, (50, 10, 25))]})))
    await monitored.fold()
    shown = await monitored.minutes(indicator, ELEVEN, 1)
    assert (shown["good"], shown["total"]) == ([20], [25])


async def test_a_period_long_closed_takes_samples(monitored: Any) -> None:
    """They are kept, and told to whoever closed it."""
    indicator = await monitored.define(series=[{"selector": "up"}])
    await push(monitored, request_of((UP, {"samples": [{"timestamp": AT, "value": 1.0}]})))
    await monitored.fold()
    old = AT - 90 * 86_400_000
    answer, written = await push(monitored, request_of((UP, {"samples": [{"timestamp": old, "value": 1.0}]})))
    assert (answer.status_code, written) == (204, (1, 0, 0))
    await monitored.fold()
    assert (await monitored.minutes(indicator, ELEVEN - timedelta(days=90), 1))["state"] == ["good"]
    late = await monitored.rows("SELECT hour FROM sla.late_arrivals")
    assert ELEVEN - timedelta(days=90) in [row["hour"] for row in late]


async def test_a_counter_is_counted_from_when_it_says_it_began(monitored: Any) -> None:
    """Its first error would be nothing, compared with no reading before."""
    indicator = await monitored.define(kind="volume", series=[{"selector": "errors_total", "part": "total"}])
    labels = (("__name__", "errors_total"),)
    first = {"timestamp": AT, "value": 3.0, "start_timestamp": AT - 30_000}
    reset = {"timestamp": AT + 60_000, "value": 5.0, "start_timestamp": AT + 30_000}
    long_ago = {"timestamp": AT, "value": 9.0, "start_timestamp": AT - 86_400_000}
    for sample in (first, reset):
        _, written = await push(monitored, request_of((labels, {"samples": [sample]})))
        assert written == (1, 0, 0)
    await push(monitored, request_of(((*labels, ("code", "1")), {"samples": [long_ago]})))
    await monitored.fold()
    assert (await monitored.minutes(indicator, ELEVEN, 2))["total"] == [3, 5]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), float(STALE)])
async def test_numbers_that_are_none(monitored: Any, value: float) -> None:
    indicator = await monitored.define(kind="volume", series=[{"selector": "up", "part": "total"}])
    some = [{"timestamp": AT + 60_000 * n, "value": one} for n, one in enumerate((1.0, value, 4.0))]
    answer, written = await push(monitored, request_of((UP, {"samples": some})))
    assert (answer.status_code, written) == (204, (3, 0, 0))
    await monitored.fold()
    assert (await monitored.minutes(indicator, ELEVEN, 3))["total"] == [0, 0, 3]
