"""A replica that is killed while it rolls up leaves nothing behind, and others do all of it, once and in time."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.rollup.jobs import refolds, rollup_worker
from sla.measurements.rollup.jobs.rollup_job import RollupJob
from sla.measurements.rollup.jobs.rollup_worker import RollupWorker
from sla.measurements.settings import PushSettings
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.replicas import replicas

AT = int(datetime(2026, 2, 3, 11, tzinfo=UTC).timestamp() * 1000)
SERIES = [{"selector": "requests", "part": "total"}, {"selector": "errors", "part": "bad"}]
WAITING = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%observed_hours%'"
PENDING = "SELECT FROM sla.push_pending"
LEASE = timedelta(seconds=10)
"""A dead client is noticed after a second; the rest is for a busy machine."""


async def push(monitored: MonitoredService) -> None:
    for step in range(40):
        for name, step_size in (("requests", 10), ("errors", 1)):
            await monitored.push(({"__name__": name}, [(AT + 15_000 * step, float(step_size * step))]))
        point = HistogramPoint.from_exponential(
            HistogramReading(AT + 15_000 * step, sum=math.nan), schema=1, count=3 * step, positive=[(2, step)]
        )
        await monitored.push_histograms(({"__name__": "answer_seconds"}, [point]))


async def until(holds: Callable[[], Awaitable[Any]], within: timedelta, otherwise: str) -> None:
    by = datetime.now(UTC) + within
    while not await holds():
        assert datetime.now(UTC) < by, otherwise
        await asyncio.sleep(0.01)


async def killed_while_writing(monitored: MonitoredService, url: str, name: str) -> None:
    """The last table that the job or loop writes to is held, and it is killed when it waits for it."""
    holding = await asyncpg.connect(url)
    async with holding.transaction():
        await holding.execute("LOCK TABLE sla.observed_hours IN SHARE MODE")
        with replicas(url, name) as (killed,):
            await until(lambda: monitored.rows(WAITING), timedelta(seconds=30), "nothing is being rolled up")
            killed.kill()
            killed.wait()
    await holding.close()


async def test_a_rollup_that_a_dead_replica_began_is_done_once(monitored: MonitoredService, pushed_to_url: str) -> None:
    indicators = [
        await monitored.define(kind="ratio", series=SERIES),
        await monitored.define(kind="histogram", series=[{"selector": "answer_seconds"}]),
    ]
    await monitored.roll_up()
    await push(monitored)
    await killed_while_writing(monitored, pushed_to_url, refolds.JOB_NAME)
    assert await monitored.stored() == [[], [], []]
    assert len(await monitored.rows(PENDING)) == 120

    async def is_rolled_up() -> bool:
        await asyncio.gather(*(RollupJob(PushSettings()).run(monitored.runtime) for _ in range(2)))
        return not await monitored.rows(PENDING)

    await until(is_rolled_up, LEASE, "the work of the dead replica was not taken over")
    begin = datetime(2026, 2, 3, 11, tzinfo=UTC)
    ratio, histogram = [await monitored.minutes(indicator, begin, 10) for indicator in indicators]
    assert (sum(ratio["total"]), sum(ratio["total"]) - sum(ratio["good"])) == (390, 39)
    assert sum(histogram["total"]) == 3 * 39


async def test_a_dead_worker_leaves_its_input_waiting_and_another_one_does_it_once(
    monitored: MonitoredService, pushed_to_url: str
) -> None:
    histogram = await monitored.define(kind="histogram", series=[{"selector": "answer_seconds"}])
    await monitored.roll_up()
    points = [
        HistogramPoint.from_exponential(
            HistogramReading(AT + 1_800_000 * (step - 20), sum=math.nan, delta=True),
            schema=1,
            count=3,
            positive=[(2, 3)],
        )
        for step in range(20)
    ]
    await monitored.push_histograms(({"__name__": "answer_seconds"}, points))
    await monitored.rollup_job.run(monitored.runtime)
    waiting = await monitored.rows("SELECT * FROM sla.waiting_rollups")

    await killed_while_writing(monitored, pushed_to_url, rollup_worker.JOB_NAME)

    assert await monitored.rows("SELECT * FROM sla.waiting_rollups") == waiting != []
    assert await monitored.stored() == [[], [], []]

    async def is_rolled_up() -> bool:
        await asyncio.gather(*(RollupWorker(PushSettings()).run(monitored.runtime) for _ in range(2)))
        return not await monitored.rows("SELECT FROM sla.waiting_rollups")

    await until(is_rolled_up, LEASE, "the work of the dead worker was not taken over")
    once = await monitored.stored()
    await monitored.push_histograms(({"__name__": "answer_seconds"}, points))
    await monitored.roll_up()
    assert await monitored.stored() == once
    assert histogram["id"] in {str(row["indicator_id"]) for row in await monitored.rows("TABLE sla.observed_hours")}
