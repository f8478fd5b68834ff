"""A real issuer, an authenticator that trusts it, requests with any headers, and a small service with API keys."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from common.auth import Role
from common.auth.api_key_routes import build_key_router
from common.auth.api_key_verifier import ApiKeyVerifier
from common.auth.api_keys import ApiKeyEntity
from common.auth.authenticator import Authenticator
from common.auth.development_issuer import development_settings, generate_key, issue_token
from common.database import provisioning
from common.database.connections import Database
from common.database.entities import Entity, metadata_for
from common.database.machinery_tables import machinery_tables
from common.http.request_scope import AsMonitor, AsReader, Router
from common.service import ServiceDefinition
from common.settings import DatabaseSettings, Settings
from common.testing.databases import PASSWORD, replace_in_url
from common.testing.fake_issuer import FakeClock, FakeIssuer
from common.testing.plugin import build_client


class GateBase(Entity):
    __abstract__ = True
    metadata = metadata_for("gate")


class GateKey(ApiKeyEntity, GateBase):
    pass


pushes = Router(prefix="/pushes")


@pushes.post("", status_code=204)
async def push(work: AsMonitor) -> None:
    del work


@pushes.get("")
async def read_pushes(work: AsReader) -> str:
    return work.principal.subject


GATE = ServiceDefinition("gate", "Gate", GateBase.metadata, [pushes, build_key_router(GateKey)], api_keys=GateKey)


@dataclass
class Gate:
    """The small service, what it is asked by people and by monitors, and its database."""

    client: httpx.AsyncClient
    database: Database
    issuer: FakeIssuer
    clock: FakeClock

    async def ask(self, method: str, path: str, role: str = "admin", **rest: Any) -> httpx.Response:
        token = issue_token(self.issuer.key, Role(role), settings=self.issuer.settings, now=self.clock())
        headers = {"Authorization": f"Bearer {token}"} | rest.pop("extra", {})
        return await self.client.request(method, path, headers=headers, **rest)

    async def key(self, name: str = "prometheus", **fields: Any) -> Any:
        answer = await self.ask("POST", "/api-keys", json={"name": name, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def push(self, **headers: str) -> int:
        return (await self.client.post("/pushes", headers=headers)).status_code

    async def push_with(self, key: str) -> int:
        return await self.push(Authorization=f"Bearer {key}")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer(development_settings("http://issuer.test"), generate_key())


@pytest.fixture
async def issuer_client(issuer: FakeIssuer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=issuer)) as client:
        yield client


@pytest.fixture
def authenticator(issuer: FakeIssuer, issuer_client: httpx.AsyncClient) -> Authenticator:
    return Authenticator(issuer.settings, issuer_client)


@pytest.fixture
def incoming() -> Callable[..., Request]:
    """A request with these headers, given as pairs so that one can stand there twice."""

    def build(*headers: tuple[str, str], query: str = "") -> Request:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers]
        return Request(
            {
                "type": "http",
                "method": "GET",
                "path": "/",
                "headers": raw,
                "query_string": query.encode(),
                "client": ("192.0.2.7", 1),
            }
        )

    return build


@pytest.fixture(scope="session")
async def gate_database(postgres_url: str) -> AsyncIterator[Database]:
    machinery_tables(GATE.metadata)
    await provisioning.provision_service(postgres_url, GATE.name, PASSWORD)
    database = Database(DatabaseSettings(url=replace_in_url(postgres_url, GATE.name)))
    async with database.engine.begin() as connection:
        await connection.run_sync(GATE.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def gate(
    gate_database: Database, issuer: FakeIssuer, issuer_client: httpx.AsyncClient, clock: FakeClock
) -> AsyncIterator[Gate]:
    settings = Settings(environment="test", auth=issuer.settings)
    runtime = GATE.build_runtime(settings, gate_database, clock)
    keys = ApiKeyVerifier(gate_database.sessions, GateKey, clock)
    runtime.authenticator = Authenticator(issuer.settings, issuer_client, keys, clock)
    async with build_client(GATE, runtime) as client:
        yield Gate(client, gate_database, issuer, clock)
    async with gate_database.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE gate.api_keys, gate.audit, gate.idempotency")
