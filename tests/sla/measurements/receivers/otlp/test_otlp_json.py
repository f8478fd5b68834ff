"""OTLP in JSON: it means what protobuf means, and is answered and refused in JSON."""

import json

import pytest
from google.protobuf.json_format import MessageToDict, MessageToJson
from google.rpc.code_pb2 import Code

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.exporter import DELTA, START, numbers, push, request_of, series


async def test_json_means_what_protobuf_means(monitored: MonitoredService) -> None:
    point = {
        "attributes": [
            {"key": "http.response.status_code", "value": {"intValue": "503"}},
            {"key": "cached", "value": {"boolValue": False}},
            {"key": "share", "value": {"doubleValue": 0.5}},
            {"key": "tags", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 2}]}}},
            {"key": "more", "value": {"kvlistValue": {"values": [{"key": "b", "value": {"doubleValue": 1.0}}]}}},
            {"key": "raw", "value": {"bytesValue": "aGk="}},
            {"key": "nothing", "value": {}},
        ],
        "startTimeUnixNano": START,
        "timeUnixNano": str(START),
        "asInt": "7",
        "exemplars": [{"traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "asDouble": 1}],
        "somethingNew": {"a": [1]},
    }
    total = {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": True}
    scope = {"scope": None, "metrics": [{"name": "http.requests", "unit": "{request}", "sum": total}]}
    attributes = [{"key": "service.name", "value": {"stringValue": "web"}}]
    body = {"resourceMetrics": [{"resource": {"attributes": attributes}, "scopeMetrics": [scope]}]}
    answer, _ = await push(monitored, json.dumps(body).encode(), **{"content-type": "application/json; charset=utf-8"})
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await series(monitored))["http_requests_total"] == {
        "__name__": "http_requests_total",
        "job": "web",
        "http_response_status_code": "503",
        "cached": "false",
        "share": "0.5",
        "tags": '["a",2]',
        "more": '{"b":1.0}',
        "raw": "aGk=",
    }


@pytest.mark.parametrize("preserving_proto_field_name", [False, True])
async def test_names_are_read_as_the_json_writer_of_protobuf_gives_them(
    monitored: MonitoredService, preserving_proto_field_name: bool
) -> None:
    request = request_of(numbers("requests", (0, 7), is_monotonic=True, aggregation_temporality=DELTA))
    body = MessageToJson(request, preserving_proto_field_name=preserving_proto_field_name).encode()

    answer, _ = await push(monitored, body, **{"content-type": "application/json"})

    assert (answer.status_code, answer.json()) == (200, {})
    assert (await series(monitored))["requests_total"]["__temporality__"] == "delta"


async def test_json_is_answered_in_json(monitored: MonitoredService) -> None:
    document = MessageToDict(request_of(numbers("a", (3600 + 700, 1))))
    answer, _ = await push(monitored, json.dumps(document).encode(), **{"content-type": "application/json"})
    rejected = answer.json()["partialSuccess"]
    assert (answer.status_code, rejected["rejectedDataPoints"]) == (200, "1")
    assert "10 minutes" in rejected["errorMessage"]
    refused, _ = await push(monitored, b"{", **{"content-type": "application/json"})
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/json")
    assert refused.json()["code"] == Code.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("metrics", "field"),
    [
        ('{"gauge": {"dataPoints": [{"timeUnixNano": "soon"}]}}', "metrics[0].gauge.dataPoints[0].timeUnixNano"),
        ('{"gauge": {"dataPoints": [{"timeUnixNano": 1e30}]}}', "metrics[0].gauge.dataPoints[0].timeUnixNano"),
        ('{"gauge": {"dataPoints": [{"asDouble": true}]}}', "metrics[0].gauge.dataPoints[0].asDouble"),
        ('{"sum": {"aggregationTemporality": "DELTA"}}', "sum.aggregationTemporality"),
        ('{"sum": {"isMonotonic": 1}}', "sum.isMonotonic"),
        ('{"name": 7}', "metrics[0].name"),
        ('{"name": "\\ud800"}', "JSON"),
        ('{"histogram": {"dataPoints": [{"bucketCounts": [-1]}]}}', "dataPoints[0].bucketCounts"),
        ('{"histogram": {"dataPoints": {}}}', "histogram.dataPoints"),
        ("[]", "metrics[0]"),
    ],
)
async def test_json_that_does_not_fit_is_named(monitored: MonitoredService, metrics: str, field: str) -> None:
    body = f'{{"resourceMetrics": [{{"scopeMetrics": [{{"metrics": [{metrics}]}}]}}]}}'
    answer, _ = await push(monitored, body.encode(), **{"content-type": "application/json"})
    assert answer.status_code == 400
    assert field in answer.json()["message"]
