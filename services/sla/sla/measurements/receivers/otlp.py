"""OTLP/HTTP metrics: from the body to a decoded push, data point by data point."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from itertools import count

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from common.errors import TooLarge
from sla.measurements.histograms.point import InvalidHistogram
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.refusals import Refusal
from sla.measurements.receivers.errors import MetricsUnreadable, OtlpNotSupported
from sla.measurements.receivers.otlp_json import parse_otlp_json
from sla.measurements.receivers.otlp_points import DataPoint, common_labels

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
    for data_point in _data_points(request, promoted, push):
        try:
            push.labelled_series += data_point.to_series(now)
        except (Refusal, InvalidHistogram) as error:
            push.refusals.add(f"{data_point.metric.name[:200]}, data point {data_point.place}: {error}")
    return push


def _data_points(
    request: ExportMetricsServiceRequest, promoted: Iterable[str], push: DecodedPush
) -> Iterator[DataPoint]:
    """Yield all data points of a request, counting what it consists of."""
    position = count()
    push.count_items(len(request.resource_metrics))
    for resource in request.resource_metrics:
        push.count_items(len(resource.scope_metrics))
        for scope in resource.scope_metrics:
            common = common_labels(resource.resource, scope.scope, promoted)
            push.count_items(len(scope.metrics))
            for metric in scope.metrics:
                data = getattr(metric, metric.WhichOneof("data") or "gauge")
                push.count_items(len(data.data_points))
                for place, point in enumerate(data.data_points):
                    yield DataPoint(next(position), metric, data, place, point, common)
