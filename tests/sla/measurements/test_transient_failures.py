"""What passes by itself is answered with 503 and Retry-After: senders drop a sample after a 500 or 429."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from common.errors import Unavailable
from rapport.processes.ports import find_free_port
from sla.measurements.ingest import push_log
from sla.measurements.ingest.push_log import PushLog, PushLogEntry
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.exporter import numbers, request_of
from tests.sla.measurements.exporter import push as push_otlp

NOTHING = b'{"version": "4", "alerts": []}'
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
UP = {"__name__": "up"}
AT = int(NOON.timestamp() * 1000)


async def test_without_a_database(service_on: Callable[[str], Any]) -> None:
    alone = await service_on(f"postgresql://sla:x@127.0.0.1:{find_free_port()}/none")
    sample = {"series": UP, "at": NOON.isoformat(), "value": 1}
    answers = [
        await alone.push((UP, [(AT, 1.0)])),
        await alone.push_json(json.dumps({"samples": [sample]})),
        (await push_otlp(alone, request_of(numbers("up", (0, 1)))))[0],
        await alone.client.post("/push/alertmanager", content=NOTHING, headers=alone.headers("admin")),
    ]
    for answer in answers:
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert Status.FromString(answers[2].content).code == Code.UNAVAILABLE


async def test_a_lock_that_is_not_given(
    monitored: MonitoredService, pushed_to_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The push is answered before a Prometheus would give up waiting, and may be sent again."""
    assert push_log.COMMIT_TIMEOUT_SECONDS < 30
    monkeypatch.setattr(push_log, "COMMIT_TIMEOUT_SECONDS", 0.3)
    await monitored.push((UP, [(AT, 1.0)]))
    holder = await asyncpg.connect(pushed_to_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE sla.push_batches")
        answer = await monitored.push((UP, [(AT + 1, 1.0)]))
    await holder.close()
    assert (answer.status_code, answer.json()["type"]) == (503, "/sla/v1/problems/unavailable")
    assert (await monitored.push((UP, [(AT + 1, 1.0)]))).status_code == 204


async def test_one_failed_commit_is_told_to_all_who_shared_it() -> None:
    async def pool() -> asyncpg.Pool:
        await asyncio.sleep(0.01)
        raise ConnectionRefusedError

    pushes = PushLog(pool)
    entry = PushLogEntry(NOON, "test", 1, b"")
    told = await asyncio.gather(*(pushes.append(entry) for _ in range(5)), return_exceptions=True)
    assert [type(error) for error in told] == [Unavailable] * 5


async def test_more_than_can_be_written_is_not_piled_up() -> None:
    blocked = asyncio.Event()

    async def pool() -> asyncpg.Pool:
        await blocked.wait()
        raise ConnectionRefusedError

    pushes = PushLog(pool)
    waiting = [asyncio.create_task(pushes.append(PushLogEntry(NOON, "test", 1, b""))) for _ in range(600)]
    done, _ = await asyncio.wait(waiting, timeout=0.2)
    assert len(done) == 100
    blocked.set()
    for task in waiting:
        with pytest.raises(Unavailable):
            await task
