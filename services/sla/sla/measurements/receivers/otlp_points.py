"""What OpenTelemetry's data points are as series: names and labels as in Prometheus, and which are refused and why."""

# Sums that grow are counters; those since the point before are marked so by a label. Sums that do not are gauges.
# Histograms stay whole, and their count is a counter besides; a summary is a counter and a gauge per quantile.

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
_NANOSECONDS = 1_000_000
"""In a millisecond."""


class InvalidDataPoint(ValueError):
    """What is wrong with a data point, in words for its sender."""


def nanoseconds_to_ms(nanoseconds: int) -> int:
    return nanoseconds // _NANOSECONDS


def start_ms(point: Any) -> int:
    """Milliseconds, 0 if it is not told. A point of less than a millisecond began before its time all the same."""
    start, at = point.start_time_unix_nano, point.time_unix_nano
    if start > at:
        raise InvalidDataPoint("it began after its own time")
    return min(nanoseconds_to_ms(start), nanoseconds_to_ms(at) - 1) if start < at else nanoseconds_to_ms(start)


def is_absent(point: Any) -> bool:
    """Whether it says that there is no value any more."""
    return bool(point.flags & otlp.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


def common_labels(resource: Resource, scope: InstrumentationScope, promoted: Iterable[str]) -> dict[str, str]:
    """Those of all series of a resource and an instrumentation scope."""
    known = {one.key: _text(one.value) for one in resource.attributes}
    found = labels_from_attributes((key, known[key]) for key in promoted if key in known)
    if scope.name:
        found |= _attributes(scope.attributes, "otel_scope_")
        found |= {"otel_scope_name": scope.name, "otel_scope_version": scope.version}
    job = "/".join(known[key] for key in _SERVICE if known.get(key))
    found |= {"job": job, "instance": known.get(_INSTANCE, "")}
    return {name: value for name, value in found.items() if value}


def point_labels(name: str, point: Any, common: dict[str, str], **more: str) -> Labels:
    """Raise PointUnfit."""
    found = tuple(sorted((_attributes(point.attributes) | common | more | {METRIC_NAME_LABEL: name}).items()))
    if problem := label_problem(found):
        raise InvalidDataPoint(f"{format_labels(found)}: {problem}")
    return found


def prometheus_name(metric: otlp.Metric, *, counter: bool = False, gauge: bool = False) -> str:
    if name := metric_name(metric.name, metric.unit, counter=counter, gauge=gauge):
        return name
    raise InvalidDataPoint("the metric has no name")


def temporality_label(data: otlp.Sum | otlp.Histogram | otlp.ExponentialHistogram) -> dict[str, str]:
    """The label that tells what counts since the point before. Raise PointUnfit."""
    if data.aggregation_temporality not in (_CUMULATIVE, _DELTA):
        raise InvalidDataPoint("its temporality is neither cumulative nor delta")
    return {TEMPORALITY_LABEL: DELTA_TEMPORALITY} if data.aggregation_temporality == _DELTA else {}


def number_value(point: otlp.NumberDataPoint) -> float:
    which = point.WhichOneof("value")
    if which is None:
        raise InvalidDataPoint("it has no value")
    return float(getattr(point, which))


def histogram_reading(data: Any, point: Any) -> HistogramReading:
    delta = data.aggregation_temporality == _DELTA
    return HistogramReading(
        nanoseconds_to_ms(point.time_unix_nano), start_ms(point) or None, delta=delta, sum=point.sum
    )


def parse_explicit_histogram(reading: HistogramReading, point: otlp.HistogramDataPoint) -> HistogramPoint:
    """Raise HistogramUnfit."""
    bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
    return HistogramPoint.from_explicit(reading, bounds=bounds, counts=counts, count=point.count)


def parse_exponential_histogram(reading: HistogramReading, point: otlp.ExponentialHistogramDataPoint) -> HistogramPoint:
    """Raise HistogramUnfit. OTLP names a bucket by where it begins, Prometheus by where it ends."""
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
    return labels_from_attributes(((one.key, _text(one.value)) for one in attributes), prefix)


def format_number(number: float) -> str:
    """1 rather than 1.0, as Go writes it."""
    return repr(number).removesuffix(".0")


def _text(value: AnyValue) -> str:
    if usual := value.string_value:
        return usual
    match _plain(value):
        case None:
            return ""
        case str(text):
            return text
        case float(number):
            return format_number(number)
        case plain:
            return orjson.dumps(plain).decode()


def _plain(value: AnyValue) -> Any:
    match value.WhichOneof("value"):
        case None:
            return None
        case "array_value":
            return [_plain(one) for one in value.array_value.values]
        case "kvlist_value":
            return {one.key: _plain(one.value) for one in value.kvlist_value.values}
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case "double_value":
            return value.double_value
        case which:
            return getattr(value, which)
