"""How commands reach the databases: of the Rapport that runs on a directory, or of any, by an administrator's URL."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from common.auth.principal import Principal
from common.database import Database
from common.runtime import Runtime
from common.service import Service
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from rapport import services
from rapport.errors import Trouble
from rapport.home import Home
from rapport.postgres import Postgres

DATABASE = "rapport"


@dataclass(frozen=True)
class Desk:
    """One service's machinery, for an operator."""

    service: Service
    runtime: Runtime
    operator: Principal


def admin_url(data: Path, given: str | None) -> str:
    """The administrator's URL: `given`, or of the Rapport that runs on `data`. Raise Trouble if there is neither."""
    if given:
        return given
    home = Home(data)
    running = home.running()
    if running is None or not running.postgres_port:
        raise Trouble(f"No Rapport runs on {home.path}. Start it, or name a database: --database-url.")
    return Postgres(home.postgres, port=running.postgres_port).dsn(DATABASE)


@asynccontextmanager
async def desk_of(name: str, url: str) -> AsyncIterator[Desk]:
    service = services.load(name)
    settings = Settings(environment="embedded", database=DatabaseSettings(url=url, pool_size=1))
    database = Database(settings.database)
    try:
        runtime = Runtime(name, settings, database, machinery(service.metadata))
        yield Desk(service, runtime, Principal(subject=f"operator:{getpass.getuser()}", kind="system"))
    finally:
        await database.close()
