"""Two replicas watch the same deadlines, and one is killed while it emits: each event is emitted once, and in time."""

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


async def open_incidents(reporter: IncidentReporter, count: int) -> datetime:
    """Open the incidents at once, and return when they are due."""
    reporter.clock.now = now = datetime.now(UTC)
    name = new_id().hex
    await reporter.report(*(reporter.opening(f"{name}-{number}", now.isoformat()) for number in range(count)))
    return now + ALLOWED


async def read_emissions(connection: asyncpg.Connection, kind: type[Any]) -> dict[str, list[datetime]]:
    """Return the instants at which such an event was emitted, by incident."""
    rows = await connection.fetch("SELECT subject, created_at FROM sla.outbox WHERE type = $1", kind.ce_type())
    instants: dict[str, list[datetime]] = {}
    for row in rows:
        instants.setdefault(row["subject"], []).append(row["created_at"])
    return instants


async def wait_for_breaches(connection: asyncpg.Connection, count: int, due: datetime) -> list[datetime]:
    """Return when the breach of each incident was emitted: each once, after at most one warning."""
    while len(breaches := await read_emissions(connection, IncidentBreached)) < count:
        assert datetime.now(UTC) < due + 3 * LEASE, f"{len(breaches)} of {count} emitted"
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.5)  # another replica would emit it again by now
    breaches = await read_emissions(connection, IncidentBreached)
    assert Counter(map(len, breaches.values())) == {1: count}
    warnings = await read_emissions(connection, IncidentDueSoon)
    assert all(len(times) == 1 for times in warnings.values())
    return [times[0] for times in breaches.values()]


async def wait_until_blocked(connection: asyncpg.Connection, count: int) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(1000):
        if await connection.fetchval(waiting) >= count:
            return
        await asyncio.sleep(0.02)
    pytest.fail("the replicas do not emit anything")


async def test_another_replica_takes_over_when_one_is_killed_while_it_emits(reporter: IncidentReporter) -> None:
    count, url = BATCH_SIZE + 10, reporter.sla_client.sla.runtime.database.settings.url
    connection, holder = await asyncpg.connect(url), await asyncpg.connect(url)
    with replicas(url, LOOP_NAME, 2) as (_, killed):
        due = await open_incidents(reporter, count)
        while len(await read_emissions(connection, IncidentDueSoon)) < count:
            assert datetime.now(UTC) < due, "not announced"
            await asyncio.sleep(0.1)
        # Whoever emits an event of an incident has written all its changes, and now waits for its turn in the outbox.
        async with holder.transaction():
            await holder.execute("SELECT FROM sla.outbox_heads FOR UPDATE")
            await wait_until_blocked(connection, 2)
            killed.kill()
            killed.wait()
            since = datetime.now(UTC)
            assert await read_emissions(connection, IncidentBreached) == {}
        times = await wait_for_breaches(connection, count, due)
        assert min(times) > due
        assert max(times) < since + LEASE
    with replicas(url, LOOP_NAME, 2):
        due = await open_incidents(reporter, count)
        times = await wait_for_breaches(connection, 2 * count, due)
        assert sum(at > due for at in times) == count
        assert max(times) < due + LEASE
    await connection.close()
    await holder.close()
