"""Remote write 2.0: what is refused is named, and what is written is counted."""

from datetime import timedelta
from typing import Any

import pytest

from sla.measurements.ingest.series_labels import Labels
from sla.measurements.receivers.remote_write_pb2 import BucketSpan, Histogram
from sla.measurements.samples import STALE_MARKER
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.sender_2 import AT, ELEVEN, HISTOGRAM, LABELS, UP, native, push, request_of


async def test_samples_histograms_stale_markers_and_exemplars_are_counted(monitored: MonitoredService) -> None:
    body = request_of(
        (UP, {"samples": [{"timestamp": AT + n, "value": 1.0} for n in range(3)]}),
        (HISTOGRAM, {"histograms": [native(AT), native(AT + 60_000, sum=float(STALE_MARKER))]}),
        (UP, {"exemplars": [b"", b""]}),
    )
    for _ in range(2):
        answer, written = await push(monitored, body)
        assert (answer.status_code, answer.content, written) == (204, b"", (3, 2, 2))


def bounded(**changes: Any) -> Histogram:
    return native(AT, **{"schema": -53, "custom_values": [1, 2, 4, 8]} | changes)


@pytest.mark.parametrize(
    ("labels", "fields", "reason"),
    [
        ((("__name__", "rapport_alert"),), {"samples": [{"timestamp": AT}]}, "reserved for the alerts of Alertmanager"),
        (UP, {"samples": [{"timestamp": AT + 3_600_000 + 600_001}]}, "more than 10 minutes ahead"),
        (HISTOGRAM, {"histograms": [native(AT, count_int=5)]}, "more than its count"),
        (HISTOGRAM, {"histograms": [native(AT, count_int=7)]}, "less than its count"),
        (HISTOGRAM, {"histograms": [native(AT, count_int=7, reset_hint=3)]}, "less than its count"),
        (HISTOGRAM, {"histograms": [native(AT, count_int=5, sum=float("nan"))]}, "more than its count"),
        (HISTOGRAM, {"histograms": [native(AT, positive_deltas=None, positive_counts=[3, 1, 2])]}, "spans"),
        (HISTOGRAM, {"histograms": [native(AT, count_int=None, count_float=6.0)]}, "spans"),
        (HISTOGRAM, {"histograms": [native(AT, custom_values=[1])]}, "bounds"),
        (HISTOGRAM, {"histograms": [native(AT, positive_spans=[])]}, "spans"),
        (HISTOGRAM, {"histograms": [native(AT, positive_spans=[BucketSpan(length=2**32 - 1)])]}, "spans"),
        (HISTOGRAM, {"histograms": [native(AT, positive_deltas=[1, -2, 3])]}, "negative"),
        *((HISTOGRAM, {"histograms": [native(AT, schema=n)]}, "schema") for n in (-54, -52, -12, -5, 53, 99, 127)),
        (HISTOGRAM, {"histograms": [native(AT, schema=-53, custom_values=[1])]}, "above all its bounds"),
        (HISTOGRAM, {"histograms": [native(AT, schema=-53, custom_values=[3, 2, 1])]}, "ascending order"),
        (HISTOGRAM, {"histograms": [bounded(custom_values=[1, 2, 4, float("inf")])]}, "infinite"),
        (HISTOGRAM, {"histograms": [bounded(zero_threshold=0.1)]}, "no bucket around zero"),
        (HISTOGRAM, {"histograms": [bounded(zero_count_int=1)]}, "no bucket around zero"),
        (HISTOGRAM, {"histograms": [bounded(negative_spans=[BucketSpan(length=0)])]}, "no negative buckets"),
        (HISTOGRAM, {"histograms": [bounded(count_int=7)]}, "less than its count"),
        (
            HISTOGRAM,
            {"histograms": [native(AT, positive_spans=[BucketSpan(length=2), BucketSpan(offset=-1, length=1)])]},
            "before the end",
        ),
        (HISTOGRAM, {"histograms": [native(AT, start_timestamp=AT + 1)]}, "began after"),
        (HISTOGRAM, {"histograms": [native(AT, zero_threshold=float("nan"))]}, "zero threshold"),
        (HISTOGRAM, {"histograms": [native(AT + 3_600_000 + 600_001)]}, "more than 10 minutes ahead"),
    ],
)
async def test_a_series_that_breaks_a_rule_is_named_and_the_others_are_written(
    monitored: MonitoredService, labels: Labels, fields: dict[str, Any], reason: str
) -> None:
    good = {"samples": [{"timestamp": AT, "value": 1.0}]}
    body = request_of((LABELS[0], dict(good)), (labels, fields), (LABELS[1], dict(good)))
    for _ in range(2):
        answer, written = await push(monitored, body)
        assert (answer.status_code, written) == (400, (2, 0, 0))
        assert reason in answer.json()["detail"]
        assert " 1" in answer.json()["detail"]


async def test_a_period_long_closed_takes_samples(monitored: MonitoredService) -> None:
    """They are written, and noted as late arrivals."""
    indicator = await monitored.define(series=[{"selector": "up"}])
    await push(monitored, request_of((UP, {"samples": [{"timestamp": AT, "value": 1.0}]})))
    await monitored.roll_up()
    old = AT - 90 * 86_400_000
    answer, written = await push(monitored, request_of((UP, {"samples": [{"timestamp": old, "value": 1.0}]})))
    assert (answer.status_code, written) == (204, (1, 0, 0))
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, ELEVEN - timedelta(days=90), 1))["state"] == ["good"]
    late = await monitored.rows("SELECT hour FROM sla.late_arrivals")
    assert ELEVEN - timedelta(days=90) in [row["hour"] for row in late]


async def test_a_counter_is_counted_from_when_it_says_it_began(monitored: MonitoredService) -> None:
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
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, ELEVEN, 2))["total"] == [3, 5]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), float(STALE_MARKER)])
async def test_numbers_that_are_none(monitored: MonitoredService, value: float) -> None:
    indicator = await monitored.define(kind="volume", series=[{"selector": "up", "part": "total"}])
    samples = [{"timestamp": AT + 60_000 * minute, "value": number} for minute, number in enumerate((1.0, value, 4.0))]
    answer, written = await push(monitored, request_of((UP, {"samples": samples})))
    assert (answer.status_code, written) == (204, (3, 0, 0))
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, ELEVEN, 3))["total"] == [0, 0, 3]
