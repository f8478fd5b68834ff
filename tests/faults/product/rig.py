"""The product as processes that can be killed one by one: PostgreSQL, a broker, two replicas of all services."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import asyncpg
import httpx
import psutil

from common.auth.development_issuer import development_settings, issue_token, load_or_create_key
from common.auth.principal import Role
from common.database.provisioning import create_database, database_name
from rapport.postgres.server import Postgres
from rapport.postgres.setup import prepare_database, service_url
from rapport.processes.child import ChildProcess
from rapport.processes.ports import HOST, find_free_port
from rapport.processes.program import ServerProgram
from rapport.service_names import ServiceName

PASSWORD = "only-for-tests"
ISSUER = f"http://{HOST}:8000"
READY_SECONDS = 60
PROGRAM = Path(__file__).with_name("replica.py")


class Breakable(Protocol):
    """A process that can be killed and is there again after `start`."""

    @property
    def pid(self) -> int: ...

    async def start(self) -> None: ...

    async def kill(self) -> None: ...


class AnyBroker(Breakable, Protocol):
    """Tansu behind its gate, or Apache Kafka itself."""

    @property
    def bootstrap(self) -> str: ...

    async def stop(self) -> None: ...

    async def restart_empty(self) -> None: ...


@dataclass
class Replica(ServerProgram):
    name = "A replica"

    home: Path
    plan: dict[str, object]
    port: int = field(default_factory=find_free_port)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.pid)

    async def start(self) -> None:
        file = self.home / f"replica-{self.port}.json"
        file.write_text(json.dumps({**self.plan, "port": self.port}))
        self.child = await ChildProcess.start([sys.executable, str(PROGRAM), str(file)], log=file.with_suffix(".log"))

    async def ready(self) -> None:
        async with httpx.AsyncClient(base_url=self.url) as client:
            await self.wait_until_answering(lambda: self._answers(client), READY_SECONDS)

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get("/readyz")).is_success
        except httpx.HTTPError:
            return False


@dataclass
class Rig:
    home: Path
    postgres: Breakable
    admin_url: str
    """The superuser's, to the database of the services."""
    broker: AnyBroker
    replicas: list[Replica]
    keys: Path
    """Where the development issuer's key lies."""
    issuer: str = ISSUER

    @property
    def database(self) -> str:
        return database_name(self.admin_url)

    def headers(self, role: Role) -> dict[str, str]:
        token = issue_token(load_or_create_key(self.keys), role, settings=development_settings(self.issuer))
        return {"Authorization": f"Bearer {token}"}

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncpg.Connection]:
        """As the superuser, to the services' database."""
        connection = await asyncpg.connect(self.admin_url, timeout=10)
        try:
            yield connection
        finally:
            connection.terminate()


@asynccontextmanager
async def run_rig(
    home: Path, postgres: Postgres, database: str, broker: AnyBroker, *, bug: str | None = None, replicas: int = 2
) -> AsyncIterator[Rig]:
    """Run a rig on a fresh database; everything is stopped at the end, whatever state it is in."""
    await create_database(postgres.dsn(), database)
    admin_url = postgres.dsn(database)
    await prepare_database(admin_url, dict.fromkeys((name.value for name in ServiceName), PASSWORD))
    load_or_create_key(home)
    plan: Mapping[str, object] = {
        "issuer": ISSUER,
        "keys": str(home),
        "databases": {name.value: service_url(admin_url, name, PASSWORD) for name in ServiceName},
        "bootstrap": broker.bootstrap,
        "bug": bug,
    }
    rig = Rig(home, postgres, admin_url, broker, [Replica(home, dict(plan)) for _ in range(replicas)], home)
    try:
        await asyncio.gather(*(replica.start() for replica in rig.replicas))
        await asyncio.gather(*(replica.ready() for replica in rig.replicas))
        yield rig
    finally:
        await asyncio.gather(*(replica.stop() for replica in rig.replicas))
