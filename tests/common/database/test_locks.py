"""Advisory locks: one holder, in whichever process, and none after the connection is gone."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from common.database.locks import AdvisoryLocks


@pytest.fixture
async def replicas(postgres_url: str) -> AsyncIterator[tuple[AdvisoryLocks, AdvisoryLocks]]:
    pair = AdvisoryLocks(lambda: asyncpg.connect(postgres_url)), AdvisoryLocks(lambda: asyncpg.connect(postgres_url))
    yield pair
    for locks in pair:
        locks.close()


async def is_free(locks: AdvisoryLocks, name: str) -> bool:
    async with asyncio.timeout(30), locks.acquire(name, 0.01):
        return True


async def is_taken(locks: AdvisoryLocks, name: str) -> bool:
    try:
        async with asyncio.timeout(0.3), locks.acquire(name, 0.01):
            return False
    except TimeoutError:
        return True


async def test_a_held_lock_is_refused_in_the_same_and_in_another_process(
    replicas: tuple[AdvisoryLocks, AdvisoryLocks],
) -> None:
    here, there = replicas
    async with here.acquire("one", 0.01):
        assert await is_taken(here, "one")
        assert await is_taken(there, "one")
        assert await is_free(there, "other")
    assert await is_free(there, "one")
    assert await is_free(here, "one")


async def test_many_locks_of_a_process_cost_one_connection(replicas: tuple[AdvisoryLocks, AdvisoryLocks]) -> None:
    here, _ = replicas
    async with here.acquire("one", 0.01) as first, here.acquire("two", 0.01) as two:
        await asyncio.gather(first.check_alive(), two.check_alive())
        assert first.connection is two.connection


async def test_whoever_lost_the_connection_is_told_and_another_takes_over(
    replicas: tuple[AdvisoryLocks, AdvisoryLocks],
) -> None:
    here, there = replicas

    async def hold_and_lose() -> None:
        async with here.acquire("one", 0.01) as hold:
            hold.connection.terminate()
            assert await is_free(there, "one")
            await hold.check_alive()

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await hold_and_lose()
    assert await is_free(here, "one")


async def test_an_answer_to_one_holder_shows_the_others_that_the_locks_stand(
    replicas: tuple[AdvisoryLocks, AdvisoryLocks],
) -> None:
    here, _ = replicas
    async with here.acquire("one", 0.01) as first, here.acquire("two", 0.01) as second:
        queries: list[str] = []
        first.connection.add_query_logger(lambda record: queries.append(record.query))

        await first.check_alive()
        await second.check_alive()

    assert queries[0] == "SELECT 1"
    assert queries.count("SELECT 1") == 1
