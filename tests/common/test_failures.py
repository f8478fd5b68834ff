"""Which failures pass by themselves, asked of connections that PostgreSQL really ended."""

import asyncpg
import pytest

from common.failures import is_transient


async def ended(url: str) -> asyncpg.Connection:
    """A connection whose backend was told to go, and that has read the farewell or not."""
    one, other = await asyncpg.connect(url), await asyncpg.connect(url)
    await other.execute("SELECT pg_terminate_backend($1)", one.get_server_pid())
    await other.close()
    return one


async def test_whatever_a_connection_says_that_was_ended_is_transient(postgres_url: str) -> None:
    for _ in range(5):
        connection = await ended(postgres_url)
        with pytest.raises(Exception) as found:  # noqa: PT011 - which one it is depends on the moment
            await connection.fetchval("SELECT 1")
        assert is_transient(found.value), repr(found.value)
        connection.terminate()


def test_a_farewell_that_crosses_a_question_is_transient() -> None:
    assert is_transient(asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"))


def test_a_broken_rule_of_the_database_is_not() -> None:
    assert not is_transient(asyncpg.UniqueViolationError("taken"))
    assert not is_transient(ValueError("a bug"))
