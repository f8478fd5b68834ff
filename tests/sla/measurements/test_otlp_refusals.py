"""What is refused of a push over OTLP/HTTP, point by point or as a whole, and how it is told."""

import gzip

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.exporter import DELTA, SECOND, START, numbers, push, request_of, series


def refused() -> list[tuple[otlp.Metric, str]]:
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
    ]


@pytest.mark.parametrize(("metric", "said"), refused(), ids=[said for _, said in refused()])
async def test_a_point_that_breaks_a_rule_is_told_and_the_others_are_kept(
    monitored: MonitoredService, metric: otlp.Metric, said: str
) -> None:
    for _ in range(2):
        answer, told = await push(monitored, request_of(metric, numbers("up", (0, 1))))
        assert answer.status_code == 200
        assert told.partial_success.rejected_data_points == 1
        assert said in told.partial_success.error_message
        assert "data point 0" in told.partial_success.error_message
    assert list(await series(monitored)) == ["up"]


async def test_gzip(monitored: MonitoredService) -> None:
    body = gzip.compress(request_of(numbers("up", (0, 1))).SerializeToString())
    assert (await push(monitored, body, **{"content-encoding": "gzip"}))[0].status_code == 200
    assert list(await series(monitored)) == ["up"]


PLAIN = request_of(numbers("up", (0, 1))).SerializeToString()


@pytest.mark.parametrize(
    ("body", "sent", "status", "code"),
    [
        (PLAIN, {"content-type": "text/plain"}, 415, Code.INVALID_ARGUMENT),
        (PLAIN, {"content-encoding": "br"}, 415, Code.INVALID_ARGUMENT),
        (PLAIN, {"content-encoding": "gzip"}, 400, Code.INVALID_ARGUMENT),
        (PLAIN[:-1], {}, 400, Code.INVALID_ARGUMENT),
        (gzip.compress(PLAIN)[:-1], {"content-encoding": "gzip"}, 400, Code.INVALID_ARGUMENT),
        (gzip.compress(PLAIN) + b"more", {"content-encoding": "gzip"}, 400, Code.INVALID_ARGUMENT),
        (gzip.compress(bytes(65 << 20), 1), {"content-encoding": "gzip"}, 413, Code.RESOURCE_EXHAUSTED),
        (PLAIN, {"authorization": "Bearer nonsense"}, 401, Code.UNAUTHENTICATED),
        (PLAIN, {"authorization": ""}, 401, Code.UNAUTHENTICATED),
    ],
)
async def test_what_cannot_be_read_is_told_as_a_status(
    monitored: MonitoredService, body: bytes, sent: dict[str, str], status: int, code: int
) -> None:
    answer, _ = await push(monitored, body, **sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/x-protobuf")
    told = Status.FromString(answer.content)
    assert told.code == code
    assert told.message


@pytest.mark.parametrize(("size", "status"), [(33 << 20, 400), (65 << 20, 413)])
async def test_a_plain_body_may_be_as_large_as_an_inflated_one(
    monitored: MonitoredService, size: int, status: int
) -> None:
    answer, _ = await push(monitored, bytes(size))
    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"", gzip.compress(b"", mtime=0)])
async def test_nothing_is_a_request_as_well(monitored: MonitoredService, body: bytes) -> None:
    answer, _ = await push(monitored, body, **({"content-encoding": "gzip"} if body else {}))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_people_who_may_not_push_are_told_so(monitored: MonitoredService) -> None:
    answer, _ = await push(monitored, PLAIN, **monitored.headers("manager"))
    assert (answer.status_code, Status.FromString(answer.content).code) == (403, Code.PERMISSION_DENIED)
