"""Whatever is sent over OTLP is read or refused; nothing that a sender can write is an error of ours."""

import gzip
import math
from contextlib import suppress
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp_pb
from opentelemetry.proto.resource.v1 import resource_pb2

from common.http.body_limits import BodyNotCompressed, decompress_body
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.minutes import to_milliseconds
from sla.measurements.receivers import otlp
from sla.measurements.receivers.errors import MetricsUnreadable
from sla.measurements.receivers.otlp import JSON_MEDIA_TYPE, PROTOBUF_MEDIA_TYPE
from tests.sla.measurements.receivers.exporter import NOON, START

NOW = to_milliseconds(NOON)
MESSAGES = [
    message
    for module in (metrics_service_pb2, otlp_pb, common_pb2, resource_pb2)
    for message in module.DESCRIPTOR.message_types_by_name.values()
]
NAMES = sorted({field.json_name for message in MESSAGES for field in message.fields})


def decode(raw: bytes, media_type: str) -> DecodedPush:
    push = otlp.decode_export(otlp.parse_export(raw, media_type), NOW, ("deployment.environment",))
    refused = push.refusals.count
    push.with_series_ids(range(len(push.labelled_series))).only_timely(NOW, push.refusals).to_data_points()
    assert push.refusals.count == refused, "the time of every data point was checked before"
    return push


@given(
    st.binary(max_size=200),
    st.sampled_from([PROTOBUF_MEDIA_TYPE, JSON_MEDIA_TYPE]),
    st.sampled_from(["", "gzip", "identity"]),
)
def test_any_bytes(body: bytes, kind: str, encoding: str) -> None:
    with suppress(MetricsUnreadable, BodyNotCompressed):
        decode(decompress_body(body, encoding, otlp.MAX_DECODED_BYTES), kind)


@given(st.binary(max_size=200), st.integers(0, 220))
def test_any_part_of_a_compressed_body(raw: bytes, cut: int) -> None:
    with suppress(BodyNotCompressed):
        assert decompress_body(gzip.compress(raw)[:cut], "gzip", otlp.MAX_DECODED_BYTES) == raw


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text(max_size=8)
    | st.sampled_from([str(START), START, "NaN", "Infinity", "-1", "1e400", "00", "aGk="]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=30,
)


def nested(inside: Any) -> Any:
    """Where data points stand."""
    return {"resourceMetrics": [{"scopeMetrics": [{"metrics": inside}]}]}


@given(documents, st.booleans())
def test_any_json(document: Any, inside: bool) -> None:
    with suppress(MetricsUnreadable):
        decode(orjson.dumps(nested(document) if inside else document), JSON_MEDIA_TYPE)


@given(
    st.lists(documents, max_size=3), st.sampled_from(["gauge", "sum", "histogram", "exponentialHistogram", "summary"])
)
def test_any_points(points: list[Any], kind: str) -> None:
    metric = {"name": "a", kind: {"dataPoints": points, "aggregationTemporality": 2, "isMonotonic": True}}
    with suppress(MetricsUnreadable):
        decode(orjson.dumps(nested([metric])), JSON_MEDIA_TYPE)


def test_depth_is_no_error_of_ours() -> None:
    value = b'{"arrayValue":{"values":[' * 300 + b"]}}" * 300
    body = b'{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":' + value + b"}]},"
    body += b'"scopeMetrics":[{"metrics":[{"name":"a","gauge":{"dataPoints":[{}]}}]}]}]}'
    with suppress(MetricsUnreadable):
        decode(body, JSON_MEDIA_TYPE)


times = st.sampled_from([0, 1, START, START - 10**18, 2**64 - 1, START + 10**15])
numbers = st.floats() | st.sampled_from([0.0, 1.0, 5e-324])
counts = st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9), max_size=6)
histogram_fields = {"time_unix_nano": times, "start_time_unix_nano": times, "count": st.integers(0, 40), "sum": numbers}
flags = {"flags": st.sampled_from([0, 0, 1, 2**32 - 1])}
sides = st.builds(
    otlp_pb.ExponentialHistogramDataPoint.Buckets,
    offset=st.integers(-(2**31), 2**31 - 1) | st.integers(-4, 4),
    bucket_counts=counts,
)
explicit = st.builds(
    otlp_pb.HistogramDataPoint,
    bucket_counts=counts,
    explicit_bounds=st.lists(numbers, max_size=5),
    **histogram_fields,
    **flags,
)
exponential = st.builds(
    otlp_pb.ExponentialHistogramDataPoint,
    scale=st.integers(-(2**31), 2**31 - 1) | st.integers(-10, 20),
    zero_count=st.integers(0, 2**64 - 1),
    zero_threshold=numbers,
    positive=sides,
    negative=sides,
    **histogram_fields,
    **flags,
)
quantiles = st.builds(otlp_pb.SummaryDataPoint.ValueAtQuantile, quantile=numbers, value=numbers)
summary = st.builds(
    otlp_pb.SummaryDataPoint, quantile_values=st.lists(quantiles, max_size=3), **histogram_fields, **flags
)
plain = st.builds(otlp_pb.NumberDataPoint, time_unix_nano=times, start_time_unix_nano=times, as_double=numbers, **flags)
temporality = st.sampled_from([0, 1, 2])
data = st.one_of(
    st.builds(
        otlp_pb.Metric,
        name=st.text(max_size=6),
        unit=st.text(max_size=4),
        gauge=st.builds(otlp_pb.Gauge, data_points=st.lists(plain, max_size=3)),
    ),
    st.builds(
        otlp_pb.Metric,
        name=st.text(max_size=6),
        sum=st.builds(
            otlp_pb.Sum,
            data_points=st.lists(plain, max_size=3),
            aggregation_temporality=temporality,
            is_monotonic=st.booleans(),
        ),
    ),
    st.builds(
        otlp_pb.Metric,
        name=st.just("h"),
        histogram=st.builds(
            otlp_pb.Histogram, data_points=st.lists(explicit, max_size=3), aggregation_temporality=temporality
        ),
    ),
    st.builds(
        otlp_pb.Metric,
        name=st.just("e"),
        exponential_histogram=st.builds(
            otlp_pb.ExponentialHistogram,
            data_points=st.lists(exponential, max_size=3),
            aggregation_temporality=temporality,
        ),
    ),
    st.builds(
        otlp_pb.Metric, name=st.just("s"), summary=st.builds(otlp_pb.Summary, data_points=st.lists(summary, max_size=3))
    ),
)


@given(st.lists(data, max_size=4))
def test_any_metrics(metrics: list[otlp_pb.Metric]) -> None:
    request = metrics_service_pb2.ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.extend(metrics)
    push = decode(request.SerializeToString(), PROTOBUF_MEDIA_TYPE)
    accepted = {series.position for series in push.labelled_series}
    data_points = sum(len(getattr(metric, metric.WhichOneof("data")).data_points) for metric in metrics)
    assert len(accepted) + push.refusals.count == data_points


@given(st.text(max_size=12), st.text(max_size=8), st.booleans())
def test_any_name_becomes_one_of_prometheus(name: str, unit: str, monotonic: bool) -> None:
    point = otlp_pb.NumberDataPoint(time_unix_nano=START, as_double=math.pi)
    total = otlp_pb.Sum(data_points=[point], aggregation_temporality=2, is_monotonic=monotonic)
    request = metrics_service_pb2.ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name=name, unit=unit, sum=total)
    push = decode(request.SerializeToString(), PROTOBUF_MEDIA_TYPE)
    assert push.labelled_series or "the metric has no name" in push.refusals.message or "\0" in name
