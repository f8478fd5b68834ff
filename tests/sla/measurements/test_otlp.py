"""OpenTelemetry's metrics over OTLP/HTTP: what becomes of each kind, what is refused and how it is told."""

import gzip
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToDict
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN = NOON - timedelta(hours=1)
START = int(ELEVEN.timestamp()) * 10**9
SECOND = 10**9
CUMULATIVE, DELTA = 2, 1


def request_of(*metrics: otlp.Metric, **resource: str) -> ExportMetricsServiceRequest:
    """Of the service `shop/web`, instance `w1`, unless told otherwise."""
    request = ExportMetricsServiceRequest()
    holder = request.resource_metrics.add()
    known = {"service.name": "web", "service.namespace": "shop", "service.instance.id": "w1"}
    for key, value in (known | resource).items():
        attribute = holder.resource.attributes.add(key=key)
        attribute.value.string_value = value
    scope = holder.scope_metrics.add()
    scope.scope.name, scope.scope.version = "shop.instruments", "2"
    scope.metrics.extend(metrics)
    return request


def numbers(name: str, *values: tuple[int, float], unit: str = "", **data: Any) -> otlp.Metric:
    """A sum if `data` says what sort, or else a gauge; each value with its seconds after eleven."""
    points = [otlp.NumberDataPoint(time_unix_nano=START + at * SECOND, as_double=value) for at, value in values]
    if data:
        return otlp.Metric(name=name, unit=unit, sum=otlp.Sum(data_points=points, **data))
    return otlp.Metric(name=name, unit=unit, gauge=otlp.Gauge(data_points=points))


async def push(
    monitored: Any, request: ExportMetricsServiceRequest | bytes, **headers: str
) -> tuple[httpx.Response, ExportMetricsServiceResponse]:
    body = request if isinstance(request, bytes) else request.SerializeToString()
    usual = {"content-type": "application/x-protobuf"} | monitored.headers("admin")
    answer = await monitored.client.post("/push/otlp/v1/metrics", content=body, headers=usual | headers)
    told = ExportMetricsServiceResponse()
    if answer.is_success and answer.headers["content-type"] == "application/x-protobuf":
        told.ParseFromString(answer.content)
    return answer, told


async def series(monitored: Any) -> dict[str, Mapping[str, str]]:
    """Labels by metric."""
    rows = await monitored.rows("SELECT metric, labels FROM sla.series ORDER BY id")
    return {row["metric"]: json.loads(row["labels"]) for row in rows}


async def test_a_gauge_becomes_a_series_with_the_names_prometheus_gives(monitored: Any) -> None:
    indicator = await monitored.define(
        kind="gauge",
        good_when="below",
        threshold=0.9,
        series=[{"selector": 'pool_use_ratio{job="shop/web", instance="w1", deployment_environment_name="prod"}'}],
    )
    metric = numbers("pool.use", (0, 0.5), (60, 0.95), unit="1")
    metric.gauge.data_points[0].attributes.add(key="http.route").value.string_value = "/"
    sent = request_of(metric, **{"deployment.environment.name": "prod", "host.name": "h1"})
    answer, told = await push(monitored, sent)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert not told.HasField("partial_success")
    await monitored.fold()
    assert (await monitored.minutes(indicator, ELEVEN, 2))["state"] == ["good", "bad"]
    assert (await series(monitored))["pool_use_ratio"] == {
        "__name__": "pool_use_ratio",
        "job": "shop/web",
        "instance": "w1",
        "deployment_environment_name": "prod",
        "otel_scope_name": "shop.instruments",
        "otel_scope_version": "2",
    }


async def test_counters_count_from_reading_to_reading_and_deltas_by_themselves(monitored: Any) -> None:
    for temporality in (CUMULATIVE, DELTA):
        name = f"orders.{temporality}"
        indicator = await monitored.define(
            kind="volume", series=[{"selector": f"orders_{temporality}_total", "part": "total"}]
        )
        metric = numbers(name, (0, 5), (60, 7), (120, 3), is_monotonic=True, aggregation_temporality=temporality)
        for _ in range(2):
            await push(monitored, request_of(metric))
        await monitored.fold()
        expected = [0, 2, 3] if temporality == CUMULATIVE else [5, 7, 3]
        assert (await monitored.minutes(indicator, ELEVEN, 3))["total"] == expected


@pytest.mark.parametrize("since", [1, 999_999, 30 * SECOND])
async def test_the_first_reading_counts_from_when_counting_began(monitored: Any, since: int) -> None:
    """Also if that is less than a millisecond ago."""
    counted = await monitored.define(kind="volume", series=[{"selector": "orders_total", "part": "total"}])
    judged = await monitored.define(kind="histogram", series=[{"selector": "order_duration"}])
    orders = numbers("orders", (30, 5), is_monotonic=True, aggregation_temporality=CUMULATIVE)
    times = {"time_unix_nano": START + 30 * SECOND, "start_time_unix_nano": START + 30 * SECOND - since}
    orders.sum.data_points[0].start_time_unix_nano = times["start_time_unix_nano"]
    point = otlp.HistogramDataPoint(count=5, bucket_counts=[5], **times)
    durations = otlp.Histogram(data_points=[point], aggregation_temporality=CUMULATIVE)
    _, told = await push(monitored, request_of(orders, otlp.Metric(name="order.duration", histogram=durations)))
    assert not told.HasField("partial_success")
    await monitored.fold()
    for indicator in (counted, judged):
        assert (await monitored.minutes(indicator, ELEVEN, 1))["total"] == [5]


@pytest.mark.parametrize("exponential", [True, False])
@pytest.mark.parametrize("temporality", [CUMULATIVE, DELTA])
async def test_histograms_are_judged_by_their_buckets(monitored: Any, exponential: bool, temporality: int) -> None:
    indicator = await monitored.define(
        kind="histogram", threshold=4, series=[{"selector": "http_server_request_duration_seconds"}]
    )
    count = await monitored.define(
        kind="volume", series=[{"selector": "http_server_request_duration_seconds_count", "part": "total"}]
    )
    metric = otlp.Metric(name="http.server.request.duration", unit="s")
    data = metric.exponential_histogram if exponential else metric.histogram
    data.aggregation_temporality = temporality
    for place, counts in enumerate(([3, 1, 0], [4, 3, 2])):  # up to 2, up to 4, up to 8
        at = START + 60 * SECOND * place
        point = data.data_points.add(time_unix_nano=at, start_time_unix_nano=START - SECOND, count=sum(counts), sum=9)
        if exponential:
            point.scale = 0
            point.positive.offset = 0
            point.positive.bucket_counts.extend(counts)
        else:
            point.explicit_bounds.extend([2, 4, 8])
            point.bucket_counts.extend([*counts, 0])
    _, told = await push(monitored, request_of(metric))
    assert not told.HasField("partial_success")
    await monitored.fold()
    shown = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    expected = ([3], [5]) if temporality == CUMULATIVE else ([7], [9])
    assert (shown["good"], shown["total"]) == expected
    counted = await monitored.minutes(count, ELEVEN + timedelta(minutes=1), 1)
    assert counted["total"] == expected[1]


async def test_a_summary_is_a_count_and_a_gauge_per_quantile(monitored: Any) -> None:
    point = otlp.SummaryDataPoint(time_unix_nano=START, count=7, sum=3)
    point.quantile_values.add(quantile=0.5, value=2)
    point.quantile_values.add(quantile=1, value=4)
    _, told = await push(monitored, request_of(otlp.Metric(name="rpc", summary=otlp.Summary(data_points=[point]))))
    assert not told.HasField("partial_success")
    rows = await monitored.rows("SELECT labels FROM sla.series")
    found = [json.loads(row["labels"]) for row in rows]
    assert {(one["__name__"], one.get("quantile")) for one in found} == {
        ("rpc_count", None),
        ("rpc", "0.5"),
        ("rpc", "1"),
    }


async def test_no_recorded_value_ends_a_series(monitored: Any) -> None:
    probe = await monitored.define(series=[{"selector": "up"}])
    metric = numbers("up", (0, 1), (60, 0))
    metric.gauge.data_points[1].flags = 1
    await push(monitored, request_of(metric))
    await monitored.fold()
    assert (await monitored.minutes(probe, ELEVEN, 3))["state"] == ["good", "unknown", "unknown"]


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
    monitored: Any, metric: otlp.Metric, said: str
) -> None:
    for _ in range(2):
        answer, told = await push(monitored, request_of(metric, numbers("up", (0, 1))))
        assert answer.status_code == 200
        assert told.partial_success.rejected_data_points == 1
        assert said in told.partial_success.error_message
        assert "data point 0" in told.partial_success.error_message
    assert list(await series(monitored)) == ["up"]


async def test_json_means_what_protobuf_means(monitored: Any) -> None:
    point = {
        "attributes": [
            {"key": "http.response.status_code", "value": {"intValue": "503"}},
            {"key": "cached", "value": {"boolValue": False}},
            {"key": "share", "value": {"doubleValue": 0.5}},
            {"key": "tags", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 2}]}}},
            {"key": "more", "value": {"kvlistValue": {"values": [{"key": "b", "value": {"doubleValue": 1.0}}]}}},
            {"key": "raw", "value": {"bytesValue": "aGk="}},
            {"key": "nothing", "value": {}},
        ],
        "startTimeUnixNano": START,
        "timeUnixNano": str(START),
        "asInt": "7",
        "exemplars": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "asDouble": 1}],
        "somethingNew": {"a": [1]},
    }
    total = {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": True}
    scope = {"scope": None, "metrics": [{"name": "http.requests", "unit": "{request}", "sum": total}]}
    named = [{"key": "service.name", "value": {"stringValue": "web"}}]
    body = {"resourceMetrics": [{"resource": {"attributes": named}, "scopeMetrics": [scope]}]}
    answer, _ = await push(monitored, json.dumps(body).encode(), **{"content-type": "application/json; charset=utf-8"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await series(monitored))["http_requests_total"] == {
        "__name__": "http_requests_total",
        "job": "web",
        "http_response_status_code": "503",
        "cached": "false",
        "share": "0.5",
        "tags": '["a",2]',
        "more": '{"b":1.0}',
        "raw": "aGk=",
    }


async def test_json_is_answered_in_json(monitored: Any) -> None:
    document = MessageToDict(request_of(numbers("a", (3600 + 700, 1))))
    answer, _ = await push(monitored, json.dumps(document).encode(), **{"content-type": "application/json"})
    told = answer.json()["partialSuccess"]
    assert (answer.status_code, told["rejectedDataPoints"]) == (200, "1")
    assert "10 minutes" in told["errorMessage"]
    refused, _ = await push(monitored, b"{", **{"content-type": "application/json"})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json")
    assert refused.json()["code"] == Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("metrics", "field"),
    [
        ('{"gauge": {"dataPoints": [{"timeUnixNano": "soon"}]}}', "metrics[0].gauge.dataPoints[0].timeUnixNano"),
        ('{"gauge": {"dataPoints": [{"timeUnixNano": 1e30}]}}', "metrics[0].gauge.dataPoints[0].timeUnixNano"),
        ('{"gauge": {"dataPoints": [{"asDouble": true}]}}', "metrics[0].gauge.dataPoints[0].asDouble"),
        ('{"gauge": {"dataPoints": [{"exemplars": [{"traceId": "xyz"}]}]}}', "exemplars[0].traceId"),
        ('{"sum": {"aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA"}}', "sum.aggregationTemporality"),
        ('{"sum": {"isMonotonic": 1}}', "sum.isMonotonic"),
        ('{"name": 7}', "metrics[0].name"),
        ('{"name": "\\ud800"}', "JSON"),
        ('{"histogram": {"dataPoints": [{"bucketCounts": [-1]}]}}', "dataPoints[0].bucketCounts"),
        ('{"histogram": {"dataPoints": {}}}', "histogram.dataPoints"),
        ("[]", "metrics[0]"),
    ],
)
async def test_json_that_does_not_fit_is_named(monitored: Any, metrics: str, field: str) -> None:
    body = f'{{"resourceMetrics": [{{"scopeMetrics": [{{"metrics": [{metrics}]}}]}}]}}'
    answer, _ = await push(monitored, body.encode(), **{"content-type": "application/json"})
    assert answer.status_code == 400
    assert field in answer.json()["message"]


async def test_gzip(monitored: Any) -> None:
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
    monitored: Any, body: bytes, sent: dict[str, str], status: int, code: int
) -> None:
    answer, _ = await push(monitored, body, **sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/x-protobuf")
    told = Status.FromString(answer.content)
    assert told.code == code
    assert told.message


@pytest.mark.parametrize(("size", "status"), [(33 << 20, 400), (65 << 20, 413)])
async def test_a_plain_body_may_be_as_large_as_an_inflated_one(monitored: Any, size: int, status: int) -> None:
    answer, _ = await push(monitored, bytes(size))
    assert answer.status_code == status


@pytest.mark.parametrize("body", [b"", gzip.compress(b"")])
async def test_nothing_is_a_request_as_well(monitored: Any, body: bytes) -> None:
    answer, _ = await push(monitored, body, **({"content-encoding": "gzip"} if body else {}))
    assert (answer.status_code, answer.content) == (200, b"")


async def test_people_who_may_not_push_are_told_so(monitored: Any) -> None:
    answer, _ = await push(monitored, PLAIN, **monitored.headers("manager"))
    assert (answer.status_code, Status.FromString(answer.content).code) == (403, Code.PERMISSION_DENIED)
