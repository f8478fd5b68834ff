"""Senders that close the connection within a push: that is no failure of the service."""

from typing import Any

import pytest

from tests.sla.measurements.conftest import MonitoredService


@pytest.mark.parametrize("door", ["prometheus", "otlp/v1/metrics", "samples"])
@pytest.mark.parametrize("key", [None, "a-key-of-ten"])
async def test_a_sender_that_hangs_up_is_a_bad_request(
    monitored: MonitoredService, capsys: pytest.CaptureFixture[str], door: str, key: str | None
) -> None:
    request = monitored.client.build_request(
        "POST",
        f"/push/{door}",
        headers=monitored.headers("admin")
        | {"content-type": "application/x-protobuf", "content-length": "99"}
        | ({"content-encoding": "snappy"} if door == "prometheus" else {})
        | ({"idempotency-key": key} if key else {}),
    )
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"half", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": request.url.path,
        "raw_path": request.url.raw_path,
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 5000),
    }
    transport: Any = monitored.client._transport  # noqa: SLF001 - no client of HTTP hangs up when it is told to
    await transport.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert "request_failed" not in capsys.readouterr().out
