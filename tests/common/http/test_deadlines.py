"""Every request is answered in time, also while PostgreSQL hangs."""

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from common.app import build_app
from common.auth.development_issuer import development_settings
from common.database import provisioning
from common.database.connections import Database
from common.http import server
from common.runtime import Runtime
from common.settings import DatabaseSettings, LimitSettings, Settings
from common.testing.databases import PASSWORD, replace_in_url
from common.testing.plugin import BASE_URL, trust_key
from rapport.postgres.server import Postgres
from tests.common.conftest import NOTES
from tests.common.http.serving import converse, serve

Headers = Callable[..., dict[str, str]]
DEADLINE, PROBE_DEADLINE, TOLERANCE = 2.0, 1.0, 2.0


@pytest.fixture(scope="module")
async def own_postgres(home: Path) -> AsyncIterator[Postgres]:
    """A PostgreSQL that a test may stop without harm to others."""
    async with Postgres(home / "stopped", durable=False) as server:
        yield server


@pytest.fixture
async def notes(own_postgres: Postgres, development_key: Any) -> AsyncIterator[Runtime]:
    await provisioning.provision_service(own_postgres.dsn(), NOTES.name, PASSWORD)
    database = Database(DatabaseSettings(url=replace_in_url(own_postgres.dsn(), NOTES.name)))
    limits = LimitSettings(
        request_deadline=timedelta(seconds=DEADLINE), probe_deadline=timedelta(seconds=PROBE_DEADLINE)
    )
    runtime = NOTES.build_runtime(
        Settings(environment="test", limits=limits, auth=development_settings(BASE_URL)), database
    )
    async with database.engine.begin() as connection:
        await connection.run_sync(NOTES.metadata.create_all)
    trust_key(NOTES, runtime, development_key)
    yield runtime
    await database.close()


@pytest.fixture
async def url(notes: Runtime) -> AsyncIterator[str]:
    async with serve(build_app(NOTES, notes, background=False)) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def client(url: str, headers: Headers) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, headers=headers("manager"), timeout=30) as client:
        yield client


@pytest.fixture
async def hanging_postgres(own_postgres: Postgres, client: httpx.AsyncClient) -> AsyncIterator[None]:
    """PostgreSQL with all its processes stopped, after the service has connected to it."""
    assert (await client.get("/notes/readyz")).status_code == 200
    assert (await client.get("/notes/v1/notes")).status_code == 200
    postmaster = psutil.Process(own_postgres.pid)
    processes = [postmaster, *postmaster.children()]
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    yield
    resume(own_postgres)


def resume(postgres: Postgres) -> None:
    postmaster = psutil.Process(postgres.pid)
    for process in [postmaster, *postmaster.children()]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGCONT)


@pytest.mark.usefixtures("hanging_postgres")
async def test_every_request_is_answered_in_time_while_postgresql_hangs(client: httpx.AsyncClient) -> None:
    requests = {
        ("GET", "/notes/readyz"): (503, PROBE_DEADLINE),
        ("GET", "/notes/metrics"): (200, PROBE_DEADLINE),
        ("GET", "/notes/healthz"): (200, 0),
        ("GET", "/notes/v1/notes"): (503, DEADLINE),
        ("POST", "/notes/v1/notes"): (503, DEADLINE),
    }
    for (method, path), (status, seconds) in requests.items():
        started = time.monotonic()
        answer = await client.request(method, path, json={"text": "hello"} if method == "POST" else None)

        assert answer.status_code == status, path
        assert seconds <= time.monotonic() - started < seconds + TOLERANCE, path
        assert status == 200 or answer.headers["retry-after"] == "5"
        assert status == 200 or answer.json()["type"] == "/notes/v1/problems/too-slow"
    assert 'rapport_ready{service="notes"} 0.0' in (await client.get("/notes/metrics")).text


async def test_a_service_recovers_when_postgresql_goes_on(
    own_postgres: Postgres, client: httpx.AsyncClient, hanging_postgres: None
) -> None:
    del hanging_postgres
    assert (await client.post("/notes/v1/notes", json={"text": "hello"})).status_code == 503
    resume(own_postgres)

    for _ in range(100):
        answer = await client.post("/notes/v1/notes", json={"text": "hello"})
        if answer.status_code == 201:
            break
        await asyncio.sleep(0.1)
    assert answer.status_code == 201


async def test_a_body_that_never_ends_is_answered_at_the_deadline(url: str, headers: Headers) -> None:
    lines = [f"{name}: {value}" for name, value in headers("manager").items()]
    head = ["POST /notes/v1/notes HTTP/1.1", "Host: x", *lines, "Content-Length: 1000000", "", ""]

    answer, seconds = await converse(int(url.rpartition(":")[2]), "\r\n".join(head).encode(), b" ")

    assert answer.startswith(b"HTTP/1.1 503")
    assert DEADLINE + server.LINGER_SECONDS <= seconds < DEADLINE + server.LINGER_SECONDS + TOLERANCE
