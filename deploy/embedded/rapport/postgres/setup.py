"""Brings a database to where the services can start: roles, schemas, migrations. Does nothing the second time."""

import asyncio
import time
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from common.database import migrations
from common.database.provisioning import create_database, database_name, provision_service
from common.database.record_protection import find_append_only_tables, protect_records
from rapport.errors import CommandError


async def wait_for_postgres(admin_url: str, seconds: float) -> None:
    """Wait until PostgreSQL answers; a wrong password fails at once."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection = await asyncpg.connect(replace_in_url(admin_url, database="postgres"), timeout=5)
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError) as problem:
            if time.monotonic() > deadline:
                raise CommandError(f"PostgreSQL did not answer for {seconds:.0f} s: {problem}") from None
            await asyncio.sleep(0.5)
        except asyncpg.PostgresError as problem:
            raise CommandError(f"PostgreSQL refuses: {problem}") from None
        else:
            await connection.close()
            return


async def prepare_database(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Create the database of `admin_url` if need be, and a role and an up-to-date schema for each service."""
    maintenance = replace_in_url(admin_url, database="postgres")
    await create_database(maintenance, database_name(admin_url))
    for service, password in passwords.items():
        await provision_service(admin_url, service, password)
    for service, password in passwords.items():
        await asyncio.to_thread(migrations.upgrade, service, service_url(admin_url, service, password))
        await protect_records(admin_url, service, find_append_only_tables(migrations.load_metadata(service)))


def service_url(admin_url: str, service: str, password: str) -> str:
    """Return the URL of the same database with the service's own role."""
    return replace_in_url(admin_url, user=service, password=password)


def replace_in_url(url: str, *, user: str = "", password: str = "", database: str = "") -> str:
    parts = urlsplit(url)
    credentials, _, host = parts.netloc.rpartition("@")
    if user:
        credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
    netloc = f"{credentials}@{host}" if credentials else host
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}" if database else parts.path))
