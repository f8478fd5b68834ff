"""OTLP/HTTP metrics: from the body to a decoded push, data point by data point."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from common.errors import TooLarge
from sla.measurements.histograms.point import InvalidHistogram
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.refusals import Refusal
from sla.measurements.receivers.errors import MetricsUnreadable
from sla.measurements.receivers.message_counts import check_message_count, message_fields
from sla.measurements.receivers.otlp_json import parse_otlp_json
from sla.measurements.receivers.otlp_points import DataPoint, common_labels

PROTOBUF_MEDIA_TYPE, JSON_MEDIA_TYPE = "application/x-protobuf", "application/json"
MAX_DECODED_BYTES = 64 * 1024 * 1024
MAX_DATA_POINTS = 100_000
"""Each becomes one or two series with all its labels."""


def parse_export(raw: bytes, media_type: str) -> ExportMetricsServiceRequest:
    """Parse a request. Raise MetricsUnreadable, TooLarge."""
    if media_type == JSON_MEDIA_TYPE:
        return parse_otlp_json(raw)
    try:
        check_message_count(raw, message_fields(ExportMetricsServiceRequest.DESCRIPTOR))
        return ExportMetricsServiceRequest.FromString(raw)
    except DecodeError:
        raise MetricsUnreadable("The body is not an ExportMetricsServiceRequest.") from None


def decode_export(request: ExportMetricsServiceRequest, now: int, promoted: Iterable[str]) -> DecodedPush:
    """Decode a request at an instant (ms); `promoted` resource attributes become labels. Raise TooLarge."""
    push = DecodedPush()
    if _count_data_points(request) > MAX_DATA_POINTS:
        raise TooLarge(f"A request has at most {MAX_DATA_POINTS} data points: send smaller batches.")
    for data_point in _data_points(request, promoted):
        try:
            push.labelled_series += data_point.to_series(now)
        except (Refusal, InvalidHistogram) as error:
            push.refusals.add(f"{data_point.metric.name[:200]}, data point {data_point.place}: {error}")
    return push


def _data_points(request: ExportMetricsServiceRequest, promoted: Iterable[str]) -> Iterator[DataPoint]:
    position = count()
    for resource in request.resource_metrics:
        for scope in resource.scope_metrics:
            common = common_labels(resource.resource, scope.scope, promoted)
            for metric in scope.metrics:
                data = _data_of(metric)
                for place, point in enumerate(data.data_points):
                    yield DataPoint(next(position), metric, data, place, point, common)


def _count_data_points(request: ExportMetricsServiceRequest) -> int:
    scopes = (scope for resource in request.resource_metrics for scope in resource.scope_metrics)
    return sum(len(_data_of(metric).data_points) for scope in scopes for metric in scope.metrics)


def _data_of(metric: Metric) -> Any:
    return getattr(metric, metric.WhichOneof("data") or "gauge")
