"""The pytest plugin: each service over real PostgreSQL, rolled back after each test or committed to its own database.

A suite that uses it provides the fixture `postgres_url`, a superuser's libpq URL, once per session.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from joserfc.jwk import ECKey
from sqlalchemy import event as hooks
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, async_sessionmaker

from common.app import build_app, build_authenticator
from common.auth.development_issuer import development_settings, generate_key, issue_token
from common.auth.principal import SYSTEM, Principal, Role
from common.database.connections import Database
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.settings import DatabaseSettings, Settings
from common.testing.databases import CreateDatabase, OpenDatabase
from common.testing.fake_issuer import FakeClock, FakeIssuer
from common.unit_of_work import UnitOfWork
from published.event import Event, registered_events

BASE_URL = "http://127.0.0.1:8000"

StartService = Callable[..., Awaitable["ServiceUnderTest"]]


class ServiceUnderTest:
    """One service in one test, over HTTP and from inside."""

    def __init__(self, service: ServiceDefinition, runtime: Runtime, client: httpx.AsyncClient) -> None:
        self.service = service
        self.runtime = runtime
        self.client = client

    @asynccontextmanager
    async def begin(self, principal: Principal = SYSTEM) -> AsyncIterator[UnitOfWork]:
        async with self.runtime.begin(principal, correlation="test") as work:
            yield work

    async def receive(self, event: Event) -> None:
        """Apply the service's reaction to `event`."""
        async with self.begin() as work:
            await self.service.subscriptions[type(event)].apply(work, event)

    async def list_emitted_events(self) -> list[Event]:
        """List every event emitted so far, in order."""
        table = self.runtime.tables.outbox
        async with self.runtime.database.sessions() as session:
            rows = (await session.execute(select(table.c.type, table.c.data).order_by(table.c.seq))).all()
        return [registered_events()[row.type].model_validate_json(row.data) for row in rows]

    @contextmanager
    def record_queries(self) -> Iterator[list[str]]:
        """The SQL statements sent while the block runs."""
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
                statements.append(statement)

        engine = self.runtime.database.engine.sync_engine
        hooks.listen(engine, "before_cursor_execute", note)
        yield statements
        hooks.remove(engine, "before_cursor_execute", note)


def build_client(service: ServiceDefinition, runtime: Runtime) -> httpx.AsyncClient:
    """Build a client whose requests are answered in this process, without the service's background loops and jobs."""
    transport = httpx.ASGITransport(build_app(service, runtime, background=False), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=f"{BASE_URL}/{service.name}/v1")


def trust_key(service: ServiceDefinition, runtime: Runtime, key: ECKey) -> None:
    """Have the service accept tokens that are signed with `key`."""
    issuer = httpx.AsyncClient(transport=httpx.ASGITransport(FakeIssuer(runtime.settings.auth, key)))
    runtime.authenticator = build_authenticator(service, runtime, issuer)


def build_service_under_test(database: Database, name: str, key: ECKey, clock: FakeClock) -> ServiceUnderTest:
    """Build the service over `database`; it accepts tokens that are signed with `key`."""
    service: ServiceDefinition = import_module(f"{name}.main").service()
    settings = Settings(environment="test", auth=development_settings(BASE_URL))
    runtime = service.build_runtime(settings, database, clock)
    trust_key(service, runtime, key)
    return ServiceUnderTest(service, runtime, build_client(service, runtime))


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """Log tracebacks without the values of all variables: showing them takes seconds where a service is in reach."""
    console = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.stdlib.add_log_level, console])


@pytest.fixture(scope="session")
def development_key() -> ECKey:
    return generate_key()


@pytest.fixture
def clock() -> FakeClock:
    """The clock of every service in the test; it stands still until it is moved."""
    return FakeClock()


@pytest.fixture
def headers(development_key: ECKey, clock: FakeClock) -> Callable[..., dict[str, str]]:
    """Return the headers that a person sends: `headers("manager")`, `headers("customer", customer_id)`."""

    def of(role: str | Role, customer: UUID | None = None, subject: str | None = None) -> dict[str, str]:
        name = subject or (f"{role}-{customer}" if customer else str(role))
        settings = development_settings(BASE_URL)
        token = issue_token(development_key, Role(role), customer, name, settings=settings, now=clock())
        return {"Authorization": f"Bearer {token}"}

    return of


@pytest.fixture
async def start_committed_service(
    temporary_database: CreateDatabase, development_key: ECKey, clock: FakeClock
) -> AsyncIterator[StartService]:
    """A service over a new database, in which everything is committed: `await start_committed_service("sla")`.

    It uses another database when `DatabaseSettings` follow the name.
    """
    opened: list[ServiceUnderTest] = []

    async def of(name: str, settings: DatabaseSettings | None = None) -> ServiceUnderTest:
        database = Database(settings or DatabaseSettings(url=await temporary_database(name)))
        opened.append(build_service_under_test(database, name, development_key, clock))
        return opened[-1]

    yield of
    for service in opened:
        await service.client.aclose()
        await service.runtime.database.close()


@pytest.fixture
async def start_service(
    databases: OpenDatabase, development_key: ECKey, clock: FakeClock
) -> AsyncIterator[StartService]:
    """A service in one transaction, which is rolled back after the test: `await start_service("sla")`."""
    opened: dict[str, ServiceUnderTest] = {}
    connections: list[AsyncConnection] = []

    async def of(name: str) -> ServiceUnderTest:
        if name not in opened:
            database = await databases(name)
            connection = await database.engine.connect()
            connections.append(connection)
            await connection.begin()
            opened[name] = build_service_under_test(_rolled_back(database, connection), name, development_key, clock)
        return opened[name]

    yield of
    for service in opened.values():
        await service.client.aclose()
    for connection in connections:
        await connection.close()


def _rolled_back(database: Database, connection: AsyncConnection) -> Database:
    """Return `database` with sessions that all use one connection, whose transaction nobody commits."""
    view = Database(database.settings)
    view.engine = database.engine
    view.sessions = async_sessionmaker(
        connection,
        sync_session_class=view.sync_sessions,
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
    )
    view.read_sessions = view.sessions
    return view
