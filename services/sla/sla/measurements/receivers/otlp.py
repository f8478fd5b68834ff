"""OTLP/HTTP metrics: from the body to a decoded push, data point by data point."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from common.errors import TooLarge
from sla.measurements.histograms.point import InvalidHistogram
from sla.measurements.ingest.decoded_push import MAX_CLOCK_SKEW_MS, DecodedPush, LabelledHistograms, LabelledSamples
from sla.measurements.ingest.series_labels import Labels
from sla.measurements.receivers import otlp_points
from sla.measurements.receivers.errors import MetricsUnreadable, OtlpNotSupported
from sla.measurements.receivers.otlp_json import parse_otlp_json
from sla.measurements.receivers.otlp_points import InvalidDataPoint
from sla.measurements.samples import STALE_MARKER

PROTOBUF_MEDIA_TYPE, JSON_MEDIA_TYPE = "application/x-protobuf", "application/json"
MAX_DECODED_BYTES = 64 * 1024 * 1024


def decompress_body(body: bytes, encoding: str) -> bytes:
    """Decompress a body, no further than to its limit. Raise TooLarge, OtlpNotSupported, MetricsUnreadable."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise OtlpNotSupported("Send Content-Encoding: gzip, or none.")
    try:
        raw = gzip.GzipFile(fileobj=BytesIO(body or b"\0")).read(MAX_DECODED_BYTES + 1)  # no bytes are no member
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise MetricsUnreadable("The body is not compressed with gzip, or ends too early.") from None
    if len(raw) > MAX_DECODED_BYTES:
        raise TooLarge(f"A decoded request has at most {MAX_DECODED_BYTES} bytes: send smaller batches.")
    return raw


def parse_export(raw: bytes, media_type: str) -> ExportMetricsServiceRequest:
    """Parse a request. Raise MetricsUnreadable."""
    if media_type == JSON_MEDIA_TYPE:
        return parse_otlp_json(raw)
    try:
        return ExportMetricsServiceRequest.FromString(raw)
    except DecodeError:
        raise MetricsUnreadable("The body is not an ExportMetricsServiceRequest.") from None


def decode_export(request: ExportMetricsServiceRequest, now: int, promoted: Iterable[str]) -> DecodedPush:
    """Decode a request at an instant (ms); `promoted` resource attributes become labels. Raise TooLarge."""
    push = DecodedPush()
    push.count_items(len(request.resource_metrics))
    decoder = _PointDecoder(push, now)
    for resource in request.resource_metrics:
        push.count_items(len(resource.scope_metrics))
        for scope in resource.scope_metrics:
            common = otlp_points.common_labels(resource.resource, scope.scope, promoted)
            push.count_items(len(scope.metrics))
            for metric in scope.metrics:
                decoder.add_metric(metric, common)
    return push


class _PointDecoder:
    """Adds the data points of metrics to a push, and refuses those that break a rule."""

    def __init__(self, push: DecodedPush, now: int) -> None:
        self._push, self._now = push, now
        self._position = 0
        """Data points so far, refused ones included."""
        self._add_by_kind: Mapping[str, Callable[[otlp.Metric, Any, dict[str, str]], None]] = {
            "gauge": self._add_gauge,
            "sum": self._add_sum,
            "histogram": self._add_histogram,
            "exponential_histogram": self._add_histogram,
            "summary": self._add_summary,
        }

    def add_metric(self, metric: otlp.Metric, common: dict[str, str]) -> None:
        kind = metric.WhichOneof("data")
        if kind is None:
            return
        points = getattr(metric, kind).data_points
        self._push.count_items(len(points))
        for place, point in enumerate(points):
            try:
                self._check_time(point)
                self._add_by_kind[kind](metric, point, common)
            except (InvalidDataPoint, InvalidHistogram) as error:
                self._push.refusals.add(f"{metric.name[:200]}, data point {place}: {error}")
            self._position += 1

    def _check_time(self, point: Any) -> None:
        at = otlp_points.nanoseconds_to_ms(point.time_unix_nano)
        if not 0 < at <= self._now + MAX_CLOCK_SKEW_MS:
            raise InvalidDataPoint(f"its time, {at} ms, is missing or more than 10 minutes ahead")

    def _add_gauge(self, metric: otlp.Metric, point: otlp.NumberDataPoint, common: dict[str, str]) -> None:
        labels = otlp_points.point_labels(otlp_points.prometheus_name(metric, gauge=True), point, common)
        self._add_sample(labels, otlp_points.nanoseconds_to_ms(point.time_unix_nano), _value(point))

    def _add_sum(self, metric: otlp.Metric, point: otlp.NumberDataPoint, common: dict[str, str]) -> None:
        temporality, monotonic = otlp_points.temporality_label(metric.sum), metric.sum.is_monotonic
        if temporality and not monotonic:
            raise InvalidDataPoint("a delta of a sum that goes up and down says nothing by itself: send it cumulative")
        name = otlp_points.prometheus_name(metric, counter=monotonic, gauge=not monotonic)
        labels = otlp_points.point_labels(name, point, common, **temporality)
        start_at = otlp_points.start_ms(point) if monotonic and not temporality else 0
        self._add_sample(labels, otlp_points.nanoseconds_to_ms(point.time_unix_nano), _value(point), start_at)

    def _add_histogram(self, metric: otlp.Metric, point: Any, common: dict[str, str]) -> None:
        exponential = metric.WhichOneof("data") == "exponential_histogram"
        data = metric.exponential_histogram if exponential else metric.histogram
        temporality = otlp_points.temporality_label(data)
        reading, name = otlp_points.histogram_reading(data, point), otlp_points.prometheus_name(metric)
        labels = otlp_points.point_labels(name, point, common)
        count_labels = otlp_points.point_labels(f"{name}_count", point, common, **temporality)
        if otlp_points.is_absent(point):
            self._add_sample(count_labels, reading.at, float(STALE_MARKER))
            return
        parse = otlp_points.parse_exponential_histogram if exponential else otlp_points.parse_explicit_histogram
        self._push.labelled_histograms.append(LabelledHistograms(self._position, labels, [parse(reading, point)]))
        start_at = 0 if reading.delta else reading.start_at or 0
        self._add_sample(count_labels, reading.at, float(point.count), start_at)

    def _add_summary(self, metric: otlp.Metric, point: otlp.SummaryDataPoint, common: dict[str, str]) -> None:
        name, at = otlp_points.prometheus_name(metric), otlp_points.nanoseconds_to_ms(point.time_unix_nano)
        values = [(otlp_points.point_labels(f"{name}_count", point, common), float(point.count))]
        for quantile in point.quantile_values:
            text = otlp_points.format_number(quantile.quantile)
            values.append((otlp_points.point_labels(name, point, common, quantile=text), quantile.value))
        for labels, value in values:
            self._add_sample(labels, at, float(STALE_MARKER) if otlp_points.is_absent(point) else value)

    def _add_sample(self, labels: Labels, at: int, value: float, start_at: int = 0) -> None:
        """Add a sample; `start_at` is the instant since which a counter counts, 0 if unknown."""
        self._push.labelled_samples.append(LabelledSamples(self._position, labels, [at], [value], start=[start_at]))


def _value(point: otlp.NumberDataPoint) -> float:
    return float(STALE_MARKER) if otlp_points.is_absent(point) else otlp_points.number_value(point)
