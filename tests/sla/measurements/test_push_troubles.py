"""At every door of pushes: what passes by itself is 503 with Retry-After, in the way that the protocol has for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from rapport.processes.ports import find_free_port
from sla.measurements.ingest import ingester, push_log
from tests.sla.measurements import wire
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
AT = int(NOON.timestamp() * 1000)
INDICATOR = "01900000-0000-7000-8000-000000000001"

Push = Callable[[Any], Awaitable[Any]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A push waits less long than a Prometheus would; here it is enough to see that it ends."""
    assert push_log.COMMIT_TIMEOUT_SECONDS < 30
    for module in (push_log, ingester):
        monkeypatch.setattr(module, "COMMIT_TIMEOUT_SECONDS", 0.5)


async def remote_write(monitored: MonitoredService) -> Any:
    return await monitored.push_raw(wire.block(wire.first(wire.labelled([("__name__", "up")], wire.sample(AT, 1.0)))))


async def otlp(monitored: MonitoredService) -> Any:
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="up")
    metric.gauge.data_points.add(time_unix_nano=AT * 1_000_000, as_int=1)
    headers = {"content-type": "application/x-protobuf"} | monitored.headers("admin")
    body = request.SerializeToString()
    return await monitored.client.post("/push/otlp/v1/metrics", content=body, headers=headers)


async def samples(monitored: MonitoredService) -> Any:
    sample = {"indicator": INDICATOR, "at": NOON.isoformat(), "value": 1}
    return await monitored.push_json(json.dumps({"samples": [sample]}))


async def alerts(monitored: MonitoredService) -> Any:
    alert = {"status": "firing", "labels": {"alertname": "a"}, "startsAt": NOON.isoformat(), "fingerprint": "a1"}
    body = json.dumps({"version": "4", "alerts": [alert]})
    return await monitored.client.post("/push/alertmanager", content=body, headers=monitored.headers("admin"))


async def incidents(monitored: MonitoredService) -> Any:
    event = {"incident": "INC1", "event_id": "INC1/1", "kind": "acknowledged", "occurred_at": NOON.isoformat()}
    body = {"source": "desk", "events": [event]}
    return await monitored.client.post("/incidents", json=body, headers=monitored.headers("admin"))


DOORS: dict[Push, str] = {
    remote_write: "series",
    otlp: "series",
    samples: "indicators",
    alerts: "alert_firings",
    incidents: "incidents",
}
"""Each with a table that it cannot do without."""


def check(push: Push, answer: Any) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0
    if push is remote_write:
        assert wire.written(answer) == ("0", "0", "0")
    if push is otlp:
        assert answer.headers["content-type"] == "application/x-protobuf"
        assert Status.FromString(answer.content).code == Code.UNAVAILABLE


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[asyncpg.Connection]:
    holder = await asyncpg.connect(url)
    try:
        async with holder.transaction():
            await holder.execute(f"LOCK TABLE sla.{table}")
            yield holder
    finally:
        await holder.close()


async def waiting(holder: asyncpg.Connection) -> int:
    """The process that waits for the lock."""
    while True:
        blocked = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        if (pid := await holder.fetchval(blocked)) is not None:
            return int(pid)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("push", DOORS)
async def test_the_database_is_gone(service_on: Callable[[str], Any], push: Push) -> None:
    check(push, await push(await service_on(f"postgresql://sla:x@127.0.0.1:{find_free_port()}/none")))


@pytest.mark.parametrize("push", DOORS)
@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
async def test_a_statement_runs_out_of_time_or_loses_its_connection(
    monitored: MonitoredService, pushed_to_url: str, push: Push, how: str
) -> None:
    async with asyncio.timeout(20), locked(pushed_to_url, DOORS[push]) as holder:
        answer = asyncio.create_task(push(monitored))
        await holder.execute(f"SELECT {how}($1)", await waiting(holder))
        check(push, await answer)


@pytest.mark.parametrize("push", [remote_write, otlp])
async def test_a_lock_is_not_given(monitored: MonitoredService, pushed_to_url: str, push: Push) -> None:
    async with asyncio.timeout(20), locked(pushed_to_url, DOORS[push]):
        check(push, await push(monitored))


async def test_all_connections_are_in_use(monitored: MonitoredService) -> None:
    database = monitored.runtime.database
    pool = await database.get_pool()
    held = [await pool.acquire() for _ in range(database.settings.asyncpg_pool_size)]
    sessions = [await database.engine.connect() for _ in range(database.settings.pool_size)]
    try:
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(push(monitored) for push in DOORS))
    finally:
        for session in sessions:
            await session.close()
        for connection in held:
            await pool.release(connection)
    for push, answer in zip(DOORS, answers, strict=True):
        check(push, answer)
    assert (await remote_write(monitored)).status_code == 204
