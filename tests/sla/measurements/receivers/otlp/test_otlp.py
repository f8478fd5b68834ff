"""OpenTelemetry's metrics over OTLP/HTTP: what becomes of each kind."""

import json
from datetime import timedelta

import pytest
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.exporter import (
    CUMULATIVE,
    DELTA,
    ELEVEN,
    SECOND,
    START,
    numbers,
    push,
    request_of,
    series,
)


async def test_a_gauge_becomes_a_series_with_the_names_prometheus_gives(monitored: MonitoredService) -> None:
    indicator = await monitored.define(
        kind="gauge",
        good_when="below",
        threshold=0.9,
        series=[{"selector": 'pool_use_ratio{job="shop/web", instance="w1", deployment_environment_name="prod"}'}],
    )
    metric = numbers("pool.use", (0, 0.5), (60, 0.95), unit="1")
    metric.gauge.data_points[0].attributes.add(key="http.route").value.string_value = "/"
    request = request_of(metric, **{"deployment.environment.name": "prod", "host.name": "h1"})
    answer, response = await push(monitored, request)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert not response.HasField("partial_success")
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, ELEVEN, 2))["state"] == ["good", "bad"]
    assert (await series(monitored))["pool_use_ratio"] == {
        "__name__": "pool_use_ratio",
        "job": "shop/web",
        "instance": "w1",
        "deployment_environment_name": "prod",
        "otel_scope_name": "shop.instruments",
        "otel_scope_version": "2",
    }


async def test_counters_count_from_reading_to_reading_and_deltas_by_themselves(monitored: MonitoredService) -> None:
    for temporality in (CUMULATIVE, DELTA):
        name = f"orders.{temporality}"
        indicator = await monitored.define(
            kind="volume", series=[{"selector": f"orders_{temporality}_total", "part": "total"}]
        )
        metric = numbers(name, (0, 5), (60, 7), (120, 3), is_monotonic=True, aggregation_temporality=temporality)
        for _ in range(2):
            await push(monitored, request_of(metric))
        await monitored.roll_up()
        expected = [0, 2, 3] if temporality == CUMULATIVE else [5, 7, 3]
        assert (await monitored.minutes(indicator, ELEVEN, 3))["total"] == expected


@pytest.mark.parametrize("since", [1, 999_999, 30 * SECOND])
async def test_the_first_reading_counts_from_when_counting_began(monitored: MonitoredService, since: int) -> None:
    """Also if that is less than a millisecond ago."""
    volume = await monitored.define(kind="volume", series=[{"selector": "orders_total", "part": "total"}])
    histogram = await monitored.define(kind="histogram", series=[{"selector": "order_duration"}])
    orders = numbers("orders", (30, 5), is_monotonic=True, aggregation_temporality=CUMULATIVE)
    times = {"time_unix_nano": START + 30 * SECOND, "start_time_unix_nano": START + 30 * SECOND - since}
    orders.sum.data_points[0].start_time_unix_nano = times["start_time_unix_nano"]
    point = otlp.HistogramDataPoint(count=5, bucket_counts=[5], **times)
    durations = otlp.Histogram(data_points=[point], aggregation_temporality=CUMULATIVE)
    _, response = await push(monitored, request_of(orders, otlp.Metric(name="order.duration", histogram=durations)))
    assert not response.HasField("partial_success")
    await monitored.roll_up()
    for indicator in (volume, histogram):
        assert (await monitored.minutes(indicator, ELEVEN, 1))["total"] == [5]


@pytest.mark.parametrize("exponential", [True, False])
@pytest.mark.parametrize("temporality", [CUMULATIVE, DELTA])
async def test_histograms_are_judged_by_their_buckets(
    monitored: MonitoredService, exponential: bool, temporality: int
) -> None:
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
    _, response = await push(monitored, request_of(metric))
    assert not response.HasField("partial_success")
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, ELEVEN + timedelta(minutes=1), 1)
    expected = ([3], [5]) if temporality == CUMULATIVE else ([7], [9])
    assert (minutes["good"], minutes["total"]) == expected
    count_minutes = await monitored.minutes(count, ELEVEN + timedelta(minutes=1), 1)
    assert count_minutes["total"] == expected[1]


async def test_a_summary_is_a_count_and_a_gauge_per_quantile(monitored: MonitoredService) -> None:
    point = otlp.SummaryDataPoint(time_unix_nano=START, count=7, sum=3)
    point.quantile_values.add(quantile=0.5, value=2)
    point.quantile_values.add(quantile=1, value=4)
    _, response = await push(monitored, request_of(otlp.Metric(name="rpc", summary=otlp.Summary(data_points=[point]))))
    assert not response.HasField("partial_success")
    rows = await monitored.rows("SELECT labels FROM sla.series")
    series_labels = [json.loads(row["labels"]) for row in rows]
    assert {(labels["__name__"], labels.get("quantile")) for labels in series_labels} == {
        ("rpc_count", None),
        ("rpc", "0.5"),
        ("rpc", "1"),
    }


async def test_no_recorded_value_ends_a_series(monitored: MonitoredService) -> None:
    probe = await monitored.define(series=[{"selector": "up"}])
    metric = numbers("up", (0, 1), (60, 0))
    metric.gauge.data_points[1].flags = 1
    await push(monitored, request_of(metric))
    await monitored.roll_up()
    assert (await monitored.minutes(probe, ELEVEN, 3))["state"] == ["good", "unknown", "unknown"]
