"""What tests of incidents share."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

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
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from common.testing.issuer import Clock, Issuer
from common.testing.plugin import BASE, Trial
from sla.main import service
from tests.sla.incidents.desk import Desk, desk_of, promised


@pytest.fixture
async def desk(shop: Any, clock: Clock) -> Desk:
    """It is 12:00 on 3 February 2026."""
    return await desk_of(shop, clock, promised())


@pytest.fixture
async def database_url(postgres_url: str) -> str:
    """A database that replicas share, and no test rolls back."""
    name = f"replicas_{new_id().hex}"
    await provision.create_database(postgres_url, name)
    url = postgres_url.rpartition("/")[0] + f"/{name}"
    await provision.provision(url, "sla", "only-for-tests")
    scheme, _, place = url.partition("://")
    own = f"{scheme}://sla:only-for-tests@{place.rpartition('@')[2]}"
    await asyncio.to_thread(migrations.upgrade, "sla", own)
    return own


@pytest.fixture
async def committed(database_url: str, development_key: Any, clock: Clock) -> AsyncIterator[Trial]:
    """The service, whose work is committed."""
    clock.instant = datetime.now(UTC)
    auth, told = development_settings(BASE), service()
    database = Database(DatabaseSettings(url=database_url))
    runtime = Runtime("sla", Settings(environment="test", auth=auth), database, machinery(told.metadata), clock)
    issuer = httpx.AsyncClient(transport=httpx.ASGITransport(Issuer(auth, development_key)))
    keys = KeyStore(database.sessions, told.api_keys, clock) if told.api_keys else None
    runtime.authenticator = Authenticator(auth, issuer, keys, clock)
    app = httpx.ASGITransport(app_of(told, runtime, background=False), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=app, base_url=f"{BASE}/sla/v1") as client:
        yield Trial(told, runtime, client)
    await database.close()
