"""The roll-up of one large indicator, late in the hour against early in it; and a backfill beside other closings."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import numpy as np
import orjson
import psutil
from bench_closing import a_version, an_agreement, an_indicator
from bench_push import create_key
from figures import Aim, Figure
from house import House, Served
from inputs.client import Connection, connections, request

from common.database.connections import Database
from common.ids import new_id
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from sla.agreements.model import CustomerReplica, OfferingReplica
from sla.agreements.terms import Terms
from sla.indicators.definition import IndicatorKind, Temporality
from sla.indicators.model import Indicator
from sla.main import service
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import empty_histograms
from sla.measurements.ingest.push_log import PushLogEntry, add_entries
from sla.measurements.minutes import to_milliseconds
from sla.measurements.rollup.jobs.rollup_job import RollupJob
from sla.measurements.rollup.jobs.rollup_worker import RollupWorker
from sla.measurements.samples import Samples
from sla.measurements.settings import PushSettings

SERIES = 20_000
EVERY = timedelta(seconds=5)
SCRAPES_PER_MINUTE = 12
MINUTES = 40
EARLY = slice(3, 8)
LATE = slice(35, 40)
"""The minutes whose cycles are compared; before them the caches get warm."""
START = datetime(2026, 6, 1, 12, tzinfo=UTC)
MEGABYTE = 2**20
METRIC = "large_requests_total"
ADD_SERIES = """
INSERT INTO sla.series (digest, metric, labels)
SELECT sha256(n::text::bytea), $2, jsonb_build_object('__name__', $2::text, 'n', n::text)
FROM generate_series(1, $1) AS n RETURNING id
"""

BACKFILLED = 57_000
"""Samples of seven months, in any order."""
BACKFILLED_FROM, BACKFILLED_TO = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
SAMPLES_PER_PUSH = 1000
PERIODS = [f"2026-{month:02}" for month in range(4, 11)]
OTHERS = 60
"""Agreements on another indicator, closed one by one meanwhile."""
MOST_SECONDS, MOST_REQUEST_SECONDS = 10, 2
ACCEPTED, CREATED, UNAVAILABLE = 202, 201, 503
RETRY_SECONDS = 0.25


async def run(house: House, rounds: int) -> list[Figure]:
    return [*await _run_cycles(house), *await _run_backfills(house, rounds)]


async def _run_cycles(house: House) -> list[Figure]:
    """Roll one stretch of 40 minutes up, once: each cycle is a measurement of its own."""
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    runtime = service().build_runtime(Settings(environment="test"), database, lambda: START + timedelta(hours=2))
    async with asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        series = np.array(sorted(row["id"] for row in await pool.fetch(ADD_SERIES, SERIES, METRIC)), np.int64)
        await _define(database)
        cycles = [cycle async for cycle in _cycles(pool, runtime, series)]
    await database.close()
    by_minute = [cycles[first : first + SCRAPES_PER_MINUTE] for first in range(0, len(cycles), SCRAPES_PER_MINUTE)]
    early, late = (
        [median(column) for column in zip(*(cycle for minute in minutes for cycle in minute), strict=True)]
        for minutes in (by_minute[EARLY], by_minute[LATE])
    )
    name = f"a cycle of {SERIES:,} samples of one indicator, {MINUTES} minutes into the hour"
    limit = "the same, 3 to 8 minutes into the hour"
    return [
        Figure("rollup", name, "s", "less", [late[0]], [early[0]], limit, Aim("ratio", "<=", 1.5)),
        Figure("rollup", "resident memory", "MB", "less", [late[1]], [early[1]], limit, Aim("ratio", "<=", 1.2)),
    ]


async def _define(database: Database) -> None:
    series: list[dict[str, Any]] = [
        {"selector": METRIC, "part": "total"},
        {"selector": METRIC + '{n=~".*7"}', "part": "bad"},
    ]
    indicator = Indicator(
        id=new_id(),
        name="Large",
        description="",
        unit="",
        kind=IndicatorKind.RATIO,
        holds_for=300,
        silent_after=3600,
        counters=Temporality.CUMULATIVE,
        series=series,
    )
    async with database.sessions() as session:
        session.add(indicator)
        await session.commit()


async def _cycles(pool: asyncpg.Pool, runtime: Runtime, series: Sequence[int]) -> AsyncIterator[tuple[float, float]]:
    """Yield the seconds of each cycle, and the resident memory (MB) after it."""
    job, worker = RollupJob(PushSettings()), RollupWorker(PushSettings())
    for scrape in range(MINUTES * SCRAPES_PER_MINUTE):
        at = START + scrape * EVERY
        instants = np.full(len(series), to_milliseconds(at), np.int64) + np.arange(len(series)) % 5000
        samples = Samples(np.asarray(series), instants, np.arange(len(series)) % 50 * float(scrape))
        entry = PushLogEntry(at, "bench", len(series), DataPoints(samples, empty_histograms()).pack())
        async with pool.acquire() as connection:
            await add_entries(connection, [entry])
        began = time.perf_counter()
        await job.run(runtime)
        await worker.run(runtime)
        yield time.perf_counter() - began, psutil.Process().memory_info().rss / MEGABYTE


class Agreements(NamedTuple):
    """An agreement on the indicator that is backfilled, and others."""

    indicator: UUID
    backfilled: UUID
    others: list[UUID]


class Backfill(NamedTuple):
    """What one backfill took, in seconds."""

    total: float
    """From the first push to the last of seven statements."""
    slowest_request: float
    slowest_closing: float
    """The longest that another agreement's closing took meanwhile."""


async def _run_backfills(house: House, rounds: int) -> list[Figure]:
    os.environ["RAPPORT_STATEMENT_GRACE"] = "P36500D"  # else the job closes what is closed here
    backfills, limits = list[Backfill](), list[float]()
    async with house.service("sla") as served, asyncpg.create_pool(house.url, min_size=1, max_size=1) as pool:
        await pool.execute("CREATE TABLE inserted_samples (indicator uuid, at timestamptz, value float8)")
        key = await create_key(house, served)
        for number in range(rounds):
            agreements = await _agree(house)
            samples = _samples(agreements.indicator, number)
            backfills.append(await _backfill(served, key, agreements, samples))
            limits.append(await _insert(pool, samples))
    totals, requests, closings = ([getattr(each, field) for each in backfills] for field in Backfill._fields)
    name = f"{BACKFILLED:,} samples of seven months, shuffled, of one indicator: pushed, rolled up, closed"
    limit = f"asyncpg INSERTs of the same samples, {SAMPLES_PER_PUSH:,} a transaction"
    request_aim = Aim("ours", "<=", MOST_REQUEST_SECONDS)
    return [
        Figure("rollup", name, "s", "less", totals, limits, limit, Aim("ours", "<=", MOST_SECONDS)),
        Figure("rollup", "the slowest request meanwhile", "s", "less", requests, totals, "all", request_aim),
        Figure("rollup", "the slowest closing of another agreement", "s", "less", closings, totals, "all", request_aim),
    ]


async def _agree(house: House) -> Agreements:
    offering = OfferingReplica(
        offering_id=new_id(), offering_name="Shop", service_id=new_id(), service_name="Shop", published_at=START
    )
    backfilled, other = an_indicator("Backfilled"), an_indicator("Other")
    backfilled.holds_for = 600
    database = Database(DatabaseSettings(url=house.url_of("sla")))
    agreement_ids = list[UUID]()
    async with database.sessions() as session, session.begin():
        session.add_all([offering, backfilled, other])
        for indicator in (backfilled, *[other] * OTHERS):
            terms = _terms(indicator.id)
            agreement = an_agreement(offering.offering_id, terms)
            agreement.review_due_at = datetime(2026, 5, 1, tzinfo=UTC)
            customer = CustomerReplica(customer_id=agreement.customer_id, name="Customer")
            session.add_all([customer, agreement, a_version(agreement, terms)])
            agreement_ids.append(agreement.id)
    await database.close()
    return Agreements(backfilled.id, agreement_ids[0], agreement_ids[1:])


def _terms(indicator: UUID) -> Terms:
    objective = {"name": "Availability", "kind": "availability", "indicator_id": indicator, "target": "99"}
    hours = {"timezone": "UTC", "hours": "24x7"}
    document = {"name": "Shop", "service_hours": hours, "starts_on": date(2026, 4, 1)}
    return Terms.model_validate(document | {"objectives": [objective | {"method": "time", "missing": "ignore"}]})


def _samples(indicator: UUID, seed: int) -> list[tuple[UUID, datetime, float]]:
    chance, step = random.Random(seed), (BACKFILLED_TO - BACKFILLED_FROM) / BACKFILLED
    samples = [
        (indicator, BACKFILLED_FROM + number * step, float(chance.random() < 0.999)) for number in range(BACKFILLED)
    ]
    return chance.sample(samples, len(samples))


def _batches(samples: Sequence[tuple[UUID, datetime, float]]) -> Iterator[Sequence[tuple[UUID, datetime, float]]]:
    for first in range(0, len(samples), SAMPLES_PER_PUSH):
        yield samples[first : first + SAMPLES_PER_PUSH]


@dataclass
class Caller:
    """Asks over one connection, and notes how long each request took."""

    connection: Connection
    headers: dict[str, str]
    seconds: list[float] = field(default_factory=list)

    async def ask(self, path: str, document: Any, *expected: int) -> int:
        body, headers = orjson.dumps(document), self.headers | {"Content-Type": "application/json"}
        began = time.perf_counter()
        status = await self.connection.ask(request("POST", f"/sla/v1{path}", headers, body))
        self.seconds.append(time.perf_counter() - began)
        if status not in expected:
            raise RuntimeError(f"{path} was answered {status}: {self.connection.body.decode()}")
        return status

    async def close(self, agreement_id: UUID, period: str, *expected: int) -> int:
        return await self.ask(f"/agreements/{agreement_id}/statements", {"period": period}, *expected)

    async def close_all(self, agreement_ids: Sequence[UUID]) -> None:
        for agreement_id in agreement_ids:
            await self.close(agreement_id, PERIODS[0], CREATED)

    async def close_patiently(self, agreement_id: UUID, period: str) -> None:
        while True:
            if await self.close(agreement_id, period, CREATED, UNAVAILABLE) == CREATED:
                return
            await asyncio.sleep(RETRY_SECONDS)


async def _backfill(
    served: Served, key: str, agreements: Agreements, samples: Sequence[tuple[UUID, datetime, float]]
) -> Backfill:
    pushes = [
        {"samples": [{"indicator": indicator, "at": at, "value": value} for indicator, at, value in batch]}
        for batch in _batches(samples)
    ]
    async with connections(served.port, 3) as opened:
        monitor, manager = Caller(opened[0], {"Authorization": f"Bearer {key}"}), Caller(opened[1], served.headers)
        other_manager = Caller(opened[2], served.headers)
        began = time.perf_counter()
        closing = asyncio.create_task(other_manager.close_all(agreements.others))
        for push in pushes:
            await monitor.ask("/push/samples", push, ACCEPTED)
        for period in PERIODS:
            await manager.close_patiently(agreements.backfilled, period)
        total = time.perf_counter() - began
        await closing
    slowest = [max(caller.seconds) for caller in (monitor, manager, other_manager)]
    return Backfill(total, max(slowest), slowest[-1])


async def _insert(pool: asyncpg.Pool, samples: Sequence[tuple[UUID, datetime, float]]) -> float:
    began = time.perf_counter()
    async with pool.acquire() as connection:
        for batch in _batches(samples):
            async with connection.transaction():
                await connection.executemany("INSERT INTO inserted_samples VALUES ($1, $2, $3)", batch)
    return time.perf_counter() - began
