"""The bodies of alerts and states: compressed, large, or hostile."""

import asyncio
import gzip
import json
import time
from typing import Any

import httpx
import pytest

from tests.sla.alerts.conftest import AlertClient, alert, at, notification

POSTED = {"labels": {"alertname": "A"}, "startsAt": at(50).isoformat()}
BODIES = {
    "alertmanager": notification(alert(0)),
    "api/v2/alerts": json.dumps([POSTED]).encode(),
    "states": json.dumps({"what": "shop", "state": "down"}).encode(),
    "states/cloudwatch": json.dumps({"AlarmName": "a", "NewStateValue": "ALARM"}).encode(),
}


async def push(alerts: AlertClient, path: str, content: bytes, encoding: str = "identity") -> httpx.Response:
    headers = {"content-type": "application/json", "content-encoding": encoding} | alerts.headers("admin")
    return await alerts.sla_client.sla.client.post(f"/push/{path}", content=content, headers=headers)


@pytest.mark.parametrize("path", BODIES)
async def test_a_body_may_come_with_gzip(alerts: AlertClient, path: str) -> None:
    answer = await push(alerts, path, gzip.compress(BODIES[path]), "gzip")
    assert answer.status_code == 200, answer.text
    assert len(await alerts.firings()) == 1


@pytest.mark.parametrize("path", BODIES)
async def test_a_body_that_is_not_as_it_is_said_to_be_is_refused(alerts: AlertClient, path: str) -> None:
    cases = [
        (b"{}", "gzip", 400, "body-not-compressed"),
        (gzip.compress(BODIES[path])[:-1], "gzip", 400, "body-not-compressed"),
        (b"{}", "zstd", 415, "body-encoding-not-supported"),
        (gzip.compress(bytes(33 << 20), 1), "gzip", 413, "too-large"),
    ]
    for content, encoding, status, slug in cases:
        answer = await push(alerts, path, content, encoding)
        assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (status, slug)
    assert await alerts.firings() == []


async def test_a_large_body_keeps_no_other_request_waiting(alerts: AlertClient) -> None:
    """The fingerprints of labels of 20 MB take seconds."""
    labels = {f"label{number}": "x" * 20_000 for number in range(100)}
    documents = [POSTED | {"labels": labels | {"n": str(number)}} for number in range(10)]
    content = json.dumps(documents).encode()

    pushing: asyncio.Task[Any] = asyncio.create_task(push(alerts, "api/v2/alerts", content))
    began = ticked = time.perf_counter()
    longest_pause = 0.0
    while not pushing.done():
        await asyncio.sleep(0.01)
        longest_pause = max(longest_pause, time.perf_counter() - ticked)
        ticked = time.perf_counter()

    assert (await pushing).status_code == 200
    assert longest_pause < max(0.3, 0.5 * (ticked - began))
