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

from sla.indicators.definition import DELTA, TEMPORALITY
from sla.indicators.selectors import NAME
from sla.measurements.histograms import HistogramPoint, Reading
from sla.measurements.otlp_names import labels_of, metric_name
from sla.measurements.series import Labels, problem_of, shown

_CUMULATIVE = otlp.AGGREGATION_TEMPORALITY_CUMULATIVE
_DELTA = otlp.AGGREGATION_TEMPORALITY_DELTA
_SERVICE = ("service.namespace", "service.name")
_INSTANCE = "service.instance.id"
_NANOSECONDS = 1_000_000
"""In a millisecond."""


class PointUnfit(ValueError):
    """What is wrong with a data point, in words for its sender."""


def milliseconds(nanoseconds: int) -> int:
    return nanoseconds // _NANOSECONDS


def start_of(point: Any) -> int:
    """Milliseconds, 0 if it is not told. A point of less than a millisecond began before its time all the same."""
    start, at = point.start_time_unix_nano, point.time_unix_nano
    if start > at:
        raise PointUnfit("it began after its own time")
    return min(milliseconds(start), milliseconds(at) - 1) if start < at else milliseconds(start)


def is_absent(point: Any) -> bool:
    """Whether it says that there is no value any more."""
    return bool(point.flags & otlp.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


def common_labels(resource: Resource, scope: InstrumentationScope, promoted: Iterable[str]) -> dict[str, str]:
    """Those of all series of a resource and an instrumentation scope."""
    known = {one.key: _text(one.value) for one in resource.attributes}
    found = labels_of((key, known[key]) for key in promoted if key in known)
    if scope.name:
        found |= _attributes(scope.attributes, "otel_scope_")
        found |= {"otel_scope_name": scope.name, "otel_scope_version": scope.version}
    job = "/".join(known[key] for key in _SERVICE if known.get(key))
    found |= {"job": job, "instance": known.get(_INSTANCE, "")}
    return {name: value for name, value in found.items() if value}


def labels(name: str, point: Any, common: dict[str, str], **more: str) -> Labels:
    """Raise PointUnfit."""
    found = tuple(sorted((_attributes(point.attributes) | common | more | {NAME: name}).items()))
    if problem := problem_of(found):
        raise PointUnfit(f"{shown(found)}: {problem}")
    return found


def name_of(metric: otlp.Metric, *, counter: bool = False, gauge: bool = False) -> str:
    if name := metric_name(metric.name, metric.unit, counter=counter, gauge=gauge):
        return name
    raise PointUnfit("the metric has no name")


def marked(data: otlp.Sum | otlp.Histogram | otlp.ExponentialHistogram) -> dict[str, str]:
    """The label that tells what counts since the point before. Raise PointUnfit."""
    if data.aggregation_temporality not in (_CUMULATIVE, _DELTA):
        raise PointUnfit("its temporality is neither cumulative nor delta")
    return {TEMPORALITY: DELTA} if data.aggregation_temporality == _DELTA else {}


def value_of(point: otlp.NumberDataPoint) -> float:
    which = point.WhichOneof("value")
    if which is None:
        raise PointUnfit("it has no value")
    return float(getattr(point, which))


def reading_of(data: Any, point: Any) -> Reading:
    delta = data.aggregation_temporality == _DELTA
    return Reading(milliseconds(point.time_unix_nano), start_of(point) or None, delta=delta, sum=point.sum)


def explicit_of(reading: Reading, point: otlp.HistogramDataPoint) -> HistogramPoint:
    """Raise HistogramUnfit."""
    bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
    return HistogramPoint.explicit(reading, bounds=bounds, counts=counts, count=point.count)


def exponential_of(reading: Reading, point: otlp.ExponentialHistogramDataPoint) -> HistogramPoint:
    """Raise HistogramUnfit. OTLP names a bucket by where it begins, Prometheus by where it ends."""
    sides = [
        [(number, count) for number, count in enumerate(side.bucket_counts, side.offset + 1) if count]
        for side in (point.positive, point.negative)
    ]
    return HistogramPoint.exponential(
        reading,
        schema=point.scale,
        count=point.count,
        zero_count=point.zero_count,
        zero_threshold=point.zero_threshold,
        positive=sides[0],
        negative=sides[1],
    )


def _attributes(attributes: Iterable[KeyValue], prefix: str = "") -> dict[str, str]:
    return labels_of(((one.key, _text(one.value)) for one in attributes), prefix)


def number_text(number: float) -> str:
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
            return number_text(number)
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
