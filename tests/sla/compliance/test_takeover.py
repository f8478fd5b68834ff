"""A replica that dies while it closes leaves nothing behind, and another one closes everything, once."""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from common.ids import new_id
from common.testing.plugin import Trial
from published.sla import StatementIssued
from tests.sla.conftest import Shop, offering, register

AGREEMENTS = 5
LEASE = timedelta(seconds=30)
"""The lock of a dead replica is free after a second; the rest is for a busy machine."""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def agreements(
    committed: Trial, headers: Callable[..., dict[str, str]], written: Callable[..., dict[str, Any]]
) -> list[str]:
    """They began two months ago, so two periods of each are due."""
    service_id, offering_id = new_id(), new_id()
    await committed.react(offering(service_id, offering_id))
    customer_id = await register(committed, "Example Ltd")
    defined = await committed.client.post(
        "/indicators", json={"name": "Shop answers", "kind": "availability"}, headers=headers("manager")
    )
    shop = Shop(committed, headers, customer_id, offering_id, service_id, defined.json()["id"], written)
    month = datetime.now(UTC).date().replace(day=1)
    begun = ((month - timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=15)
    signed = [await shop.signed(name=f"Shop {number}", starts_on=str(begun)) for number in range(AGREEMENTS)]
    return [one["id"] for one in signed]


@contextmanager
def replica(url: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("closer.py")), url], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"closing\n"
        yield process
    finally:
        process.kill()
        process.communicate()


async def until(holds: Callable[[], Any], what: str) -> None:
    by = datetime.now(UTC) + LEASE
    while not await holds():
        assert datetime.now(UTC) < by, what
        await asyncio.sleep(0.05)


async def test_a_replica_is_killed_while_it_closes_and_another_one_takes_over(
    agreements: list[str], database_url: str
) -> None:
    connection, holder = await asyncpg.connect(database_url), await asyncpg.connect(database_url)

    async def closed() -> bool:
        return bool(await connection.fetchval("SELECT count(*) = $1 FROM sla.statements", 2 * AGREEMENTS))

    async def blocked() -> bool:
        return bool(await connection.fetchval(WAITING))

    async with holder.transaction():
        # Whoever closes has written the statements of a group, and now waits for its turn in the outbox.
        await holder.execute("SELECT FROM sla.outbox_heads FOR UPDATE")
        with replica(database_url) as killed:
            await until(blocked, "nothing is being closed")
            killed.kill()
            killed.wait()
        assert await connection.fetchval("SELECT count(*) FROM sla.statements") == 0
    with replica(database_url), replica(database_url):
        await until(closed, "not everything is closed")
        await asyncio.sleep(2)  # another replica would close it again by now
    rows = await connection.fetch("SELECT agreement_id, number, revision, previous_sha256 FROM sla.statements")
    chains = Counter((str(row["agreement_id"]), row["number"], row["revision"]) for row in rows)
    assert chains == {(agreement, number, 1): 1 for agreement in agreements for number in (1, 2)}
    told = await connection.fetchval("SELECT count(*) FROM sla.outbox WHERE type = $1", StatementIssued.ce_type())
    assert told == 2 * AGREEMENTS
    assert await connection.fetchval("SELECT count(*) FROM sla.statement_keys") == 1
    await connection.close()
    await holder.close()
