"""Each service over a database of its own per story, in which everything is really committed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module

import asyncpg
import httpx
import pytest

from common import migrations, provision
from common.app import app_of
from common.auth.authenticator import Authenticator
from common.auth.development import development_settings
from common.auth.keystore import KeyStore
from common.database import Database
from common.ids import new_id
from common.runtime import Runtime
from common.service import Service
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from common.testing.issuer import Clock, Issuer
from common.testing.plugin import BASE, PASSWORD
from common.testing.stories import Teller

Tellers = Callable[[str], Awaitable[Teller]]


@pytest.fixture(scope="session")
def templates(postgres_url: str) -> Callable[[str], Awaitable[str]]:
    """The name of a database with the service's tables, and nothing in them."""
    made: dict[str, str] = {}

    async def of(service: str) -> str:
        if service not in made:
            name = f"example_{service}"
            await provision.create_database(postgres_url, name)
            await provision.provision(f"{postgres_url.rpartition('/')[0]}/{name}", service, PASSWORD)
            await asyncio.to_thread(migrations.upgrade, service, _url(postgres_url, service, name))
            made[service] = name
        return made[service]

    return of


@pytest.fixture
async def teller(
    postgres_url: str,
    templates: Callable[[str], Awaitable[str]],
    development_key: object,
    headers: Callable[..., dict[str, str]],
    clock: Clock,
) -> AsyncIterator[Tellers]:
    opened: list[tuple[Database, httpx.AsyncClient]] = []

    async def of(name: str) -> Teller:
        copy = f"story_{new_id().hex}"
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(f"CREATE DATABASE {copy} TEMPLATE {await templates(name)}")
        await connection.close()
        service: Service = import_module(f"{name}.main").service()
        database = Database(DatabaseSettings(url=_url(postgres_url, name, copy)))
        auth = development_settings(BASE)
        runtime = Runtime(name, Settings(environment="test", auth=auth), database, machinery(service.metadata), clock)
        issuer = httpx.AsyncClient(transport=httpx.ASGITransport(Issuer(auth, development_key)))  # type: ignore[arg-type]
        keys = KeyStore(database.sessions, service.api_keys, clock) if service.api_keys else None
        runtime.authenticator = Authenticator(auth, issuer, keys, clock)
        app = httpx.ASGITransport(app_of(service, runtime, background=False), raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=app, base_url=f"{BASE}/{name}/v1")
        opened.append((database, client))
        return Teller(service, runtime, client, headers, clock)

    yield of
    for database, client in opened:
        await client.aclose()
        await database.close()


def _url(postgres_url: str, service: str, database: str) -> str:
    scheme, _, place = postgres_url.partition("://")
    return f"{scheme}://{service}:{PASSWORD}@{place.rpartition('@')[2].rpartition('/')[0]}/{database}"
