"""The service with a database of its own in which pushes are really committed, and a Prometheus to push with."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import cramjam
import httpx
import numpy as np
import pytest

from common.auth.principal import Principal
from common.runtime import Runtime
from common.settings import DatabaseSettings
from common.testing.databases import CreateDatabase
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import StartService
from sla.measurements.histograms.point import HistogramPoint
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries, WrittenCounts
from sla.measurements.ingest.ingester import Ingester
from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest
from sla.measurements.rollup.jobs.rollup_job import RollupJob
from sla.measurements.rollup.jobs.rollup_worker import RollupWorker
from sla.measurements.samples import Ints, Samples
from sla.measurements.settings import PushSettings

EMPTIED = ("indicators", "series", "push_batches", "push_pending", "push_limits", "api_keys")

SeriesOf = tuple[Mapping[str, str], Iterable[tuple[int, float]]]


def write_request(*series: SeriesOf) -> bytes:
    """Build a body as Prometheus sends it: labels in order, one sample per series, snappy."""
    written = [
        TimeSeries(
            labels=[Label(name=name, value=labels[name]).SerializeToString() for name in sorted(labels)],
            samples=[Sample(value=value, timestamp=at)],
        ).SerializeToString()
        for labels, samples in series
        for at, value in samples
    ]
    return bytes(cramjam.snappy.compress_raw(WriteRequest(timeseries=written).SerializeToString()))


def samples_of(rows: Sequence[tuple[int, int, float]]) -> Samples:
    """Build the columns of samples, each given as series, instant and value."""
    series, at, value = zip(*rows, strict=True) if rows else ((), (), ())
    return Samples(np.array(series, np.int64), np.array(at, np.int64), np.array(value, np.float64))


def join_hours(packed: Iterable[tuple[int, bytes]]) -> list[tuple[Ints, bytes]]:
    """Join packed hours of the same length into blocks, each hour given after the minutes to its start."""
    by_length: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for offset, hour in packed:
        by_length[len(hour)].append((offset, hour))
    return [
        (np.array([offset for offset, _ in hours]), b"".join(hour for _, hour in hours)) for hours in by_length.values()
    ]


@dataclass
class MonitoredService:
    """The service, its rollup job and worker, and the pushes and queries that tests make."""

    client: httpx.AsyncClient
    runtime: Runtime
    rollup_job: RollupJob
    rollup_worker: RollupWorker
    headers: Callable[..., dict[str, str]]
    clock: FakeClock

    async def define(self, **fields: Any) -> dict[str, Any]:
        body = {"name": "shop answers", "kind": "availability"} | fields
        answer = await self.client.post("/indicators", json=body, headers=self.headers("manager"))
        assert answer.status_code == 201, answer.text
        return answer.json() | {"etag": answer.headers["etag"]}

    async def push(self, *series: SeriesOf, **headers: str) -> httpx.Response:
        return await self.push_raw(write_request(*series), **headers)

    async def push_raw(self, body: bytes, **headers: str) -> httpx.Response:
        usual = {"content-type": "application/x-protobuf", "content-encoding": "snappy"}
        all_headers = usual | self.headers("admin") | headers
        return await self.client.post("/push/prometheus", content=body, headers=all_headers)

    async def push_json(self, content: bytes | str) -> httpx.Response:
        return await self.client.post("/push/samples", content=content, headers=self.headers("admin"))

    async def roll_up(self) -> None:
        await self.rollup_job.run(self.runtime)
        await self.rollup_worker.run(self.runtime)

    async def minutes(self, indicator: dict[str, Any], start: datetime, count: int) -> dict[str, Any]:
        window = {"from": start.isoformat(), "to": (start + timedelta(minutes=count)).isoformat()}
        path = f"/indicators/{indicator['id']}/minutes"
        answer = await self.client.get(path, params=window, headers=self.headers("viewer"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def rows(self, query: str, *values: Any) -> list[asyncpg.Record]:
        async with (await self.runtime.get_pool()).acquire() as connection:
            return list(await connection.fetch(query, *values))

    async def push_histograms(self, *series: tuple[Mapping[str, str], Sequence[HistogramPoint]]) -> WrittenCounts:
        """Ingest histograms as a decoder hands them in."""
        ingester = Ingester(self.runtime, PushSettings())
        labelled_series = [
            LabelledSeries(place, tuple(sorted(labels.items())), histograms=points)
            for place, (labels, points) in enumerate(series)
        ]
        sender = await ingester.admit(Principal(subject="tests"))
        return await ingester.ingest(DecodedPush(labelled_series=labelled_series), sender)

    async def stored(self) -> list[list[tuple[Any, ...]]]:
        """Return all hours that the rollup stored, byte for byte."""
        queries = (
            "SELECT * FROM sla.sample_hours ORDER BY indicator_id, hour",
            "SELECT * FROM sla.packed_hours ORDER BY indicator_id, hour",
            "SELECT * FROM sla.observed_hours ORDER BY indicator_id, hour",
        )
        return [[tuple(row) for row in await self.rows(query)] for query in queries]


@pytest.fixture(scope="session")
async def pushed_to_url(new_database: CreateDatabase) -> str:
    """A database that is not shared with tests which roll back."""
    return await new_database("sla")


@pytest.fixture
def service_on(
    start_committed_service: StartService, clock: FakeClock, headers: Callable[..., dict[str, str]]
) -> Callable[[str], Awaitable[MonitoredService]]:
    """The service over the database of a URL, at noon of 3 February 2026."""
    clock.now = datetime(2026, 2, 3, 12, tzinfo=UTC)

    async def on(url: str) -> MonitoredService:
        service = await start_committed_service("sla", DatabaseSettings(url=url))
        job, worker = RollupJob(PushSettings()), RollupWorker(PushSettings())
        return MonitoredService(service.client, service.runtime, job, worker, headers, clock)

    return on


@pytest.fixture
async def monitored(
    pushed_to_url: str, service_on: Callable[[str], Awaitable[MonitoredService]]
) -> AsyncIterator[MonitoredService]:
    service = await service_on(pushed_to_url)
    yield service
    await service.rows("TRUNCATE " + ", ".join(f"sla.{name}" for name in EMPTIED) + " CASCADE")
    await service.rows("UPDATE sla.stated_until SET until = to_timestamp(0)")
