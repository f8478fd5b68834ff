"""A real issuer, an authenticator that trusts it, requests with any headers, and a small service with API keys."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from common import provision
from common.auth import Role
from common.auth.apikeys import KeyRow
from common.auth.authenticator import Authenticator
from common.auth.development import development_settings, issue, new_key
from common.auth.keyroutes import key_router
from common.auth.keystore import KeyStore
from common.database import Database, Entity, metadata_for
from common.door import AsMonitor, AsReader, Router
from common.runtime import Runtime
from common.service import Service
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from common.testing.databases import PASSWORD, address
from common.testing.issuer import Clock, Issuer
from common.testing.plugin import asking


class GateBase(Entity):
    __abstract__ = True
    metadata = metadata_for("gate")


class GateKey(KeyRow, GateBase):
    pass


pushes = Router(prefix="/pushes")


@pushes.post("", status_code=204)
async def push(work: AsMonitor) -> None:
    del work


@pushes.get("")
async def read_pushes(work: AsReader) -> str:
    return work.principal.subject


GATE = Service("gate", "Gate", GateBase.metadata, [pushes, key_router(GateKey)], api_keys=GateKey)


@dataclass
class Gate:
    """The small service, what it is asked by people and by monitors, and its database."""

    client: httpx.AsyncClient
    database: Database
    issuer: Issuer
    clock: Clock

    async def ask(self, method: str, path: str, role: str = "admin", **rest: Any) -> httpx.Response:
        token = issue(self.issuer.key, Role(role), settings=self.issuer.settings, now=self.clock())
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
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(development_settings("http://issuer.test"), new_key())


@pytest.fixture
async def issuer_client(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=issuer)) as client:
        yield client


@pytest.fixture
def authenticator(issuer: Issuer, issuer_client: httpx.AsyncClient) -> Authenticator:
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
    machinery(GATE.metadata)
    await provision.provision(postgres_url, GATE.name, PASSWORD)
    database = Database(DatabaseSettings(url=address(postgres_url, GATE.name)))
    async with database.engine.begin() as connection:
        await connection.run_sync(GATE.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
async def gate(
    gate_database: Database, issuer: Issuer, issuer_client: httpx.AsyncClient, clock: Clock
) -> AsyncIterator[Gate]:
    settings = Settings(environment="test", auth=issuer.settings)
    runtime = Runtime(GATE.name, settings, gate_database, machinery(GATE.metadata), clock)
    keys = KeyStore(gate_database.sessions, GateKey, clock)
    runtime.authenticator = Authenticator(issuer.settings, issuer_client, keys, clock)
    async with asking(GATE, runtime) as client:
        yield Gate(client, gate_database, issuer, clock)
    async with gate_database.engine.begin() as connection:
        await connection.exec_driver_sql("TRUNCATE gate.api_keys, gate.audit, gate.idempotency")
