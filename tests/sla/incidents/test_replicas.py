"""Two replicas watch the same deadlines, and one is killed while it tells: everything is told, once, and in time."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from published.sla import IncidentBreached, IncidentDueSoon
from sla.incidents.projection.deadline_loop import BATCH_SIZE, LOOP_NAME
from tests.sla.conftest import build_sla_client
from tests.sla.incidents.reporter import IncidentReporter, incident_terms
from tests.sla.replicas import replicas

LEASE = timedelta(seconds=10)
"""A dead client is noticed after a second, and the others look every second; the rest is for a busy machine."""
ALLOWED = timedelta(seconds=8)


@pytest.fixture
async def reporter(
    committed_sla: ServiceUnderTest,
    clock: FakeClock,
    headers: Callable[..., dict[str, str]],
    written: Callable[..., dict[str, Any]],
) -> IncidentReporter:
    """Everything is to be solved within seconds."""
    sla_client = await build_sla_client(committed_sla, headers, written)
    objective = {
        "name": "Solved",
        "kind": "resolution_time",
        "priorities": [1, 2, 3, 4, 5],
        "within": f"PT{ALLOWED.seconds}S",
        "target": "90",
    }
    begun = (clock.now - timedelta(days=30)).date().isoformat()
    agreement = await sla_client.signed(**incident_terms({"warn_at": "10"}, objectives=[objective], starts_on=begun))
    return IncidentReporter(sla_client, clock, agreement, sla_client.manager)


async def open_some(reporter: IncidentReporter, many: int) -> datetime:
    """All at once; when they are due."""
    reporter.clock.now = now = datetime.now(UTC)
    name = new_id().hex
    await reporter.report(*(reporter.opening(f"{name}-{number}", now.isoformat()) for number in range(many)))
    return now + ALLOWED


async def told(connection: asyncpg.Connection, kind: type[Any]) -> dict[str, list[datetime]]:
    """When it was told, by incident."""
    rows = await connection.fetch("SELECT subject, created_at FROM sla.outbox WHERE type = $1", kind.ce_type())
    found: dict[str, list[datetime]] = {}
    for row in rows:
        found.setdefault(row["subject"], []).append(row["created_at"])
    return found


async def until_told(connection: asyncpg.Connection, many: int, due: datetime) -> list[datetime]:
    """When the breach of each incident was told; each once, and announced once."""
    while len(found := await told(connection, IncidentBreached)) < many:
        assert datetime.now(UTC) < due + 3 * LEASE, f"{len(found)} of {many} told"
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)  # another replica would tell it again by now
    found = await told(connection, IncidentBreached)
    assert Counter(map(len, found.values())) == {1: many}
    announced = await told(connection, IncidentDueSoon)
    assert all(len(times) == 1 for times in announced.values())
    return [times[0] for times in found.values()]


async def until_blocked(connection: asyncpg.Connection, many: int) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(1000):
        if await connection.fetchval(waiting) >= many:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the replicas do not tell of anything")


async def test_another_replica_takes_over_when_one_is_killed_while_it_emits(reporter: IncidentReporter) -> None:
    many, url = BATCH_SIZE + 10, reporter.sla_client.sla.runtime.database.settings.url
    connection, holder = await asyncpg.connect(url), await asyncpg.connect(url)
    with replicas(url, LOOP_NAME, 2) as (_, killed):
        due = await open_some(reporter, many)
        while len(await told(connection, IncidentDueSoon)) < many:
            assert datetime.now(UTC) < due, "not announced"
            await asyncio.sleep(0.1)
        # Whoever tells of an incident has written all its changes, and now waits for its turn in the outbox.
        async with holder.transaction():
            await holder.execute("SELECT FROM sla.outbox_heads FOR UPDATE")
            await until_blocked(connection, 2)
            killed.kill()
            killed.wait()
            since = datetime.now(UTC)
            assert await told(connection, IncidentBreached) == {}
        times = await until_told(connection, many, due)
        assert min(times) > due
        assert max(times) < since + LEASE
    with replicas(url, LOOP_NAME, 2):
        due = await open_some(reporter, many)
        times = await until_told(connection, 2 * many, due)
        assert sum(at > due for at in times) == many
        assert max(times) < due + LEASE
    await connection.close()
    await holder.close()
