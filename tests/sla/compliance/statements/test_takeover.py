"""A replica that dies while it closes leaves nothing behind, and another one closes everything, once."""

import asyncio
import subprocess
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from common.testing.plugin import ServiceUnderTest
from published.sla import StatementIssued
from tests.sla.conftest import build_sla_client
from tests.sla.replicas import replicas

AGREEMENTS = 5
TIME_ZONE = "Europe/Oslo"
"""Of the service hours: their months are over before those in UTC."""
SETTINGS = {
    "RAPPORT_STATEMENT_GRACE": "PT0S",
    "RAPPORT_STATEMENT_INTERVAL": "PT1S",
    "RAPPORT_STATEMENT_BATCH_SIZE": "2",
}
LEASE = timedelta(seconds=30)
"""The lock of a dead replica is free after a second; the rest is for a busy machine."""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
async def agreements(
    committed_sla: ServiceUnderTest, headers: Callable[..., dict[str, str]], written: Callable[..., dict[str, Any]]
) -> list[str]:
    """They began two months ago, so two periods of each are due."""
    sla_client = await build_sla_client(committed_sla, headers, written)
    month = datetime.now(ZoneInfo(TIME_ZONE)).date().replace(day=1)
    begun = ((month - timedelta(days=1)).replace(day=1) - timedelta(days=1)).replace(day=15)
    signed = [await sla_client.signed(name=f"Shop {number}", starts_on=str(begun)) for number in range(AGREEMENTS)]
    return [agreement["id"] for agreement in signed]


def closers(url: str, number: int) -> AbstractContextManager[list[subprocess.Popen[bytes]]]:
    return replicas(url, "close-periods", number, **SETTINGS)


async def until(holds: Callable[[], Any], otherwise: str) -> None:
    by = datetime.now(UTC) + LEASE
    while not await holds():
        assert datetime.now(UTC) < by, otherwise
        await asyncio.sleep(0.05)


async def test_a_replica_is_killed_while_it_closes_and_another_one_takes_over(
    agreements: list[str], committed_sla: ServiceUnderTest
) -> None:
    url = committed_sla.runtime.database.settings.url
    connection, holder = await asyncpg.connect(url), await asyncpg.connect(url)

    async def closed() -> bool:
        return bool(await connection.fetchval("SELECT count(*) = $1 FROM sla.statements", 2 * AGREEMENTS))

    async def blocked() -> bool:
        return bool(await connection.fetchval(WAITING))

    async with holder.transaction():
        # Whoever closes has written the statements of a group, and now waits for its turn in the outbox.
        await holder.execute("SELECT FROM sla.outbox_heads FOR UPDATE")
        with closers(url, 1) as (killed,):
            await until(blocked, "nothing is being closed")
            killed.kill()
            killed.wait()
        assert await connection.fetchval("SELECT count(*) FROM sla.statements") == 0
    with closers(url, 2):
        await until(closed, "not everything is closed")
        await asyncio.sleep(2)  # another replica would close it again by now
    rows = await connection.fetch("SELECT agreement_id, number, revision, previous_sha256 FROM sla.statements")
    chains = Counter((str(row["agreement_id"]), row["number"], row["revision"]) for row in rows)
    assert chains == {(agreement, number, 1): 1 for agreement in agreements for number in (1, 2)}
    issued_count = await connection.fetchval(
        "SELECT count(*) FROM sla.outbox WHERE type = $1", StatementIssued.ce_type()
    )
    assert issued_count == 2 * AGREEMENTS
    assert await connection.fetchval("SELECT count(*) FROM sla.statement_keys") == 1
    await connection.close()
    await holder.close()
