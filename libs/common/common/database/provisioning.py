"""Creates the database, and a schema with a role per service; a role may use only its own schema."""

from urllib.parse import urlsplit

import asyncpg

LOCK_KEY = 7_265_112
"""The key of the lock by which concurrent provisioning jobs wait for each other."""


def database_name(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


async def create_database(admin_url: str, name: str) -> None:
    """Create the database `name` unless it exists; only roles that are granted it may connect."""
    connection = await asyncpg.connect(admin_url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(await format_statement(connection, "CREATE DATABASE %I", name))
        await connection.execute(await format_statement(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name))
    finally:
        await connection.close()


async def provision_service(admin_url: str, service: str, password: str) -> None:
    """Create a role and a schema for `service` in the database of `admin_url`; later calls set the password."""
    connection = await asyncpg.connect(admin_url)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", LOCK_KEY)
            await _ensure_role(connection, service, password)
            await _ensure_schema(connection, service, database_name(admin_url))
    finally:
        await connection.close()


async def _ensure_role(connection: asyncpg.Connection, name: str, password: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
    verb = "ALTER" if exists else "CREATE"
    rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"
    await connection.execute(await format_statement(connection, f"{verb} ROLE %I {rights} PASSWORD %L", name, password))
    # An administrator who is no superuser must be a member of the role to create its schema.
    await connection.execute(await format_statement(connection, "GRANT %I TO CURRENT_USER", name))


async def _ensure_schema(connection: asyncpg.Connection, name: str, database: str) -> None:
    statements = (
        await format_statement(connection, "CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I", name, name),
        await format_statement(connection, "GRANT CONNECT ON DATABASE %I TO %I", database, name),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    )
    for statement in statements:
        await connection.execute(statement)


async def format_statement(connection: asyncpg.Connection, pattern: str, *names: str) -> str:
    """Have PostgreSQL quote names and literals, as DDL takes no parameters."""
    places = ", ".join(f"${number}::text" for number in range(2, len(names) + 2))
    statement: str = await connection.fetchval(f"SELECT format($1, {places})", pattern, *names)
    return statement
