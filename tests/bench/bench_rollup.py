"""The roll-up of one large indicator: what a cycle costs late in the hour, against early in it."""

import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

import asyncpg
import numpy as np
import psutil
from figures import Aim, Figure
from house import House

from common.database.connections import Database
from common.ids import new_id
from common.runtime import Runtime
from common.settings import DatabaseSettings, Settings
from sla.indicators.definition import IndicatorKind, Temporality
from sla.indicators.model import Indicator
from sla.main import service
from sla.measurements.data_points import DataPoints
from sla.measurements.histograms.columns import empty_histograms
from sla.measurements.ingest.push_log import PushLogEntry, add_entries
from sla.measurements.minutes import to_milliseconds
from sla.measurements.rollup.rollup_job import RollupJob
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


async def run(house: House, rounds: int) -> list[Figure]:
    """Roll one stretch of 40 minutes up, whatever `rounds` says: each cycle is a measurement of its own."""
    del rounds
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
    job = RollupJob(PushSettings())
    for scrape in range(MINUTES * SCRAPES_PER_MINUTE):
        at = START + scrape * EVERY
        instants = np.full(len(series), to_milliseconds(at), np.int64) + np.arange(len(series)) % 5000
        samples = Samples(np.asarray(series), instants, np.arange(len(series)) % 50 * float(scrape))
        entry = PushLogEntry(at, "bench", len(series), DataPoints(samples, empty_histograms()).pack())
        async with pool.acquire() as connection:
            await add_entries(connection, [entry])
        began = time.perf_counter()
        await job.run(runtime)
        yield time.perf_counter() - began, psutil.Process().memory_info().rss / MEGABYTE
