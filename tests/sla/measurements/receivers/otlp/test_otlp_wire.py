"""OTLP/HTTP with what senders may write otherwise: members of gzip, JSON of all sorts, and bodies that unfold."""

import gzip
import json
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.wire import inner

AT = int(datetime(2026, 2, 3, 11, tzinfo=UTC).timestamp()) * 10**9
PROTOBUF, JSON = "application/x-protobuf", "application/json"
GZIP = {"content-encoding": "gzip"}
LIMIT = 64 << 20


def request_of(*points: otlp.NumberDataPoint) -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="up")
    metric.gauge.data_points.extend(points)
    return request


PLAIN = request_of(otlp.NumberDataPoint(time_unix_nano=AT, as_int=1)).SerializeToString()


async def push(monitored: MonitoredService, body: bytes, kind: str = PROTOBUF, **headers: str) -> Any:
    usual = {"content-type": kind} | monitored.headers("admin")
    return await monitored.client.post("/push/otlp/v1/metrics", content=body, headers=usual | headers)


def status_code(answer: Any, kind: str) -> int:
    """Return the code of the google.rpc.Status, which is in the type of the request."""
    assert answer.headers["content-type"] == kind
    return int(json.loads(answer.content)["code"] if kind == JSON else Status.FromString(answer.content).code)


async def count_written(monitored: MonitoredService) -> int:
    (row,) = await monitored.rows("SELECT coalesce(sum(samples), 0) AS samples FROM sla.push_batches")
    return int(row["samples"])


@pytest.mark.parametrize(
    "body",
    [
        gzip.compress(PLAIN),
        gzip.compress(PLAIN[:5]) + gzip.compress(PLAIN[5:]),
        gzip.compress(b"") + gzip.compress(PLAIN) + gzip.compress(b""),
        gzip.compress(PLAIN, 0),
    ],
)
async def test_members_of_gzip_are_one_body(monitored: MonitoredService, body: bytes) -> None:
    answer = await push(monitored, body, **{"content-encoding": " GZip "})
    assert (answer.status_code, answer.content) == (200, b"")
    assert await count_written(monitored) == 1


REFUSED = {
    "another type": (PLAIN, {"content-type": "text/plain"}, 415, Code.INVALID_ARGUMENT),
    "torn": (PLAIN[:-1], {}, 400, Code.INVALID_ARGUMENT),
    "zeros, within the limit": (bytes(33 << 20), {}, 400, Code.INVALID_ARGUMENT),
    "nobody": (PLAIN, {"authorization": ""}, 401, Code.UNAUTHENTICATED),
    "a wrong token": (PLAIN, {"authorization": "Bearer nonsense"}, 401, Code.UNAUTHENTICATED),
    "brotli": (PLAIN, {"content-encoding": "br"}, 415, Code.INVALID_ARGUMENT),
    "plain, said to be gzip": (PLAIN, GZIP, 400, Code.INVALID_ARGUMENT),
    "more than gzip": (gzip.compress(PLAIN) + b"more", GZIP, 400, Code.INVALID_ARGUMENT),
    "deflate": (zlib.compress(PLAIN), {"content-encoding": "deflate"}, 415, Code.INVALID_ARGUMENT),
    "twice": (gzip.compress(gzip.compress(PLAIN)), {"content-encoding": "gzip, gzip"}, 415, Code.INVALID_ARGUMENT),
    "no type": (PLAIN, {"content-type": ""}, 415, Code.INVALID_ARGUMENT),
    "no member": (b"", GZIP, 400, Code.INVALID_ARGUMENT),
    "half a member": (gzip.compress(PLAIN) + gzip.compress(PLAIN)[:-1], GZIP, 400, Code.INVALID_ARGUMENT),
    "a wrong sum": (gzip.compress(PLAIN)[:-8] + bytes(8), GZIP, 400, Code.INVALID_ARGUMENT),
    "no UTF-8": (inner(1, inner(2, inner(2, inner(1, b"\xff")))), {}, 400, Code.INVALID_ARGUMENT),
    "an unfit key": (PLAIN, {"idempotency-key": "\x01"}, 422, Code.INVALID_ARGUMENT),
    "too large": (bytes(LIMIT + 1), {}, 413, Code.RESOURCE_EXHAUSTED),
    "too large inside": (gzip.compress(bytes(LIMIT + 1), 1), GZIP, 413, Code.RESOURCE_EXHAUSTED),
    "too large inside, by members": (gzip.compress(bytes(LIMIT // 2), 1) * 3, GZIP, 413, Code.RESOURCE_EXHAUSTED),
    "too many resources": (inner(1, b"") * 1_000_001, {}, 413, Code.RESOURCE_EXHAUSTED),
    "too many scopes": (inner(1, inner(2, b"") * 1_000_000), {}, 413, Code.RESOURCE_EXHAUSTED),
    "too many points": (request_of(*[otlp.NumberDataPoint()] * 1_000_000).SerializeToString(), {}, 413, 8),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_every_failure_is_a_status(monitored: MonitoredService, name: str) -> None:
    body, headers, status, code = REFUSED[name]
    answer = await push(monitored, body, **headers)
    assert (answer.status_code, status_code(answer, PROTOBUF)) == (status, code)
    assert Status.FromString(answer.content).message


@pytest.mark.parametrize(
    ("body", "http_headers", "status", "code"),
    [
        (b" " * (LIMIT + 1), {}, 413, Code.RESOURCE_EXHAUSTED),
        (b"{}", {"authorization": "Bearer x"}, 401, Code.UNAUTHENTICATED),
        (b"{}", {"content-encoding": "br"}, 415, Code.INVALID_ARGUMENT),
        (b"", {}, 400, Code.INVALID_ARGUMENT),
        (b"[]", {}, 400, Code.INVALID_ARGUMENT),
        (b"\xef\xbb\xbf{}", {}, 400, Code.INVALID_ARGUMENT),
        (b'{"resourceMetrics": [null]}', {}, 400, Code.INVALID_ARGUMENT),
        (b"[" * 100_000, {}, 400, Code.INVALID_ARGUMENT),
    ],
)
async def test_in_json_as_well(
    monitored: MonitoredService, body: bytes, http_headers: dict[str, str], status: int, code: int
) -> None:
    answer = await push(monitored, body, JSON, **http_headers)
    assert (answer.status_code, status_code(answer, JSON)) == (status, code)


async def test_a_body_that_does_not_say_how_long_it_is(monitored: MonitoredService) -> None:
    async def megabytes() -> Any:
        for _ in range(65):
            yield bytes(1 << 20)

    usual = {"content-type": PROTOBUF} | monitored.headers("admin")
    answer = await monitored.client.post("/push/otlp/v1/metrics", content=megabytes(), headers=usual)
    assert (answer.status_code, status_code(answer, PROTOBUF)) == (413, Code.RESOURCE_EXHAUSTED)


def document(point: str) -> bytes:
    points = f'"gauge": {{"dataPoints": [{{{point}, "timeUnixNano": "{AT}"}}]}}'
    return f'{{"resourceMetrics": [{{"scopeMetrics": [{{"metrics": [{{"name": "up", {points}}}]}}]}}]}}'.encode()


@pytest.mark.parametrize(
    "point",
    [
        '"asInt": 5',
        '"asInt": "-9223372036854775808"',
        '"asInt": 5.0',
        '"asDouble": "1.5e3"',
        '"asDouble": "NaN"',
        '"asDouble": "-Infinity"',
        '"asInt": 1, "attributes": null, "flags": "0", "soon": {"a": [null]}',
        '"asInt": 1, "exemplars": [{"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "", "asInt": "1"}, 5]',
        '"asInt": 1, "attributes": [{"key": "a", "value": null}, {"key": "a", "value": {"stringValue": "b"}}]',
    ],
)
async def test_json_of_all_sorts(monitored: MonitoredService, point: str) -> None:
    answer = await push(monitored, document(point), JSON)
    assert (answer.status_code, answer.json()) == (200, {})
    assert await count_written(monitored) == 1


@pytest.mark.parametrize(
    ("point", "field"),
    [
        ('"asInt": "9223372036854775808"', "asInt"),
        ('"asInt": 5.5', "asInt"),
        ('"asInt": "1e3"', "asInt"),
        ('"asInt": "٣"', "asInt"),
        ('"asDouble": "1_0"', "asDouble"),
        ('"asDouble": " 1"', "asDouble"),
        ('"asDouble": "infinity"', "asDouble"),
        ('"flags": 4294967296', "flags"),
        ('"asInt": true', "asInt"),
        ('"attributes": [{"key": "a", "value": {"bytesValue": "a"}}]', "attributes[0].value.bytesValue"),
        ('"attributes": [{"key": "a", "value": {"boolValue": "true"}}]', "attributes[0].value.boolValue"),
    ],
)
async def test_json_that_fits_no_field_is_named(monitored: MonitoredService, point: str, field: str) -> None:
    answer = await push(monitored, document(point), JSON)
    assert (answer.status_code, status_code(answer, JSON)) == (400, Code.INVALID_ARGUMENT)
    assert f"dataPoints[0].{field}:" in answer.json()["message"]


@pytest.mark.parametrize("depth", [50, 150, 240, 260, 400])
@pytest.mark.parametrize("padding", ["", " " * (300 * 1024)])
async def test_values_however_deep_are_read_or_refused(monitored: MonitoredService, depth: int, padding: str) -> None:
    """Also in a thread, where larger bodies are read."""
    deep = '{"arrayValue": {"values": [' * depth + '{"stringValue": "a"}' + "]}}" * depth
    body = document(f'"asInt": 1, "attributes": [{{"key": "a", "value": {deep}}}]') + padding.encode()
    assert (await push(monitored, body, JSON)).status_code in (200, 400)


async def test_many_attributes_of_one_name_are_refused_at_once(monitored: MonitoredService) -> None:
    point = otlp.NumberDataPoint(time_unix_nano=AT, as_int=1)
    for _ in range(200_000):
        point.attributes.add(key="a").value.string_value = "b"
    answer = await push(monitored, request_of(point).SerializeToString())
    rejected = ExportMetricsServiceResponse.FromString(answer.content).partial_success
    assert (answer.status_code, rejected.rejected_data_points) == (200, 1)
    assert "longer than" in rejected.error_message
