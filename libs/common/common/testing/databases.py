"""Databases for tests: one per process that tests share and roll back, and new ones for what has to be committed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from common.database import migrations, provisioning
from common.database.connections import Database
from common.database.record_protection import find_append_only_tables, protect_records
from common.ids import new_id
from common.settings import DatabaseSettings

PASSWORD = "only-for-tests"  # noqa: S105 - it protects nothing

OpenDatabase = Callable[[str], Awaitable[Database]]
CreateDatabase = Callable[[str], Awaitable[str]]


def replace_in_url(admin_url: str, role: str | None = None, database: str | None = None) -> str:
    """Return the URL of another role, another database, or both, on the server of `admin_url`."""
    parts = urlsplit(admin_url)
    credentials, _, host = parts.netloc.rpartition("@")
    credentials = f"{role}:{PASSWORD}" if role else credentials
    return parts._replace(netloc=f"{credentials}@{host}", path=f"/{database}" if database else parts.path).geturl()


async def provision_and_migrate(admin_url: str, service: str) -> str:
    """Create the tables of `service` in the database of `admin_url`, and return the service's own URL of it."""
    await provisioning.provision_service(admin_url, service, PASSWORD)
    url = replace_in_url(admin_url, service)
    await asyncio.to_thread(migrations.upgrade, service, url)
    await protect_records(admin_url, service, find_append_only_tables(migrations.load_metadata(service)))
    return url


@pytest.fixture(scope="session")
async def databases(postgres_url: str) -> AsyncIterator[OpenDatabase]:
    """Open a service's connections to the database of this process, migrated once: `await databases("sla")`."""
    opened: dict[str, Database] = {}

    async def of(service: str) -> Database:
        if service not in opened:
            url = await provision_and_migrate(postgres_url, service)
            # A test is one transaction, and may look at many examples.
            opened[service] = Database(DatabaseSettings(url=url, transaction_timeout=timedelta(minutes=10)))
        return opened[service]

    yield of
    for database in opened.values():
        await database.close()


@pytest.fixture(scope="session")
def new_database(postgres_url: str) -> CreateDatabase:
    """Return the URL of a new database with a service's tables, all empty: `await new_database("sla")`."""
    templates: set[str] = set()

    async def of(service: str) -> str:
        template, name = f"{service}_template", f"{service}_{new_id().hex}"
        if service not in templates:
            await provisioning.create_database(postgres_url, template)
            await provision_and_migrate(replace_in_url(postgres_url, database=template), service)
            templates.add(service)
        # Copying files costs half of copying by way of the log, as long as nothing is synced.
        await _administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return replace_in_url(postgres_url, service, name)

    return of


@pytest.fixture
async def temporary_database(postgres_url: str, new_database: CreateDatabase) -> AsyncIterator[CreateDatabase]:
    """Return the URL of a new database that is dropped after the test: `await temporary_database("sla")`."""
    urls: list[str] = []

    async def of(service: str) -> str:
        urls.append(await new_database(service))
        return urls[-1]

    yield of
    for url in urls:
        await _administer(postgres_url, f"DROP DATABASE {provisioning.database_name(url)} WITH (FORCE)")


async def _administer(admin_url: str, statement: str) -> None:
    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
