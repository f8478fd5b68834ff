"""Which failures pass by themselves, asked of connections that PostgreSQL really ended."""

import asyncio
import errno
import os
import socket
import time
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from common.database.connections import Database
from common.database.transient_errors import is_transient
from common.settings import DatabaseSettings


async def connect_and_terminate(url: str) -> asyncpg.Connection:
    """A connection whose backend was told to go, and that has read the farewell or not."""
    first, second = await asyncpg.connect(url), await asyncpg.connect(url)
    await second.execute("SELECT pg_terminate_backend($1)", first.get_server_pid())
    await second.close()
    return first


async def test_whatever_a_connection_says_that_was_ended_is_transient(postgres_url: str) -> None:
    for _ in range(5):
        connection = await connect_and_terminate(postgres_url)
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one it is depends on the moment
            await connection.fetchval("SELECT 1")
        assert is_transient(raised.value), repr(raised.value)
        connection.terminate()


def test_a_farewell_that_crosses_a_question_is_transient() -> None:
    assert is_transient(asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"))


async def test_a_session_that_ended_while_the_process_was_busy_is_transient_and_replaced(postgres_url: str) -> None:
    """Whether asyncpg reads its end just before the next statement, or with it, is a matter of turns of the loop."""
    database = Database(DatabaseSettings(url=postgres_url, statement_timeout=timedelta(milliseconds=100), pool_size=1))
    failures = []

    for turns in range(4):
        async with database.sessions() as session:
            await session.execute(text("SELECT 1"))
            time.sleep(0.3)  # noqa: ASYNC251 - nothing else can be done meanwhile, as when much is computed
            for _ in range(turns):
                await asyncio.sleep(0)
            with pytest.raises(DBAPIError) as raised:
                await session.execute(text("SELECT 2"))
            failures.append(raised.value)
        async with database.sessions() as session:
            assert await session.scalar(text("SELECT 3")) == 3

    await database.close()
    assert [is_transient(failure) for failure in failures] == [True] * len(failures), failures
    assert any("another operation" in str(failure) for failure in failures), failures


async def test_a_query_that_is_cancelled_leaves_the_pool_usable(postgres_url: str) -> None:
    database = Database(DatabaseSettings(url=postgres_url, pool_size=1))

    for seconds in (0, 0.001, 0.01, 0.05):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds), database.sessions() as session:
                await session.execute(text("SELECT pg_sleep(10)"))
        async with database.sessions() as session:
            assert await session.scalar(text("SELECT 3")) == 3

    await database.close()


def test_a_name_that_is_not_resolved_is_transient() -> None:
    """As that of a container which is stopped."""
    with pytest.raises(socket.gaierror) as raised:
        socket.getaddrinfo("postgres", 5432, flags=socket.AI_NUMERICHOST)
    assert is_transient(raised.value)


@pytest.mark.parametrize("code", [errno.EHOSTUNREACH, errno.ENETUNREACH])
def test_what_is_out_of_reach_is_transient(code: int) -> None:
    assert is_transient(OSError(code, os.strerror(code)))


async def test_a_server_that_only_reads_is_transient(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError) as raised:
        await connection.execute("CREATE TABLE nothing ()")
    assert is_transient(raised.value)
    await connection.close()


def test_a_file_that_is_missing_is_not() -> None:
    assert not is_transient(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))


def test_a_broken_rule_of_the_database_is_not() -> None:
    assert not is_transient(asyncpg.UniqueViolationError("taken"))
    assert not is_transient(ValueError("a bug"))
