"""Connections that PostgreSQL has closed because nobody used them."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from common.database.connections import Database
from common.settings import DatabaseSettings

IDLE_TIMEOUT = timedelta(seconds=0.5)


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    database = Database(DatabaseSettings(url=postgres_url, idle_timeout=IDLE_TIMEOUT))
    yield database
    await database.close()


async def ask_all(database: Database) -> None:
    async with database.sessions() as session:
        await session.execute(text("SELECT 1"))
    async with database.read_sessions() as session:
        await session.execute(text("SELECT 1"))
    await (await database.get_pool()).fetchval("SELECT 1")


async def test_one_that_was_closed_while_this_process_was_busy_is_replaced_unseen(database: Database) -> None:
    await ask_all(database)
    seconds = IDLE_TIMEOUT.total_seconds()

    await asyncio.sleep(0.85 * seconds)
    time.sleep(0.4 * seconds)  # noqa: ASYNC251 - the event loop is busy, and reads of no end of a connection

    await ask_all(database)


async def test_one_that_is_used_stays(database: Database) -> None:
    async with database.sessions() as session:
        before = await session.scalar(text("SELECT pg_backend_pid()"))
    async with database.sessions() as session:
        after = await session.scalar(text("SELECT pg_backend_pid()"))

    assert before == after
