"""Transient failures are 503 with Retry-After at every address: senders drop a sample after a 500 or 429."""

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

from common.errors import Unavailable
from rapport.processes.ports import find_free_port
from sla.measurements.ingest import ingester, push_log
from sla.measurements.ingest.push_log import PushLog, PushLogEntry
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers import wire

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
AT = int(NOON.timestamp() * 1000)
INDICATOR = "01900000-0000-7000-8000-000000000001"

Push = Callable[[MonitoredService], Awaitable[Any]]


@pytest.fixture(autouse=True)
def short_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a push wait half a second; in production it waits less long than a Prometheus would."""
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


TABLE_BY_PUSH: dict[Push, str] = {
    remote_write: "series",
    otlp: "series",
    samples: "indicators",
    alerts: "alert_firings",
    incidents: "incidents",
}
"""Each kind of push with a table that it cannot do without."""


def assert_unavailable(push: Push, answer: Any) -> None:
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


async def waiting_process(holder: asyncpg.Connection) -> int:
    """Return the process that waits for the lock."""
    while True:
        blocked = "SELECT pid FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        if (pid := await holder.fetchval(blocked)) is not None:
            return int(pid)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("push", TABLE_BY_PUSH)
async def test_the_database_is_gone(service_on: Callable[[str], Any], push: Push) -> None:
    assert_unavailable(push, await push(await service_on(f"postgresql://sla:x@127.0.0.1:{find_free_port()}/none")))


@pytest.mark.parametrize("push", TABLE_BY_PUSH)
@pytest.mark.parametrize("how", ["pg_cancel_backend", "pg_terminate_backend"])
async def test_a_statement_runs_out_of_time_or_loses_its_connection(
    monitored: MonitoredService, pushed_to_url: str, push: Push, how: str
) -> None:
    async with asyncio.timeout(20), locked(pushed_to_url, TABLE_BY_PUSH[push]) as holder:
        answer = asyncio.create_task(push(monitored))
        await holder.execute(f"SELECT {how}($1)", await waiting_process(holder))
        assert_unavailable(push, await answer)


@pytest.mark.parametrize("push", [remote_write, otlp])
@pytest.mark.parametrize("table", ["series", "push_batches"])
async def test_a_lock_is_not_given(monitored: MonitoredService, pushed_to_url: str, push: Push, table: str) -> None:
    async with asyncio.timeout(20), locked(pushed_to_url, table):
        assert_unavailable(push, await push(monitored))
    assert (await push(monitored)).is_success


async def test_all_connections_are_in_use(monitored: MonitoredService) -> None:
    database = monitored.runtime.database
    pool = await database.get_pool()
    connections = [await pool.acquire() for _ in range(database.settings.asyncpg_pool_size)]
    sessions = [await database.engine.connect() for _ in range(database.settings.pool_size)]
    try:
        async with asyncio.timeout(20):
            answers = await asyncio.gather(*(push(monitored) for push in TABLE_BY_PUSH))
    finally:
        for session in sessions:
            await session.close()
        for connection in connections:
            await pool.release(connection)
    for push, answer in zip(TABLE_BY_PUSH, answers, strict=True):
        assert_unavailable(push, answer)
    assert (await remote_write(monitored)).status_code == 204


async def test_a_failed_commit_fails_all_pushes_that_shared_it() -> None:
    async def pool() -> asyncpg.Pool:
        await asyncio.sleep(0.01)
        raise ConnectionRefusedError

    pushes = PushLog(pool)
    entry = PushLogEntry(NOON, "test", 1, b"")
    errors = await asyncio.gather(*(pushes.append(entry) for _ in range(5)), return_exceptions=True)
    assert [type(error) for error in errors] == [ConnectionRefusedError] * 5


async def test_more_than_can_be_written_is_not_piled_up() -> None:
    blocked = asyncio.Event()

    async def pool() -> asyncpg.Pool:
        await blocked.wait()
        raise ConnectionRefusedError

    pushes = PushLog(pool)
    waiting = [asyncio.create_task(pushes.append(PushLogEntry(NOON, "test", 1, b""))) for _ in range(600)]
    refused, _ = await asyncio.wait(waiting, timeout=0.2)
    assert len(refused) == 100
    assert all(isinstance(task.exception(), Unavailable) for task in refused)
    blocked.set()
    errors = await asyncio.gather(*(task for task in waiting if task not in refused), return_exceptions=True)
    assert [type(error) for error in errors] == [ConnectionRefusedError] * 500
