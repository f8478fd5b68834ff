"""A service adds to its audit trail and statements; it can neither change nor delete what stands there."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import insert

from common import audit
from common.database import migrations, provisioning
from common.database.record_protection import find_append_only_tables, protect_records
from common.testing.databases import PASSWORD, replace_in_url
from common.testing.plugin import ServiceUnderTest, StartService
from tests.conftest import SERVICES

ENTRY = {"actor": "a", "request": "r", "action": "created", "entity": "notes", "entity_id": "1"}
FORGERY = "UPDATE {table} SET seal = 'forged', seal_number = 2"
TAMPERING = {
    "change": "UPDATE {table} SET {column} = 'somebody else'",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table} CASCADE",
    "drop": "DROP TABLE {table} CASCADE",
    "drop the schema": "DROP SCHEMA {schema} CASCADE",
    "drop the trigger": "DROP TRIGGER set_once ON {table}",
    "disable triggers": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "replace the function": "DROP FUNCTION {schema}.refuse_change_of_sealed() CASCADE",
    "take the table": "ALTER TABLE {table} OWNER TO {schema}",
    "become its owner": "SET ROLE rapport_owner",
    "leave triggers out": "SET session_replication_role = replica",
}


async def add_entry(service: ServiceUnderTest) -> None:
    async with service.begin() as work:
        await work.session.execute(insert(service.runtime.tables.audit).values(at=work.now, **ENTRY))


@pytest.fixture(params=SERVICES)
async def service(request: pytest.FixtureRequest, start_committed_service: StartService) -> ServiceUnderTest:
    service: ServiceUnderTest = await start_committed_service(request.param)
    await add_entry(service)
    async with service.begin() as work:
        assert await audit.seal(work.session, service.runtime.tables.audit) == 1
    return service


async def test_no_statement_of_the_service_changes_its_audit_trail(service: ServiceUnderTest) -> None:
    connection = await asyncpg.connect(service.runtime.database.settings.url)
    table = f"{service.service.name}.audit"
    for statement in TAMPERING.values():
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement.format(table=table, schema=service.service.name, column="actor"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute(FORGERY.format(table=table))
    await connection.close()

    await add_entry(service)
    async with service.begin() as work:
        assert await audit.seal(work.session, service.runtime.tables.audit) == 1
        assert await audit.find_broken_seal(work.session, service.runtime.tables.audit) is None


async def test_no_statement_of_the_service_changes_what_was_issued(start_committed_service: StartService) -> None:
    sla = await start_committed_service("sla")
    connection = await asyncpg.connect(sla.runtime.database.settings.url)
    for kind, statement in TAMPERING.items():
        if "trigger" not in kind and "function" not in kind:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement.format(table="sla.statements", schema="sla", column="sha256"))
    await connection.close()


async def test_data_of_the_version_before_is_protected_from_the_next_start(postgres_url: str) -> None:
    """The version before left the schema and all tables to the service."""
    await provisioning.create_database(postgres_url, "before")
    admin_url = replace_in_url(postgres_url, database="before")
    await provisioning.provision_service(admin_url, "catalog", PASSWORD)
    url = replace_in_url(admin_url, "catalog")
    await asyncio.to_thread(migrations.upgrade, "catalog", url)
    connection = await asyncpg.connect(url)
    add = "INSERT INTO catalog.audit (at, actor, request, action, entity, entity_id) VALUES (now(), '', '', '', '', '')"
    await connection.execute(add)

    for _ in range(2):
        await provisioning.provision_service(admin_url, "catalog", PASSWORD)
        await asyncio.to_thread(migrations.upgrade, "catalog", url)
        await protect_records(admin_url, "catalog", find_append_only_tables(migrations.load_metadata("catalog")))

    await connection.execute(add)
    assert await connection.fetchval("SELECT count(*) FROM catalog.audit") == 2
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("DELETE FROM catalog.audit")
    await asyncio.to_thread(migrations.check, "catalog", url)
    await connection.close()
