"""What PostgreSQL itself says of the schemas: complete, apart from each other, and as the models say."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module

import asyncpg
import pytest
from sqlalchemy.orm import configure_mappers

from common.database import migrations
from common.database.connections import Database
from common.database.entities import Entity

SERVICES = ("catalog", "engagement", "feedback", "reporting", "sla")
Databases = Callable[[str], Awaitable[Database]]


@pytest.fixture
async def catalogs(databases: Databases, postgres_url: str) -> asyncpg.Connection:
    """A superuser's connection to the database that holds all services' schemas."""
    for service in SERVICES:
        await databases(service)
    return await asyncpg.connect(postgres_url)


@pytest.mark.parametrize("service", SERVICES)
async def test_models_and_migrations_say_the_same(databases: Databases, service: str) -> None:
    database = await databases(service)
    await asyncio.to_thread(migrations.check, service, database.settings.url)


async def test_no_foreign_key_crosses_schemas(catalogs: asyncpg.Connection) -> None:
    crossing = await catalogs.fetch("""
        SELECT conname FROM pg_constraint
        JOIN pg_class here ON here.oid = conrelid JOIN pg_class there ON there.oid = confrelid
        WHERE contype = 'f' AND here.relnamespace <> there.relnamespace
    """)
    await catalogs.close()
    assert crossing == []


async def test_every_foreign_key_is_found_by_an_index(catalogs: asyncpg.Connection) -> None:
    """Or else deleting, and joining from the other side, reads the whole table."""
    unindexed = await catalogs.fetch("""
        SELECT conrelid::regclass::text AS table, conname FROM pg_constraint
        WHERE contype = 'f' AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = conrelid AND conkey[1] = indkey[0])
    """)
    await catalogs.close()
    assert [dict(row) for row in unindexed] == []


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_reads_no_other_services_tables(
    databases: Databases, catalogs: asyncpg.Connection, service: str
) -> None:
    tables = await catalogs.fetch(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY($1)", [s for s in SERVICES if s != service]
    )
    await catalogs.close()
    own = await asyncpg.connect((await databases(service)).settings.url)
    for row in tables:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await own.execute(f'SELECT FROM "{row["schemaname"]}"."{row["tablename"]}"')
    await own.close()


def test_no_relationship_is_loaded_behind_ones_back() -> None:
    for service in SERVICES:
        import_module(f"{service}.tables")
    configure_mappers()
    eager = [
        str(relationship)
        for mapper in Entity.registry.mappers | {m for kind in _entities() for m in kind.registry.mappers}
        for relationship in mapper.relationships
        if relationship.lazy not in {"raise", "write_only"}
    ]
    assert not eager


def _entities() -> list[type[Entity]]:
    return [import_module(f"{service}.tables").Base for service in SERVICES]
