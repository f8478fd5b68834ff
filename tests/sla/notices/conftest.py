"""The service as people and replicas meet it at once: each request in a transaction of its own, which is kept."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.app import app_of
from common.auth.authenticator import Authenticator
from common.auth.development import development_settings
from common.ids import new_id
from common.runtime import Runtime
from common.settings import Settings
from common.tables import machinery
from common.testing.issuer import Clock, Issuer
from common.testing.plugin import BASE, Trial
from sla.main import service
from sla.tables import Base
from tests.sla.conftest import Shop, offering, register


@pytest.fixture
async def committed(databases: Callable[[str], Any], development_key: Any, clock: Clock) -> AsyncIterator[Trial]:
    """What it has committed is removed at the end."""
    clock.instant = datetime(2026, 2, 3, 12, tzinfo=UTC)
    database, auth = await databases("sla"), development_settings(BASE)
    runtime = Runtime("sla", Settings(environment="test", auth=auth), database, machinery(Base.metadata), clock)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Issuer(auth, development_key))) as issuer:
        runtime.authenticator = Authenticator(auth, issuer, None, clock)
        transport = httpx.ASGITransport(app_of(service(), runtime, background=False), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=f"{BASE}/sla/v1") as client:
            yield Trial(service(), runtime, client)
    async with database.engine.begin() as connection:
        names = ", ".join(str(table) for table in Base.metadata.sorted_tables)
        await connection.execute(text(f"TRUNCATE {names}"))


@pytest.fixture
async def kept(
    committed: Trial, headers: Callable[..., dict[str, str]], written: Callable[..., dict[str, Any]]
) -> Shop:
    """The shop, over committed transactions."""
    customer_id, service_id, offering_id = await register(committed, "Example Ltd"), new_id(), new_id()
    await committed.react(offering(service_id, offering_id))
    body = {"name": "Shop answers", "kind": "availability"}
    defined = await committed.client.post("/indicators", json=body, headers=headers("manager"))
    return Shop(committed, headers, customer_id, offering_id, service_id, UUID(defined.json()["id"]), written)
