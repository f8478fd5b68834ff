"""Samples as lines of text, pushed by clients of Prometheus' Pushgateway and of InfluxDB."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway, pushadd_to_gateway

from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN_MS = 1_770_116_400_000


async def post(monitored: MonitoredService, path: str, content: bytes | str, **headers: str) -> httpx.Response:
    headers = headers or monitored.headers("admin")
    return await monitored.client.post(f"/push/{path}", content=content, headers=headers)


async def test_text_is_measured_and_bad_lines_are_named(monitored: MonitoredService) -> None:
    probe = await monitored.define(series=[{"selector": 'probe_success{job="shop"}'}])
    text = f"# TYPE probe_success gauge\nprobe_success 1 {ELEVEN_MS}\nbroken\nprobe_success 0 {ELEVEN_MS + 60_000}\n"
    answer = await post(monitored, "text?extra_label=job%3Dshop", text)
    assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/samples-refused")
    assert answer.json()["detail"].startswith("line 3: ")
    await monitored.roll_up()
    assert (await monitored.minutes(probe, NOON - timedelta(hours=1), 2))["state"] == ["good", "bad"]


async def test_histograms_of_text_are_classic_histograms(monitored: MonitoredService) -> None:
    indicator = await monitored.define(
        kind="histogram", threshold=0.3, series=[{"selector": "http_request_duration_seconds"}]
    )
    for minute, fast, slow in ((0, 10, 20), (1, 17, 30)):
        lines = [
            f'http_request_duration_seconds_bucket{{le="0.3"}} {fast} {ELEVEN_MS + minute * 60_000}',
            f'http_request_duration_seconds_bucket{{le="+Inf"}} {slow} {ELEVEN_MS + minute * 60_000}',
        ]
        assert (await post(monitored, "text", "\n".join(lines))).status_code == 204
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, NOON - timedelta(hours=1), 2)
    assert (minutes["good"], minutes["total"]) == ([0, 7], [0, 10])


@pytest.mark.parametrize(("push", "method"), [(push_to_gateway, "PUT"), (pushadd_to_gateway, "POST")])
async def test_a_client_of_a_pushgateway(monitored: MonitoredService, push: Callable[..., None], method: str) -> None:
    probe = await monitored.define(series=[{"selector": 'backup_ok{job="night/ly",instance="db1"}'}])
    registry, requests = CollectorRegistry(), list[dict[str, Any]]()
    Gauge("backup_ok", "Whether it worked", registry=registry).set(1)

    def handler(**request: Any) -> Callable[[], None]:
        return lambda: requests.append(request)

    push("rapport/sla/v1/push", job="night/ly", registry=registry, grouping_key={"instance": "db1"}, handler=handler)
    (request,) = requests
    headers = {**dict(request["headers"]), **monitored.headers("admin")}
    path = request["url"].partition("/sla/v1")[2]
    answer = await monitored.client.request(request["method"], path, content=request["data"], headers=headers)

    assert (request["method"], answer.status_code) == (method, 204)
    await monitored.roll_up()
    assert (await monitored.minutes(probe, NOON, 1))["state"] == ["good"]


@pytest.mark.parametrize("path", ["influx", "influx/write", "influx/api/v2/write"])
async def test_points_are_measured(monitored: MonitoredService, path: str) -> None:
    probe = await monitored.define(series=[{"selector": 'http_response_result_ok{server="shop"}'}])
    created = await monitored.client.post("/api-keys", json={"name": "telegraf"}, headers=monitored.headers("admin"))
    seconds = ELEVEN_MS // 1000
    results = ((1, seconds), (0, seconds + 60))
    lines = "".join(f"http_response,server=shop result_ok={result}i {at}\n" for result, at in results)
    headers = {
        "authorization": f"Token {created.json()['key']}",
        "content-type": "text/plain; charset=utf-8",
        "content-encoding": "gzip",
    }
    answer = await post(monitored, f"{path}?db=telegraf&precision=s", gzip.compress(lines.encode()), **headers)
    assert (answer.status_code, answer.content) == (204, b"")
    await monitored.roll_up()
    assert (await monitored.minutes(probe, NOON - timedelta(hours=1), 2))["state"] == ["good", "bad"]


async def test_telegraf_is_told_what_it_need_not_send_again(monitored: MonitoredService) -> None:
    """It sends a batch again for ever, unless `error` says that a part of it was written."""
    answer = await post(monitored, "influx/write", "m f=1\nm f=NaN\n")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["error"] == "partial write: line 2, field f: its value is not a number, a truth or a text"
    (batch,) = await monitored.rows("SELECT samples FROM sla.push_batches")
    assert batch["samples"] == 1


async def test_a_client_that_pushes_protobuf_is_told_to_push_text(monitored: MonitoredService) -> None:
    media_type = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
    headers = monitored.headers("admin") | {"content-type": media_type}
    answer = await post(monitored, "metrics/job/a", b"a 1", **headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/sla/v1/problems/text-format-not-supported")
    assert "expfmt.FmtText" in answer.json()["detail"]


async def test_what_is_no_text_is_refused(monitored: MonitoredService) -> None:
    cases = [
        ("text", b"\xff", 400, "lines-unreadable"),
        ("influx", b"\xff", 400, "lines-unreadable"),
        ("text", gzip.compress(bytes((16 << 20) + 1), 1), 413, "too-large"),
        ("text?extra_label=job", b"a 1", 422, "invalid"),
        ("metrics/instance/a", b"a 1", 422, "invalid"),
        ("influx?precision=d", b"a f=1", 422, "invalid"),
    ]
    for path, content, status, slug in cases:
        encoding = "gzip" if content.startswith(b"\x1f") else "identity"
        answer = await post(monitored, path, content, **monitored.headers("admin"), **{"content-encoding": encoding})
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug), path
    for path in ("text", "influx", "metrics/job/a"):
        assert (await post(monitored, path, b"a 1", **monitored.headers("manager"))).status_code == 403


async def test_a_wrong_address_leads_to_those_that_monitors_push_to(monitored: MonitoredService) -> None:
    for path in ("api/v1/write", "prometheus/api/v1/write", "v1/metrics", "sample"):
        answer = await post(monitored, path, "")
        assert answer.status_code == 404
        assert "/sla/v1/push/prometheus" in answer.json()["detail"], answer.text
