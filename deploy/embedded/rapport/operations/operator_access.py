"""How commands reach the databases: of the Rapport that runs on a directory, or of any, by an administrator's URL."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from common.auth.principal import Principal
from common.database.connections import Database
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.settings import DatabaseSettings, Settings
from rapport.data_dir import DataDirectory
from rapport.embedded import services
from rapport.errors import CommandError
from rapport.postgres.server import Postgres

DATABASE_NAME = "rapport"


@dataclass(frozen=True)
class OperatorAccess:
    """An operator's access to one service."""

    service: ServiceDefinition
    runtime: Runtime
    operator: Principal


def resolve_admin_url(data: Path, given: str | None) -> str:
    """Return the administrator's URL: `given`, or of the Rapport that runs on `data`. Raise CommandError if neither."""
    if given:
        return given
    data_dir = DataDirectory(data)
    running = data_dir.find_instance()
    if running is None or not running.postgres_port:
        raise CommandError(f"No Rapport runs on {data_dir.path}. Start it, or name a database: --database-url.")
    return Postgres(data_dir.postgres_path, port=running.postgres_port).dsn(DATABASE_NAME)


@asynccontextmanager
async def open_operator_access(name: str, url: str) -> AsyncIterator[OperatorAccess]:
    service = services.load_service(name)
    settings = Settings(environment="embedded", database=DatabaseSettings(url=url, pool_size=1))
    database = Database(settings.database)
    try:
        runtime = service.build_runtime(settings, database)
        yield OperatorAccess(service, runtime, Principal(subject=f"operator:{getpass.getuser()}", kind="system"))
    finally:
        await database.close()
