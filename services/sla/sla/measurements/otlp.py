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
from sla.measurements import otlp_json, otlp_points
from sla.measurements.histograms import HistogramUnfit
from sla.measurements.otlp_points import PointUnfit
from sla.measurements.pushed import AHEAD, Pushed, SeriesHistograms, SeriesSamples
from sla.measurements.samples import STALE
from sla.measurements.series import Labels

PROTOBUF, JSON = "application/x-protobuf", "application/json"
LARGEST = 64 * 1024 * 1024
"""Bytes of a decoded request."""


class MetricsUnreadable(Malformed, slug="metrics-unreadable"):
    """The body is an ExportMetricsServiceRequest of the announced type."""


class OtlpNotSupported(UnsupportedMediaType, slug="otlp-not-supported"):
    """OTLP/HTTP is taken as application/x-protobuf or application/json, plain or with gzip."""


@dataclass
class Export:
    """What is made of one request."""

    now: int
    """Milliseconds: points that lie far ahead of it are refused."""
    pushed: Pushed = field(default_factory=Pushed)
    points: int = 0
    """Data points so far, those refused included."""

    def take(self, labels: Labels, at: int, value: float, start_at: int = 0) -> None:
        """`start_at`: of what is counted since then."""
        self.pushed.others.append(SeriesSamples(self.points, labels, [at], [value], start=[start_at]))


Take = Callable[[Export, otlp.Metric, Any, dict[str, str]], None]


def inflate(body: bytes, encoding: str) -> bytes:
    """Raise TooLarge as soon as it is, OtlpNotSupported, MetricsUnreadable."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise OtlpNotSupported("Send Content-Encoding: gzip, or none.")
    try:
        raw = gzip.GzipFile(fileobj=BytesIO(body or b"\0")).read(LARGEST + 1)  # nothing is no member
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise MetricsUnreadable("The body is not compressed with gzip, or ends too early.") from None
    if len(raw) > LARGEST:
        raise TooLarge(f"A decoded request has at the most {LARGEST} bytes: send smaller batches.")
    return raw


def read(raw: bytes, kind: str) -> ExportMetricsServiceRequest:
    """Raise MetricsUnreadable."""
    request = ExportMetricsServiceRequest()
    try:
        if kind == JSON:
            otlp_json.parse(raw, request)
        else:
            request.ParseFromString(raw)
    except otlp_json.Unfit as error:
        raise MetricsUnreadable(f"{error.field}: {error.why}" if error.field else error.why) from None
    except DecodeError:
        raise MetricsUnreadable("The body is no ExportMetricsServiceRequest.") from None
    return request


def take(request: ExportMetricsServiceRequest, now: int, promoted: Iterable[str]) -> Export:
    """`promoted` are attributes of resources that become labels. Raise TooLarge."""
    export = Export(now)
    export.pushed.count(len(request.resource_metrics))
    for resource in request.resource_metrics:
        export.pushed.count(len(resource.scope_metrics))
        for scope in resource.scope_metrics:
            common = otlp_points.common_labels(resource.resource, scope.scope, promoted)
            export.pushed.count(len(scope.metrics))
            for metric in scope.metrics:
                _take_metric(export, metric, common)
    return export


def _take_metric(export: Export, metric: otlp.Metric, common: dict[str, str]) -> None:
    kind = metric.WhichOneof("data")
    if kind is None:
        return
    points = getattr(metric, kind).data_points
    export.pushed.count(len(points))
    for place, point in enumerate(points):
        try:
            _check_time(export, point)
            _TAKE[kind](export, metric, point, common)
        except (PointUnfit, HistogramUnfit) as error:
            export.pushed.refuse(f"{metric.name[:200]}, data point {place}: {error}")
        export.points += 1


def _check_time(export: Export, point: Any) -> None:
    at = otlp_points.milliseconds(point.time_unix_nano)
    if not 0 < at <= export.now + AHEAD:
        raise PointUnfit(f"its time, {at} ms, is missing or more than 10 minutes ahead")


def _take_gauge(export: Export, metric: otlp.Metric, point: otlp.NumberDataPoint, common: dict[str, str]) -> None:
    labels = otlp_points.labels(otlp_points.name_of(metric, gauge=True), point, common)
    export.take(labels, otlp_points.milliseconds(point.time_unix_nano), _value(point))


def _take_sum(export: Export, metric: otlp.Metric, point: otlp.NumberDataPoint, common: dict[str, str]) -> None:
    mark, monotonic = otlp_points.marked(metric.sum), metric.sum.is_monotonic
    if mark and not monotonic:
        raise PointUnfit("a sum of changes that go up and down says nothing by itself: send it cumulative")
    name = otlp_points.name_of(metric, counter=monotonic, gauge=not monotonic)
    labels = otlp_points.labels(name, point, common, **mark)
    start_at = otlp_points.start_of(point) if monotonic and not mark else 0
    export.take(labels, otlp_points.milliseconds(point.time_unix_nano), _value(point), start_at)


def _value(point: otlp.NumberDataPoint) -> float:
    return float(STALE) if otlp_points.is_absent(point) else otlp_points.value_of(point)


def _take_histogram(export: Export, metric: otlp.Metric, point: Any, common: dict[str, str]) -> None:
    exponential = metric.WhichOneof("data") == "exponential_histogram"
    data = metric.exponential_histogram if exponential else metric.histogram
    mark, reading, name = otlp_points.marked(data), otlp_points.reading_of(data, point), otlp_points.name_of(metric)
    whole = otlp_points.labels(name, point, common)
    count = otlp_points.labels(f"{name}_count", point, common, **mark)
    if otlp_points.is_absent(point):
        export.take(count, reading.at, float(STALE))
        return
    found = (otlp_points.exponential_of if exponential else otlp_points.explicit_of)(reading, point)
    export.pushed.histograms.append(SeriesHistograms(export.points, whole, [found]))
    export.take(count, reading.at, float(point.count), 0 if reading.delta else reading.start_at or 0)


def _take_summary(export: Export, metric: otlp.Metric, point: otlp.SummaryDataPoint, common: dict[str, str]) -> None:
    name, at = otlp_points.name_of(metric), otlp_points.milliseconds(point.time_unix_nano)
    parts = [(otlp_points.labels(f"{name}_count", point, common), float(point.count))]
    for one in point.quantile_values:
        quantile = otlp_points.number_text(one.quantile)
        parts.append((otlp_points.labels(name, point, common, quantile=quantile), one.value))
    for labels, value in parts:
        export.take(labels, at, float(STALE) if otlp_points.is_absent(point) else value)


_TAKE: Mapping[str, Take] = {
    "gauge": _take_gauge,
    "sum": _take_sum,
    "histogram": _take_histogram,
    "exponential_histogram": _take_histogram,
    "summary": _take_summary,
}
