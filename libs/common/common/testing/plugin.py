"""The pytest plugin: each service over real PostgreSQL, in one transaction per test that is rolled back.

A suite that uses it provides the fixture `postgres_url`, a superuser's libpq URL, once per session.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event as hooks
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker

from common import migrations, provision
from common.app import app_of
from common.auth.authenticator import Authenticator
from common.auth.development import development_settings, issue, new_key
from common.auth.keystore import KeyStore
from common.auth.principal import SYSTEM, Principal, Role
from common.database import Database
from common.runtime import Runtime
from common.service import Service
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from common.testing.issuer import Clock, Issuer
from common.work import Work
from published.event import Event, known_events

BASE = "http://127.0.0.1:8000"
PASSWORD = "only-for-tests"  # noqa: S105 - it protects nothing


class Trial:
    """One service in one test: requests, work and reactions share a transaction that is rolled back."""

    def __init__(self, service: Service, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.service = service
        self.runtime = runtime
        self.client = client

    @asynccontextmanager
    async def work(self, principal: Principal = SYSTEM) -> AsyncIterator[Work]:
        async with self.runtime.begin(principal, correlation="test") as work:
            yield work

    async def react(self, event: Event) -> None:
        """What the service does when another one tells `event`."""
        async with self.work() as work:
            await self.service.subscriptions[type(event)](work, event)

    async def emitted(self) -> list[Event]:
        """Every event told so far, in order."""
        table = self.runtime.tables.outbox
        async with self.runtime.database.sessions() as session:
            rows = (await session.execute(select(table.c.type, table.c.data).order_by(table.c.seq))).all()
        return [known_events()[row.type].model_validate_json(row.data) for row in rows]

    @contextmanager
    def queries(self) -> Iterator[list[str]]:
        """The SQL statements sent while the block runs."""
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                sent.append(statement)

        engine = self.runtime.database.engine.sync_engine
        hooks.listen(engine, "before_cursor_execute", note)
        yield sent
        hooks.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="session")
def development_key() -> Any:
    return new_key()


@pytest.fixture
def clock() -> Clock:
    """The clock of every service in the test; it stands still until it is moved."""
    return Clock()


@pytest.fixture
def headers(development_key: Any, clock: Clock) -> Callable[..., dict[str, str]]:
    """`headers("manager")` or `headers("customer", customer_id)`: what that person sends."""

    def of(role: str | Role, customer: UUID | None = None, subject: str | None = None) -> dict[str, str]:
        name = subject or (f"{role}-{customer}" if customer else str(role))
        settings = development_settings(BASE)
        token = issue(development_key, Role(role), customer, name, settings=settings, now=clock())
        return {"Authorization": f"Bearer {token}"}

    return of


@pytest.fixture(scope="session")
async def databases(postgres_url: str) -> AsyncIterator[Callable[[str], Any]]:
    """The connections of a service to this process' database, migrated once: `await databases("sla")`."""
    opened: dict[str, Database] = {}

    async def of(service: str) -> Database:
        if service not in opened:
            await provision.provision(postgres_url, service, PASSWORD)
            scheme, _, place = postgres_url.partition("://")
            url = f"{scheme}://{service}:{PASSWORD}@{place.rpartition('@')[2]}"
            await asyncio.to_thread(migrations.upgrade, service, url)
            # A test is one transaction, and may look at many examples.
            opened[service] = Database(DatabaseSettings(url=url, transaction_timeout=timedelta(minutes=10)))
        return opened[service]

    yield of
    for database in opened.values():
        await database.close()


@pytest.fixture
async def trial(
    databases: Callable[[str], Any], development_key: Any, clock: Clock
) -> AsyncIterator[Callable[[str], Any]]:
    """A service on trial in this test: `await trial("sla")`."""
    opened: dict[str, Trial] = {}
    connections: list[AsyncConnection] = []

    async def of(name: str) -> Trial:
        if name not in opened:
            database = await databases(name)
            connection = await database.engine.connect()
            connections.append(connection)
            await connection.begin()
            opened[name] = _trial(name, _rolled_back(database, connection), development_key, clock)
        return opened[name]

    yield of
    for one in opened.values():
        await one.client.aclose()
    for connection in connections:
        await connection.close()


def _rolled_back(database: Database, connection: AsyncConnection) -> Database:
    """The same database through one connection, whose transaction nobody commits."""
    view = Database(database.settings)
    view.engine = database.engine
    view.sessions = async_sessionmaker(
        connection,
        sync_session_class=view.sync_sessions,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
    )
    view.readings = view.sessions
    return view


def _trial(name: str, database: Database, key: Any, clock: Clock) -> Trial:
    service: Service = import_module(f"{name}.main").service()
    auth = development_settings(BASE)
    settings = Settings(environment="test", auth=auth)
    runtime = Runtime(name, settings, database, machinery(service.metadata), clock)
    issuer = httpx.AsyncClient(transport=httpx.ASGITransport(Issuer(auth, key)))
    keys = KeyStore(database.sessions, service.api_keys, clock) if service.api_keys else None
    runtime.authenticator = Authenticator(auth, issuer, keys, clock)
    transport = httpx.ASGITransport(app_of(service, runtime, background=False), raise_app_exceptions=False)
    return Trial(service, runtime, httpx.AsyncClient(transport=transport, base_url=f"{BASE}/{name}/v1"))
