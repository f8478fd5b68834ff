"""OpenTelemetry data points as series: with the names and labels of Prometheus, or refused for a reason."""

# Monotonic sums are counters; delta ones are marked by a label. Other sums are gauges. Histograms stay whole, and their
# count is a counter besides; a summary is a counter, and a gauge for each quantile.

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from sla.indicators.definition import DELTA_TEMPORALITY, TEMPORALITY_LABEL
from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.ingest.series_labels import Labels, format_labels, label_problem
from sla.measurements.receivers.otlp_names import labels_from_attributes, metric_name

_CUMULATIVE = otlp.AGGREGATION_TEMPORALITY_CUMULATIVE
_DELTA = otlp.AGGREGATION_TEMPORALITY_DELTA
_SERVICE = ("service.namespace", "service.name")
_INSTANCE = "service.instance.id"
_NANOSECONDS_PER_MS = 1_000_000


class InvalidDataPoint(ValueError):
    """The problem of a data point, in words for its sender."""


def nanoseconds_to_ms(nanoseconds: int) -> int:
    return nanoseconds // _NANOSECONDS_PER_MS


def start_ms(point: Any) -> int:
    """Return when counting began (ms), 0 if unknown. A point of less than a millisecond still began before its time."""
    start, at = point.start_time_unix_nano, point.time_unix_nano
    if start > at:
        raise InvalidDataPoint("it began after its own time")
    return min(nanoseconds_to_ms(start), nanoseconds_to_ms(at) - 1) if start < at else nanoseconds_to_ms(start)


def is_absent(point: Any) -> bool:
    """Return whether the point says that there is no value any more."""
    return bool(point.flags & otlp.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


def common_labels(resource: Resource, scope: InstrumentationScope, promoted: Iterable[str]) -> dict[str, str]:
    """Return the labels of all series of a resource and an instrumentation scope."""
    attributes = {attribute.key: _text(attribute.value) for attribute in resource.attributes}
    labels = labels_from_attributes((key, attributes[key]) for key in promoted if key in attributes)
    if scope.name:
        labels |= _attributes(scope.attributes, "otel_scope_")
        labels |= {"otel_scope_name": scope.name, "otel_scope_version": scope.version}
    job = "/".join(attributes[key] for key in _SERVICE if attributes.get(key))
    labels |= {"job": job, "instance": attributes.get(_INSTANCE, "")}
    return {name: value for name, value in labels.items() if value}


def point_labels(name: str, point: Any, common: dict[str, str], **more: str) -> Labels:
    """Return the labels of a series. Raise InvalidDataPoint."""
    labels = tuple(sorted((_attributes(point.attributes) | common | more | {METRIC_NAME_LABEL: name}).items()))
    if problem := label_problem(labels):
        raise InvalidDataPoint(f"{format_labels(labels)}: {problem}")
    return labels


def prometheus_name(metric: otlp.Metric, *, counter: bool = False, gauge: bool = False) -> str:
    if name := metric_name(metric.name, metric.unit, counter=counter, gauge=gauge):
        return name
    raise InvalidDataPoint("the metric has no name")


def temporality_label(data: otlp.Sum | otlp.Histogram | otlp.ExponentialHistogram) -> dict[str, str]:
    """Return the label that marks what counts since the point before. Raise InvalidDataPoint."""
    if data.aggregation_temporality not in (_CUMULATIVE, _DELTA):
        raise InvalidDataPoint("its temporality is neither cumulative nor delta")
    return {TEMPORALITY_LABEL: DELTA_TEMPORALITY} if data.aggregation_temporality == _DELTA else {}


def number_value(point: otlp.NumberDataPoint) -> float:
    field = point.WhichOneof("value")
    if field is None:
        raise InvalidDataPoint("it has no value")
    return float(getattr(point, field))


def histogram_reading(data: Any, point: Any) -> HistogramReading:
    delta = data.aggregation_temporality == _DELTA
    return HistogramReading(
        nanoseconds_to_ms(point.time_unix_nano), start_ms(point) or None, delta=delta, sum=point.sum
    )


def parse_explicit_histogram(reading: HistogramReading, point: otlp.HistogramDataPoint) -> HistogramPoint:
    """Parse a histogram with explicit bounds. Raise InvalidHistogram."""
    bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
    return HistogramPoint.from_explicit(reading, bounds=bounds, counts=counts, count=point.count)


def parse_exponential_histogram(reading: HistogramReading, point: otlp.ExponentialHistogramDataPoint) -> HistogramPoint:
    """Parse an exponential histogram. Raise InvalidHistogram.

    OTLP names a bucket by where it begins, Prometheus by where it ends.
    """
    sides = [
        [(number, count) for number, count in enumerate(side.bucket_counts, side.offset + 1) if count]
        for side in (point.positive, point.negative)
    ]
    return HistogramPoint.from_exponential(
        reading,
        schema=point.scale,
        count=point.count,
        zero_count=point.zero_count,
        zero_threshold=point.zero_threshold,
        positive=sides[0],
        negative=sides[1],
    )


def _attributes(attributes: Iterable[KeyValue], prefix: str = "") -> dict[str, str]:
    return labels_from_attributes(((attribute.key, _text(attribute.value)) for attribute in attributes), prefix)


def format_number(number: float) -> str:
    """Format a number as Go does: 1 rather than 1.0."""
    return repr(number).removesuffix(".0")


def _text(value: AnyValue) -> str:
    if text := value.string_value:
        return text
    match _plain(value):
        case None:
            return ""
        case str(other_text):
            return other_text
        case float(number):
            return format_number(number)
        case plain:
            return orjson.dumps(plain).decode()


def _plain(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return {item.key: _plain(item.value) for item in value.kvlist_value.values}
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case "double_value":
            return value.double_value
        case field:
            return getattr(value, field)
