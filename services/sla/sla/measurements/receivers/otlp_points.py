"""OpenTelemetry data points as series: with the names and labels of Prometheus, or refused for a reason."""

# Monotonic sums are counters; delta ones are marked by a label. Other sums are gauges. Histograms stay whole, and their
# count is a counter besides; a summary is a counter, and a gauge for each quantile.

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from sla.indicators.definition import DELTA_TEMPORALITY, TEMPORALITY_LABEL
from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.ingest.decoded_push import LabelledSeries
from sla.measurements.ingest.refusals import Refusal, build_labels, check_instant
from sla.measurements.ingest.series_labels import Labels
from sla.measurements.receivers.otlp_names import labels_from_attributes, metric_name
from sla.measurements.samples import MAX_COUNT, STALE_MARKER

_CUMULATIVE = otlp.AGGREGATION_TEMPORALITY_CUMULATIVE
_DELTA = otlp.AGGREGATION_TEMPORALITY_DELTA
_SERVICE = ("service.namespace", "service.name")
_INSTANCE = "service.instance.id"
_NANOSECONDS_PER_MS = 1_000_000


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


@dataclass(frozen=True, slots=True)
class DataPoint:
    """A data point with what it shares with others."""

    position: int
    """Its place among the data points of the request."""
    metric: otlp.Metric
    data: Any
    """The data of the metric, by its kind: a gauge, a sum, a summary or one of two kinds of histogram."""
    place: int
    """Its place among the data points of the metric."""
    point: Any
    common: Mapping[str, str]
    """The labels of its resource and instrumentation scope."""

    def to_series(self, now: int) -> list[LabelledSeries]:
        """Return the series that the data point belongs to, at an instant (ms). Raise Refusal, InvalidHistogram."""
        if not self._at:
            raise Refusal("its time is missing")
        check_instant(self._at, now)
        match self.metric.WhichOneof("data"):
            case "gauge":
                return [self._sample(self._name(gauge=True), self._number())]
            case "sum":
                return [self._sum()]
            case "summary":
                return self._summary()
            case _:
                return self._histogram()

    def _sum(self) -> LabelledSeries:
        temporality, monotonic = self._temporality(), self.data.is_monotonic
        if temporality and not monotonic:
            raise Refusal("a delta of a sum that goes up and down says nothing by itself: send it cumulative")
        name = self._name(counter=monotonic, gauge=not monotonic)
        start = self._start() if monotonic and not temporality else 0
        number = self._check_count(self._number()) if monotonic else self._number()
        if temporality and not self._is_absent and not number.is_integer():
            raise Refusal(
                f"{format_number(number)} is a delta with a fraction, which would be lost, as events are counted in "
                "whole numbers: send it cumulative"
            )
        return self._sample(name, number, start, **temporality)

    def _summary(self) -> list[LabelledSeries]:
        name = self._name()
        quantiles = [(format_number(entry.quantile), entry.value) for entry in self.point.quantile_values]
        return [
            self._sample(f"{name}_count", self._check_count(float(self.point.count))),
            *(self._sample(name, value, quantile=quantile) for quantile, value in quantiles),
        ]

    def _histogram(self) -> list[LabelledSeries]:
        name, temporality, start = self._name(), self._temporality(), self._start()
        number = self._check_count(float(self.point.count))
        count = self._sample(f"{name}_count", number, 0 if temporality else start, **temporality)
        if self._is_absent:
            return [count]
        reading = HistogramReading(self._at, start or None, delta=bool(temporality), sum=self.point.sum)
        exponential = isinstance(self.point, otlp.ExponentialHistogramDataPoint)
        parse = _parse_exponential_histogram if exponential else _parse_explicit_histogram
        histograms = [parse(reading, self.point)]
        return [LabelledSeries(self.position, self._labels(name), histograms=histograms), count]

    def _sample(self, name: str, value: float, start: int = 0, **more: str) -> LabelledSeries:
        """Return a series with the value, or with a stale marker if the point says that there is none any more."""
        value = float(STALE_MARKER) if self._is_absent else value
        return LabelledSeries(self.position, self._labels(name, **more), [(self._at, value, start)])

    def _labels(self, name: str, **more: str) -> Labels:
        attributes = _attributes(self.point.attributes)
        return build_labels({**attributes, **self.common, **more, METRIC_NAME_LABEL: name}.items())

    def _name(self, *, counter: bool = False, gauge: bool = False) -> str:
        if name := metric_name(self.metric.name, self.metric.unit, counter=counter, gauge=gauge):
            return name
        raise Refusal("the metric has no name")

    def _temporality(self) -> dict[str, str]:
        """Return the label that marks what counts since the point before."""
        if self.data.aggregation_temporality not in (_CUMULATIVE, _DELTA):
            raise Refusal("its temporality is neither cumulative nor delta")
        return {TEMPORALITY_LABEL: DELTA_TEMPORALITY} if self.data.aggregation_temporality == _DELTA else {}

    def _number(self) -> float:
        field = self.point.WhichOneof("value")
        if field is None and not self._is_absent:
            raise Refusal("it has no value")
        return float(getattr(self.point, field or "as_double"))

    def _check_count(self, number: float) -> float:
        """Return the number if it can be a count, or nothing is counted any more."""
        if self._is_absent or 0 <= number < MAX_COUNT:
            return number
        raise Refusal(f"{format_number(number)} is negative, too large or not a number, and cannot be a count")

    @property
    def _at(self) -> int:
        """The time of the point (ms)."""
        return int(self.point.time_unix_nano // _NANOSECONDS_PER_MS)

    def _start(self) -> int:
        """Return when counting began (ms), 0 if unknown. If less than a millisecond ago, it still began before."""
        start = self.point.start_time_unix_nano
        if start > self.point.time_unix_nano:
            raise Refusal("it began after its own time")
        is_before = start < self.point.time_unix_nano
        return int(min(start // _NANOSECONDS_PER_MS, self._at - is_before))

    @property
    def _is_absent(self) -> bool:
        """True if the point says that there is no value any more."""
        return bool(self.point.flags & otlp.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)


def _parse_explicit_histogram(reading: HistogramReading, point: otlp.HistogramDataPoint) -> HistogramPoint:
    bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
    return HistogramPoint.from_explicit(reading, bounds=bounds, counts=counts, count=point.count)


def _parse_exponential_histogram(
    reading: HistogramReading, point: otlp.ExponentialHistogramDataPoint
) -> HistogramPoint:
    """Parse an exponential histogram. OTLP names a bucket by where it begins, Prometheus by where it ends."""
    positive, negative = (
        [(number, count) for number, count in enumerate(side.bucket_counts, side.offset + 1) if count]
        for side in (point.positive, point.negative)
    )
    return HistogramPoint.from_exponential(
        reading,
        schema=point.scale,
        count=point.count,
        zero_count=point.zero_count,
        zero_threshold=point.zero_threshold,
        positive=positive,
        negative=negative,
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
            return [_plain(item) for item in value.array_value.values]
        case "kvlist_value":
            return {item.key: _plain(item.value) for item in value.kvlist_value.values}
        case "bytes_value":
            return b64encode(value.bytes_value).decode()
        case field:
            return getattr(value, field)
