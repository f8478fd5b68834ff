"""Times in a wrong unit, and wrong clocks: nothing is kept where no statement looks, and the sender is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers import wire
from tests.sla.measurements.receivers.wire import block, first, labelled, sample

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
SECONDS = int((NOON - timedelta(hours=1)).timestamp())
UNIT = "check the unit of the sender's times"


async def push_text(monitored: MonitoredService, at: int) -> Any:
    headers = monitored.headers("admin")
    return await monitored.client.post("/push/text", content=f"up {1} {at}\n", headers=headers)


async def push_influx(monitored: MonitoredService, at: int, precision: str = "ns") -> Any:
    path, headers = f"/push/influx?precision={precision}", monitored.headers("admin")
    return await monitored.client.post(path, content=f"up value=1 {at}\n", headers=headers)


async def push_remote_write(monitored: MonitoredService, at: int) -> Any:
    raw = first(labelled([("__name__", "up")], sample(at, 1.0)))
    headers = monitored.headers("admin") | {"content-type": wire.FIRST, "content-encoding": "snappy"}
    return await monitored.client.post("/push/prometheus", content=block(raw), headers=headers)


async def push_json(monitored: MonitoredService, at: int) -> Any:
    return await monitored.push_json(json.dumps({"samples": [{"series": {"__name__": "up"}, "at": at, "value": 1}]}))


async def test_seconds_are_no_milliseconds(monitored: MonitoredService) -> None:
    meant = f"is before the year 2000: times 1,000 it would lie in 2026; {UNIT}"
    for answer in (await push_text(monitored, SECONDS), await push_remote_write(monitored, SECONDS)):
        assert (answer.status_code, meant in answer.json()["detail"]) == (400, True), answer.text
    answer = await push_influx(monitored, SECONDS)
    assert (answer.status_code, "times 1,000,000,000 it would lie in 2026" in answer.json()["detail"]) == (400, True)


async def test_milliseconds_are_no_seconds(monitored: MonitoredService) -> None:
    answer = await push_influx(monitored, SECONDS * 1_000, "s")
    meant = f"ahead of Rapport's clock: divided by 1,000 it would lie in 2026; {UNIT}"
    assert (answer.status_code, meant in answer.json()["detail"]) == (400, True), answer.text
    answer = await push_json(monitored, SECONDS * 1_000)
    assert answer.json()["errors"] == [
        {
            "field": "samples[0].at",
            "message": "must be an RFC 3339 date-time, or seconds since 1970, not milliseconds",
        }
    ]


@pytest.mark.parametrize("push", [push_text, push_remote_write])
async def test_a_clock_that_is_an_hour_fast_is_told_what_time_it_is(monitored: MonitoredService, push: Any) -> None:
    answer = await push(monitored, int((NOON + timedelta(hours=1)).timestamp() * 1_000))
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith(
        "its time, 2026-02-03T13:00:00.000Z, is more than 10 minutes ahead of Rapport's clock: "
        "check the sender's clock, Rapport's says 2026-02-03T12:00:00.000Z"
    )
