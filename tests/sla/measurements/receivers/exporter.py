"""Metrics as an exporter of OpenTelemetry sends them, at noon of 3 February 2026."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN = NOON - timedelta(hours=1)
START = int(ELEVEN.timestamp()) * 10**9
SECOND = 10**9
CUMULATIVE, DELTA = 2, 1


def request_of(*metrics: otlp.Metric, **resource: str) -> ExportMetricsServiceRequest:
    """Return a request of the service `shop/web`, instance `w1`, unless `resource` says otherwise."""
    request = ExportMetricsServiceRequest()
    holder = request.resource_metrics.add()
    usual = {"service.name": "web", "service.namespace": "shop", "service.instance.id": "w1"}
    for key, value in (usual | resource).items():
        attribute = holder.resource.attributes.add(key=key)
        attribute.value.string_value = value
    scope = holder.scope_metrics.add()
    scope.scope.name, scope.scope.version = "shop.instruments", "2"
    scope.metrics.extend(metrics)
    return request


def numbers(name: str, *values: tuple[int, float], unit: str = "", **data: Any) -> otlp.Metric:
    """Return a sum if `data` says what sort, else a gauge; each value comes with its seconds after eleven."""
    points = [otlp.NumberDataPoint(time_unix_nano=START + at * SECOND, as_double=value) for at, value in values]
    if data:
        return otlp.Metric(name=name, unit=unit, sum=otlp.Sum(data_points=points, **data))
    return otlp.Metric(name=name, unit=unit, gauge=otlp.Gauge(data_points=points))


async def push(
    monitored: MonitoredService, request: ExportMetricsServiceRequest | bytes, **headers: str
) -> tuple[httpx.Response, ExportMetricsServiceResponse]:
    body = request if isinstance(request, bytes) else request.SerializeToString()
    usual = {"content-type": "application/x-protobuf"} | monitored.headers("admin")
    answer = await monitored.client.post("/push/otlp/v1/metrics", content=body, headers=usual | headers)
    response = ExportMetricsServiceResponse()
    if answer.is_success and answer.headers["content-type"] == "application/x-protobuf":
        response.ParseFromString(answer.content)
    return answer, response


async def series(monitored: MonitoredService) -> dict[str, Mapping[str, str]]:
    """Return the labels of each series in the registry by its metric."""
    rows = await monitored.rows("SELECT metric, labels FROM sla.series ORDER BY id")
    return {row["metric"]: json.loads(row["labels"]) for row in rows}
