"""Data points of OTLP/HTTP that are refused, one by one."""

import gzip
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.exporter import DELTA, SECOND, START, numbers, push, request_of, series

NOT_COUNTS = (-2.0, -0.5, float("nan"), float("inf"), float("-inf"), 2.0**62)


def counted(value: float, temporality: int) -> otlp.Metric:
    return numbers("a", (0, value), is_monotonic=True, aggregation_temporality=temporality)


def uncounted(kind: Any) -> Any:
    return kind(time_unix_nano=START, count=2**63)


def refused_metrics() -> list[tuple[otlp.Metric, str]]:
    ahead = 3600 + 601
    histogram = otlp.HistogramDataPoint(time_unix_nano=START, count=1, bucket_counts=[1], explicit_bounds=[1, 2])
    late = otlp.HistogramDataPoint(time_unix_nano=START, start_time_unix_nano=START + SECOND)
    odd = otlp.ExponentialHistogramDataPoint(time_unix_nano=START, scale=-11)
    long = numbers("a", (0, 1))
    long.gauge.data_points[0].attributes.add(key="k").value.string_value = "x" * 3000
    bare = otlp.Metric(name="a", gauge=otlp.Gauge(data_points=[otlp.NumberDataPoint(time_unix_nano=START)]))
    return [
        (numbers("a", (ahead, 1)), "more than 10 minutes ahead"),
        (otlp.Metric(name="a", gauge=otlp.Gauge(data_points=[otlp.NumberDataPoint(as_int=1)])), "its time"),
        (bare, "no value"),
        (numbers("", (0, 1)), "no name"),
        (numbers("a", (0, 1), is_monotonic=False, aggregation_temporality=DELTA), "up and down"),
        (numbers("a", (0, 1), is_monotonic=True), "temporality"),
        (otlp.Metric(name="a", histogram=otlp.Histogram(data_points=[histogram], aggregation_temporality=2)), "bounds"),
        (otlp.Metric(name="a", histogram=otlp.Histogram(data_points=[late], aggregation_temporality=2)), "began after"),
        (
            otlp.Metric(
                name="a",
                exponential_histogram=otlp.ExponentialHistogram(data_points=[odd], aggregation_temporality=2),
            ),
            "schema",
        ),
        (long, "longer than"),
        *((counted(value, temporality), "cannot be a count") for value in NOT_COUNTS for temporality in (1, 2)),
        (counted(0.5, DELTA), "a delta with a fraction"),
        (otlp.Metric(name="a", summary=otlp.Summary(data_points=[uncounted(otlp.SummaryDataPoint)])), "a count"),
        (
            otlp.Metric(
                name="a",
                histogram=otlp.Histogram(
                    data_points=[
                        otlp.HistogramDataPoint(
                            time_unix_nano=START, count=3, bucket_counts=[1, 1], explicit_bounds=[1]
                        )
                    ],
                    aggregation_temporality=2,
                ),
            ),
            "less than its count",
        ),
    ]


@pytest.mark.parametrize(("metric", "reason"), refused_metrics())
async def test_a_point_that_breaks_a_rule_is_named_and_the_others_are_written(
    monitored: MonitoredService, metric: otlp.Metric, reason: str
) -> None:
    for _ in range(2):
        answer, response = await push(monitored, request_of(metric, numbers("up", (0, 1))))
        assert answer.status_code == 200
        assert response.partial_success.rejected_data_points == 1
        assert reason in response.partial_success.error_message
        assert "data point 0" in response.partial_success.error_message
    assert list(await series(monitored)) == ["up"]


@pytest.mark.parametrize("body", [b"", gzip.compress(b"", mtime=0)])
async def test_nothing_is_a_request_as_well(monitored: MonitoredService, body: bytes) -> None:
    answer, _ = await push(monitored, body, **({"content-encoding": "gzip"} if body else {}))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_people_may_not_push(monitored: MonitoredService) -> None:
    answer, _ = await push(monitored, b"", **monitored.headers("manager"))
    assert (answer.status_code, Status.FromString(answer.content).code) == (403, Code.PERMISSION_DENIED)
