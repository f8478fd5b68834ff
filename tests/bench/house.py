"""What the benches stand on: a durable PostgreSQL, the broker behind its proxy, servers in processes of their own."""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from common.auth.development_issuer import development_settings, issue_token, load_or_create_key
from common.auth.principal import Role
from published.event import topic_name
from rapport.embedded.broker import Broker
from rapport.postgres.server import Postgres
from rapport.postgres.setup import prepare_database, service_url
from rapport.processes.child import ChildProcess
from rapport.processes.log_files import read_log_tail
from rapport.processes.ports import HOST, find_free_port

SERVICES = ("catalog", "engagement", "feedback", "reporting", "sla")
DATABASE = "rapport"
PASSWORD = "only-for-benches"
CHILDREN = Path(__file__).with_name("children")
START_SECONDS = 60


class Served:
    """A server that answers on `port`."""

    def __init__(self, port: int, headers: dict[str, str], process: psutil.Process) -> None:
        self.port = port
        self.headers = headers
        """A manager's credentials."""
        self._process = process

    def processor_seconds(self) -> float:
        """Spent by its process so far."""
        spent = self._process.cpu_times()
        return spent.user + spent.system

    def client(self, path: str = "") -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"http://{HOST}:{self.port}{path}", headers=self.headers, timeout=60)


class House:
    def __init__(self, home: Path, postgres: Postgres, broker: Broker) -> None:
        self.home, self.postgres, self.broker = home, postgres, broker

    @property
    def url(self) -> str:
        """The database, as the superuser."""
        return self.postgres.dsn(DATABASE)

    def url_of(self, service: str) -> str:
        return service_url(self.url, service, PASSWORD)

    @asynccontextmanager
    async def service(self, name: str) -> AsyncIterator[Served]:
        """A service of Rapport, with its relay, consumer and duties, in a process of its own."""
        port = find_free_port()
        words = ["served.py", name, port, self.url_of(name), self.broker.bootstrap, self.home]
        key, settings = load_or_create_key(self.home), development_settings(f"http://{HOST}:{port}")
        headers = {"Authorization": f"Bearer {issue_token(key, Role.manager, settings=settings)}"}
        async with self._running(name, port, words, f"/{name}/readyz") as process:
            yield Served(port, headers, process)

    @asynccontextmanager
    async def bare(self) -> AsyncIterator[Served]:
        """The bare handlers that reads are compared with, in the same kind of process."""
        port = find_free_port()
        async with self._running(
            "bare", port, ["bare_handlers.py", port, self.url_of("engagement")], "/readyz"
        ) as process:
            yield Served(port, {}, process)

    @asynccontextmanager
    async def _running(self, name: str, port: int, words: list[object], ready: str) -> AsyncIterator[psutil.Process]:
        script, *rest = words
        log = self.home / f"{name}.log"
        child = await ChildProcess.start([sys.executable, str(CHILDREN / str(script)), *map(str, rest)], log=log)
        try:
            await until_ready(f"http://{HOST}:{port}{ready}", child)
            yield psutil.Process(child.pid)
        finally:
            await child.stop((signal.SIGINT, 20.0))


async def until_ready(url: str, child: ChildProcess) -> None:
    """Until `url` is answered with a 2xx."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            try:
                if (await client.get(url)).is_success:
                    return
            except httpx.TransportError:
                pass
            if child.exit_code is not None or asyncio.get_running_loop().time() > deadline:
                raise RuntimeError(f"{url} does not answer:\n{read_log_tail(child.log)}")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    """PostgreSQL as `rapport up` runs it (every commit is on disk), all schemas migrated, and an empty broker."""
    with scratch() as home:
        # Commit timestamps give the instant of an effect without anybody looking for it all the time.
        options = {"track_commit_timestamp": "on"}
        async with (
            Postgres(home / "postgres", options=options) as postgres,
            Broker(home / "broker", [*map(topic_name, SERVICES), "bench"]) as broker,
        ):
            await prepare_database(postgres.dsn(DATABASE), dict.fromkeys(SERVICES, PASSWORD))
            yield House(home, postgres, broker)


class scratch:  # noqa: N801 - reads as the context manager it is
    """A directory that PostgreSQL's own user can enter, also when a bench is run by root."""

    def __enter__(self) -> Path:
        self._path = Path(tempfile.mkdtemp(prefix="rapport-bench-"))
        self._path.chmod(0o755)
        return self._path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._path, ignore_errors=True)
