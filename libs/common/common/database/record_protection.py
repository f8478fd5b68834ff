"""Protects records, such as the audit trail, from the service that writes them: it may add rows and nothing else.

The tables, and the schema whose owner could drop them, belong to a role that nobody logs in as.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg
from sqlalchemy import MetaData

from common.database.provisioning import LOCK_KEY, format_statement

OWNER = "rapport_owner"
"""The role that owns the schemas and the protected tables."""
LOCK_TIMEOUT = "5s"

_REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION %I.refuse_change_of_sealed() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'a record that is sealed cannot be changed' USING ERRCODE = 'insufficient_privilege'; END$$
"""


_SET_ONCE = """
CREATE OR REPLACE TRIGGER set_once BEFORE UPDATE ON %1$I.%2$I FOR EACH ROW WHEN ({is_set})
EXECUTE FUNCTION %1$I.refuse_change_of_sealed()
"""


def append_only(*set_once: str) -> dict[Any, Any]:
    """Return the `info` of a table whose rows stay as they were written, but for columns that are set once later."""
    return {"append_only": set_once}


def find_append_only_tables(metadata: MetaData) -> dict[str, tuple[str, ...]]:
    """Find the tables to protect, by name, with their columns that are set once later."""
    return {table.name: table.info["append_only"] for table in metadata.sorted_tables if "append_only" in table.info}


async def protect_records(admin_url: str, service: str, tables: Mapping[str, tuple[str, ...]]) -> None:
    """Give the schema and the tables of a service to their owner. Later calls change nothing."""
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            await _ensure_owner(connection)
            await _give_away_schema(connection, service)
            for table, set_once in tables.items():
                await _give_away_table(connection, service, table, set_once)
    finally:
        await connection.close()


async def _ensure_owner(connection: asyncpg.Connection) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
        await connection.execute(f"CREATE ROLE {OWNER} NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")
    # An administrator who is no superuser must be a member of the role to give it anything.
    await connection.execute(f"GRANT {OWNER} TO CURRENT_USER")


async def _give_away_schema(connection: asyncpg.Connection, service: str) -> None:
    owner = await connection.fetchval("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = $1", service)
    if owner == OWNER:
        return
    for pattern in (
        f"ALTER SCHEMA %1$I OWNER TO {OWNER}",
        "GRANT USAGE, CREATE ON SCHEMA %1$I TO %1$I",
        _REFUSE_CHANGE.replace("%I", "%1$I"),
        f"ALTER FUNCTION %1$I.refuse_change_of_sealed() OWNER TO {OWNER}",
    ):
        await connection.execute(await format_statement(connection, pattern, service))


async def _give_away_table(connection: asyncpg.Connection, service: str, table: str, set_once: tuple[str, ...]) -> None:
    owner = await connection.fetchval(
        "SELECT relowner::regrole::text FROM pg_class WHERE relname = $2 AND relnamespace::regnamespace::text = $1",
        service,
        table,
    )
    if owner == OWNER:
        return
    patterns = [
        f"ALTER TABLE %1$I.%2$I OWNER TO {OWNER}",
        "REVOKE ALL ON %1$I.%2$I FROM %1$I",
        "GRANT SELECT, INSERT, REFERENCES ON %1$I.%2$I TO %1$I",
    ]
    if set_once:
        is_set = " OR ".join(f"OLD.{column} IS NOT NULL" for column in set_once)
        patterns += [
            f"GRANT UPDATE ({', '.join(set_once)}) ON %1$I.%2$I TO %1$I",
            _SET_ONCE.format(is_set=is_set),
        ]
    for pattern in patterns:
        await connection.execute(await format_statement(connection, pattern, service, table))
