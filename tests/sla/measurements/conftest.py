"""The service with a database of its own in which pushes are really committed, and a Prometheus to push with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import cramjam
import httpx
import pytest

from common import migrations, provision
from common.app import app_of
from common.auth.authenticator import Authenticator
from common.auth.development import development_settings
from common.auth.keystore import KeyStore
from common.database import Database
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from common.tables import machinery
from common.testing.issuer import Clock, Issuer
from sla.main import service
from sla.measurements.folder import Folder
from sla.measurements.histograms import HistogramPoint
from sla.measurements.intake import Intake, Kept
from sla.measurements.pushed import Pushed, SeriesHistograms
from sla.measurements.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest
from sla.measurements.settings import PushSettings

BASE = "http://127.0.0.1:8000"
EMPTIED = ("indicators", "series", "push_batches", "push_pending", "api_keys")

SeriesOf = tuple[Mapping[str, str], Iterable[tuple[int, float]]]


def write_request(*series: SeriesOf) -> bytes:
    """A body as Prometheus sends it: labels in order, one sample per series, snappy."""
    written = [
        TimeSeries(
            labels=[Label(name=name, value=labels[name]).SerializeToString() for name in sorted(labels)],
            samples=[Sample(value=value, timestamp=at)],
        ).SerializeToString()
        for labels, samples in series
        for at, value in samples
    ]
    return bytes(cramjam.snappy.compress_raw(WriteRequest(timeseries=written).SerializeToString()))


@dataclass
class Monitored:
    client: httpx.AsyncClient
    runtime: Runtime
    folder: Folder
    headers: Callable[..., dict[str, str]]
    clock: Clock

    async def define(self, **fields: Any) -> dict[str, Any]:
        body = {"name": "shop answers", "kind": "availability"} | fields
        answer = await self.client.post("/indicators", json=body, headers=self.headers("manager"))
        assert answer.status_code == 201, answer.text
        return answer.json() | {"etag": answer.headers["etag"]}

    async def push(self, *series: SeriesOf, **headers: str) -> httpx.Response:
        return await self.push_raw(write_request(*series), **headers)

    async def push_raw(self, body: bytes, **headers: str) -> httpx.Response:
        usual = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
        sent = usual | self.headers("admin") | headers
        return await self.client.post("/push/prometheus", content=body, headers=sent)

    async def push_json(self, content: bytes | str) -> httpx.Response:
        return await self.client.post("/push/samples", content=content, headers=self.headers("admin"))

    async def fold(self) -> None:
        await self.folder.run(self.runtime)

    async def minutes(self, indicator: dict[str, Any], start: datetime, count: int) -> dict[str, Any]:
        window = {"from": start.isoformat(), "to": (start + timedelta(minutes=count)).isoformat()}
        path = f"/indicators/{indicator['id']}/minutes"
        answer = await self.client.get(path, params=window, headers=self.headers("viewer"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        async with (await self.runtime.pool()).acquire() as connection:
            return list(await connection.fetch(query, *values))

    async def push_histograms(self, *series: tuple[Mapping[str, str], Sequence[HistogramPoint]]) -> Kept:
        """As a decoder hands them in."""
        intake = Intake(self.runtime, PushSettings())
        sent = [
            SeriesHistograms(place, tuple(sorted(labels.items())), points)
            for place, (labels, points) in enumerate(series)
        ]
        return await intake.keep(Pushed(histograms=sent), "tests")

    async def stored(self) -> list[list[tuple[Any, ...]]]:
        """All that the folding has left, byte for byte."""
        queries = (
            "SELECT * FROM sla.sample_hours ORDER BY indicator_id, hour",
            "SELECT * FROM sla.packed_hours ORDER BY indicator_id, hour",
            "SELECT * FROM sla.observed_hours ORDER BY indicator_id, hour",
        )
        return [[tuple(row) for row in await self.rows(query)] for query in queries]


@pytest.fixture(scope="session")
async def pushed_to_url(postgres_url: str) -> str:
    """A database that is not shared with tests which roll back."""
    await provision.create_database(postgres_url, "pushed")
    url = postgres_url.rpartition("/")[0] + "/pushed"
    await provision.provision(url, "sla", "only-for-tests")
    scheme, _, place = url.partition("://")
    own = f"{scheme}://sla:only-for-tests@{place.rpartition('@')[2]}"
    await asyncio.to_thread(migrations.upgrade, "sla", own)
    return own


@pytest.fixture
def service_on(
    development_key: Any, clock: Clock, headers: Callable[..., dict[str, str]]
) -> Callable[[str], AbstractAsyncContextManager[Monitored]]:
    """The service over the database of a URL, at noon of 3 February 2026."""
    clock.instant = datetime(2026, 2, 3, 12, tzinfo=UTC)

    @asynccontextmanager
    async def on(url: str) -> AsyncIterator[Monitored]:
        auth = development_settings(BASE)
        database = Database(DatabaseSettings(url=url, connect_timeout=2))
        told = service()
        runtime = Runtime("sla", Settings(environment="test", auth=auth), database, machinery(told.metadata), clock)
        issuer = httpx.AsyncClient(transport=httpx.ASGITransport(Issuer(auth, development_key)))
        keys = KeyStore(database.sessions, told.api_keys, clock) if told.api_keys else None
        runtime.authenticator = Authenticator(auth, issuer, keys, clock)
        app = httpx.ASGITransport(app_of(told, runtime, background=False), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=app, base_url=f"{BASE}/sla/v1") as client:
            yield Monitored(client, runtime, Folder(PushSettings()), headers, clock)
        await database.close()

    return on


@pytest.fixture
async def monitored(
    pushed_to_url: str, service_on: Callable[[str], AbstractAsyncContextManager[Monitored]]
) -> AsyncIterator[Monitored]:
    async with service_on(pushed_to_url) as found:
        yield found
        pool = await found.runtime.pool()
        await pool.execute("TRUNCATE " + ", ".join(f"sla.{name}" for name in EMPTIED) + " CASCADE")
        await pool.close()
