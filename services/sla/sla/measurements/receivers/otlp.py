"""OpenTelemetry's metrics, as OTLP/HTTP brings them: from the body to samples and histograms, point by point."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from common.errors import Malformed, TooLarge, UnsupportedMediaType
from sla.measurements.histograms.point import InvalidHistogram
from sla.measurements.ingest.decoded_push import MAX_CLOCK_SKEW_MS, DecodedPush, LabelledHistograms, LabelledSamples
from sla.measurements.ingest.series_labels import Labels
from sla.measurements.receivers import otlp_json, otlp_points
from sla.measurements.receivers.otlp_points import InvalidDataPoint
from sla.measurements.samples import STALE_MARKER

PROTOBUF_MEDIA_TYPE, JSON_MEDIA_TYPE = "application/x-protobuf", "application/json"
MAX_DECODED_BYTES = 64 * 1024 * 1024
"""Bytes of a decoded request."""


class MetricsUnreadable(Malformed, slug="metrics-unreadable"):
    """The body is an ExportMetricsServiceRequest of the announced type."""


class OtlpNotSupported(UnsupportedMediaType, slug="otlp-not-supported"):
    """OTLP/HTTP is taken as application/x-protobuf or application/json, plain or with gzip."""


@dataclass
class DecodedExport:
    """What is made of one request."""

    now: int
    """Milliseconds: points that lie far ahead of it are refused."""
    pushed: DecodedPush = field(default_factory=DecodedPush)
    point_count: int = 0
    """Data points so far, those refused included."""

    def add_sample(self, labels: Labels, at: int, value: float, start_at: int = 0) -> None:
        """`start_at`: of what is counted since then."""
        self.pushed.unresolved_samples.append(
            LabelledSamples(self.point_count, labels, [at], [value], start=[start_at])
        )


MetricDecoder = Callable[[DecodedExport, otlp.Metric, Any, dict[str, str]], None]


def decompress_body(body: bytes, encoding: str) -> bytes:
    """Raise TooLarge as soon as it is, OtlpNotSupported, MetricsUnreadable."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise OtlpNotSupported("Send Content-Encoding: gzip, or none.")
    try:
        raw = gzip.GzipFile(fileobj=BytesIO(body or b"\0")).read(MAX_DECODED_BYTES + 1)  # nothing is no member
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise MetricsUnreadable("The body is not compressed with gzip, or ends too early.") from None
    if len(raw) > MAX_DECODED_BYTES:
        raise TooLarge(f"A decoded request has at the most {MAX_DECODED_BYTES} bytes: send smaller batches.")
    return raw


def parse_export(raw: bytes, kind: str) -> ExportMetricsServiceRequest:
    """Raise MetricsUnreadable."""
    request = ExportMetricsServiceRequest()
    try:
        if kind == JSON_MEDIA_TYPE:
            otlp_json.parse_otlp_json(raw, request)
        else:
            request.ParseFromString(raw)
    except otlp_json.JsonFieldError as error:
        raise MetricsUnreadable(f"{error.field}: {error.reason}" if error.field else error.reason) from None
    except DecodeError:
        raise MetricsUnreadable("The body is no ExportMetricsServiceRequest.") from None
    return request


def decode_export(request: ExportMetricsServiceRequest, now: int, promoted: Iterable[str]) -> DecodedExport:
    """`promoted` are attributes of resources that become labels. Raise TooLarge."""
    export = DecodedExport(now)
    export.pushed.count_items(len(request.resource_metrics))
    for resource in request.resource_metrics:
        export.pushed.count_items(len(resource.scope_metrics))
        for scope in resource.scope_metrics:
            common = otlp_points.common_labels(resource.resource, scope.scope, promoted)
            export.pushed.count_items(len(scope.metrics))
            for metric in scope.metrics:
                _take_metric(export, metric, common)
    return export


def _take_metric(export: DecodedExport, metric: otlp.Metric, common: dict[str, str]) -> None:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    points = getattr(metric, kind).data_points
    export.pushed.count_items(len(points))
    for place, point in enumerate(points):
        try:
            _check_time(export, point)
            _TAKE[kind](export, metric, point, common)
        except (InvalidDataPoint, InvalidHistogram) as error:
            export.pushed.refuse(f"{metric.name[:200]}, data point {place}: {error}")
        export.point_count += 1


def _check_time(export: DecodedExport, point: Any) -> None:
    at = otlp_points.nanoseconds_to_ms(point.time_unix_nano)
    if not 0 < at <= export.now + MAX_CLOCK_SKEW_MS:
        raise InvalidDataPoint(f"its time, {at} ms, is missing or more than 10 minutes ahead")


def _take_gauge(
    export: DecodedExport, metric: otlp.Metric, point: otlp.NumberDataPoint, common: dict[str, str]
) -> None:
    labels = otlp_points.point_labels(otlp_points.prometheus_name(metric, gauge=True), point, common)
    export.add_sample(labels, otlp_points.nanoseconds_to_ms(point.time_unix_nano), _value(point))


def _take_sum(export: DecodedExport, metric: otlp.Metric, point: otlp.NumberDataPoint, common: dict[str, str]) -> None:
    mark, monotonic = otlp_points.temporality_label(metric.sum), metric.sum.is_monotonic
    if mark and not monotonic:
        raise InvalidDataPoint("a sum of changes that go up and down says nothing by itself: send it cumulative")
    name = otlp_points.prometheus_name(metric, counter=monotonic, gauge=not monotonic)
    labels = otlp_points.point_labels(name, point, common, **mark)
    start_at = otlp_points.start_ms(point) if monotonic and not mark else 0
    export.add_sample(labels, otlp_points.nanoseconds_to_ms(point.time_unix_nano), _value(point), start_at)


def _value(point: otlp.NumberDataPoint) -> float:
    return float(STALE_MARKER) if otlp_points.is_absent(point) else otlp_points.number_value(point)


def _take_histogram(export: DecodedExport, metric: otlp.Metric, point: Any, common: dict[str, str]) -> None:
    exponential = metric.WhichOneof("data") == "exponential_histogram"
    data = metric.exponential_histogram if exponential else metric.histogram
    mark, reading, name = (
        otlp_points.temporality_label(data),
        otlp_points.histogram_reading(data, point),
        otlp_points.prometheus_name(metric),
    )
    whole = otlp_points.point_labels(name, point, common)
    count = otlp_points.point_labels(f"{name}_count", point, common, **mark)
    if otlp_points.is_absent(point):
        export.add_sample(count, reading.at, float(STALE_MARKER))
        return
    found = (otlp_points.parse_exponential_histogram if exponential else otlp_points.parse_explicit_histogram)(
        reading, point
    )
    export.pushed.unresolved_histograms.append(LabelledHistograms(export.point_count, whole, [found]))
    export.add_sample(count, reading.at, float(point.count), 0 if reading.delta else reading.start_at or 0)


def _take_summary(
    export: DecodedExport, metric: otlp.Metric, point: otlp.SummaryDataPoint, common: dict[str, str]
) -> None:
    name, at = otlp_points.prometheus_name(metric), otlp_points.nanoseconds_to_ms(point.time_unix_nano)
    parts = [(otlp_points.point_labels(f"{name}_count", point, common), float(point.count))]
    for one in point.quantile_values:
        quantile = otlp_points.format_number(one.quantile)
        parts.append((otlp_points.point_labels(name, point, common, quantile=quantile), one.value))
    for labels, value in parts:
        export.add_sample(labels, at, float(STALE_MARKER) if otlp_points.is_absent(point) else value)


_TAKE: Mapping[str, MetricDecoder] = {
    "gauge": _take_gauge,
    "sum": _take_sum,
    "histogram": _take_histogram,
    "exponential_histogram": _take_histogram,
    "summary": _take_summary,
}
