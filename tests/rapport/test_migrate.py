"""`rapport migrate`, as Compose runs it: on an empty server, and again at every start."""

import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from rapport.postgres.server import Postgres
from rapport.service_names import ServiceName
from tests.rapport.processes import call

PASSWORDS = {f"RAPPORT_{name.upper()}_PASSWORD": f"secret of {name}/@:" for name in ServiceName}


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Postgres]:
    """A server of its own: roles and their passwords belong to the whole of it."""
    with tempfile.TemporaryDirectory(prefix="rapport-", ignore_cleanup_errors=True) as home:
        async with Postgres(Path(home), durable=False) as postgres:
            yield postgres


@pytest.fixture
def surroundings(server: Postgres) -> dict[str, str]:
    return {**os.environ, **PASSWORDS, "RAPPORT_ADMIN_URL": server.dsn("migrated")}


async def test_every_service_gets_a_schema_that_no_other_can_read(
    server: Postgres, surroundings: Mapping[str, str]
) -> None:
    for _ in range(2):
        result = call("migrate", surroundings=surroundings)
        assert result.returncode == 0, result.stderr
    for name in ServiceName:
        own = await asyncpg.connect(server.dsn("migrated", name, f"secret of {name}/@:"))
        assert await own.fetchval(f"SELECT count(*) FROM {name}.outbox") == 0  # noqa: S608 - our own names
        second = ServiceName.sla if name is not ServiceName.sla else ServiceName.catalog
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.fetchval(f"SELECT count(*) FROM {second}.outbox")  # noqa: S608
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute("CREATE SCHEMA mine")
        await own.close()


def test_a_missing_password_is_named(surroundings: dict[str, str]) -> None:
    del surroundings["RAPPORT_SLA_PASSWORD"]
    answer = call("migrate", surroundings=surroundings)
    assert answer.returncode == 1
    assert "RAPPORT_SLA_PASSWORD is not set" in answer.stderr


def test_a_server_that_does_not_answer_is_waited_for_and_then_named(surroundings: dict[str, str]) -> None:
    place = urlsplit(surroundings["RAPPORT_ADMIN_URL"])
    surroundings["RAPPORT_ADMIN_URL"] = place._replace(netloc="postgres:x@127.0.0.1:1").geturl()
    answer = call("migrate", "--wait", "1", surroundings=surroundings)
    assert answer.returncode == 1
    assert "PostgreSQL did not answer for 1 s" in answer.stderr


def test_a_wrong_password_is_said_at_once(surroundings: dict[str, str], server: Postgres) -> None:
    surroundings["RAPPORT_ADMIN_URL"] = server.dsn("migrated", password="wrong")
    answer = call("migrate", surroundings=surroundings)
    assert answer.returncode == 1
    assert "PostgreSQL refuses" in answer.stderr
