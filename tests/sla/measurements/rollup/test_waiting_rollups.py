"""What takes long to roll up waits by indicator, and workers roll it up: every sample counts once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from sla.measurements import backlog
from sla.measurements.errors import MeasurementsPending
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.rollup.jobs import rollup_job, waiting_rollups
from sla.measurements.rollup.jobs.rollup_worker import RollupWorker
from sla.measurements.rollup.series_roles import SeriesRoleCache
from sla.measurements.settings import PushSettings
from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.rollup.test_refolds import refold

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
BEGIN = NOON - timedelta(days=25)
PENDING = "SELECT FROM sla.push_pending"
WAITING = "SELECT indicator_id, stretch, samples FROM sla.waiting_rollups ORDER BY stretch, id"


async def push_counts(monitored: MonitoredService, indicator: dict[str, Any], instants: list[datetime]) -> None:
    counts = [{"indicator": indicator["id"], "at": at.isoformat(), "good": 2, "total": 3} for at in instants]
    answer = await monitored.push_json(json.dumps({"samples": counts}))
    assert answer.status_code == 202, answer.text


def half_hours(begin: datetime, count: int) -> list[datetime]:
    return [begin + timedelta(minutes=30 * number) for number in range(count)]


async def total_of(monitored: MonitoredService, indicator: dict[str, Any], begin: datetime, days: int) -> int:
    windows = [begin + timedelta(days=number) for number in range(days)]
    return sum([sum((await monitored.minutes(indicator, start, 1440))["total"]) for start in windows])


async def test_a_backfill_waits_by_stretch_of_time_and_a_live_push_beside_it_does_not(
    monitored: MonitoredService,
) -> None:
    backfilled, live = await monitored.define(kind="ratio"), await monitored.define(kind="ratio")
    await monitored.roll_up()
    await push_counts(monitored, backfilled, half_hours(BEGIN, 48 * 25))
    await push_counts(monitored, live, [NOON - timedelta(minutes=1)])

    await monitored.rollup_job.run(monitored.runtime)

    assert await monitored.rows(PENDING) == []
    waiting = await monitored.rows(WAITING)
    assert {str(row["indicator_id"]) for row in waiting} == {backfilled["id"]}
    assert (len(waiting), sum(row["samples"] for row in waiting)) == (3, 2 * 48 * 25)
    assert await total_of(monitored, live, NOON - timedelta(hours=1), 1) == 3
    assert await total_of(monitored, backfilled, BEGIN, 25) == 0

    await monitored.rollup_worker.run(monitored.runtime)

    assert await monitored.rows(WAITING) == []
    assert await total_of(monitored, backfilled, BEGIN, 25) == 3 * 48 * 25
    assert (await refold(monitored, backfilled))["hours_changed"] == 0


async def test_a_histogram_weighs_as_much_as_its_buckets(
    monitored: MonitoredService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup_job, "LARGE_INPUT_SAMPLES", 40)
    await monitored.define(kind="histogram", series=[{"selector": "latency"}])
    reading = HistogramReading(int(NOON.timestamp() * 1000) - 60_000)
    buckets = [(bucket, 1.0) for bucket in range(40)]
    point = HistogramPoint.from_exponential(reading, schema=3, count=40, positive=buckets)
    await monitored.push_histograms(({"__name__": "latency"}, [point]))

    await monitored.rollup_job.run(monitored.runtime)

    logged, waiting = await monitored.rows("SELECT samples FROM sla.push_batches"), await monitored.rows(WAITING)
    assert ([row["samples"] for row in logged], [row["samples"] for row in waiting]) == ([41], [41])


async def test_an_indicator_that_somebody_has_locked_waits_and_holds_up_no_other(monitored: MonitoredService) -> None:
    held, free = await monitored.define(kind="ratio"), await monitored.define(kind="ratio")
    await monitored.roll_up()
    at = NOON - timedelta(minutes=1)
    async with (await monitored.runtime.get_pool()).acquire() as holder, holder.transaction():
        await holder.execute("SELECT FROM sla.indicators WHERE id = $1 FOR NO KEY UPDATE", UUID(held["id"]))
        await push_counts(monitored, held, [at])
        await push_counts(monitored, free, [at])

        await monitored.roll_up()

        assert await total_of(monitored, free, at.replace(minute=0), 1) == 3
        assert [str(row["indicator_id"]) for row in await monitored.rows(WAITING)] == [held["id"]]
    await monitored.roll_up()
    assert await total_of(monitored, held, at.replace(minute=0), 1) == 3


async def test_an_indicator_that_changes_while_its_samples_are_sorted_is_rolled_up_as_it_is_now(
    monitored: MonitoredService, monkeypatch: pytest.MonkeyPatch
) -> None:
    total, errors = {"selector": "requests", "part": "total"}, {"selector": "errors", "part": "bad"}
    indicator = await monitored.define(kind="ratio", series=[total, errors])
    load_roles = SeriesRoleCache.load_roles

    async def load_roles_and_change(cache: SeriesRoleCache, *parameters: Any) -> Any:
        roles = await load_roles(cache, *parameters)
        monkeypatch.setattr(SeriesRoleCache, "load_roles", load_roles)
        change = {"series": [total, errors | {"selector": "timeouts"}]}
        if_match = monitored.headers("manager") | {"If-Match": indicator["etag"]}
        answer = await monitored.client.patch(f"/indicators/{indicator['id']}", json=change, headers=if_match)
        assert answer.status_code == 200, answer.text
        return roles

    monkeypatch.setattr(SeriesRoleCache, "load_roles", load_roles_and_change)
    for minutes in (5, 4):
        at = int((NOON - timedelta(minutes=minutes)).timestamp() * 1000)
        counts = {"requests": 10.0, "errors": 3.0, "timeouts": 1.0}
        await monitored.push(*(({"__name__": name}, [(at, count * (6 - minutes))]) for name, count in counts.items()))

    await monitored.roll_up()

    minutes_now = await monitored.minutes(indicator, NOON - timedelta(minutes=6), 6)
    assert (sum(minutes_now["total"]), sum(minutes_now["good"])) == (10, 9)
    assert (await refold(monitored, indicator))["hours_changed"] == 0


async def test_workers_of_several_replicas_share_what_waits_and_count_every_sample_once(
    monitored: MonitoredService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_rollups, "STEP_SAMPLES", 40)
    indicators = [await monitored.define(kind="ratio") for _ in range(3)]
    await monitored.roll_up()
    workers = [RollupWorker(PushSettings()) for _ in range(3)]
    order, instants = np.random.default_rng(7), half_hours(BEGIN, 48 * 22)
    for _ in range(4):
        for indicator in indicators:
            chosen = order.permutation(len(instants))[:300].tolist()
            await push_counts(monitored, indicator, [instants[place] for place in chosen])
        running = [worker.run(monitored.runtime) for worker in workers]
        await asyncio.gather(monitored.rollup_job.run(monitored.runtime), *running)
    for indicator in indicators:
        await push_counts(monitored, indicator, instants)

    await asyncio.gather(monitored.roll_up(), *(worker.run(monitored.runtime) for worker in workers))
    await monitored.roll_up()

    for indicator in indicators:
        assert await total_of(monitored, indicator, BEGIN, 22) == 3 * len(instants)
        assert (await refold(monitored, indicator))["hours_changed"] == 0


async def test_waiting_input_that_cannot_be_rolled_up_gets_a_refold_and_holds_up_no_other(
    monitored: MonitoredService,
) -> None:
    ill, well = await monitored.define(kind="ratio"), await monitored.define(kind="ratio")
    await push_counts(monitored, ill, [BEGIN])
    await monitored.roll_up()
    (sound,) = await monitored.rows("SELECT samples FROM sla.sample_hours")
    await monitored.rows("UPDATE sla.sample_hours SET samples = 'nonsense'")
    for indicator in (ill, well):
        await push_counts(monitored, indicator, half_hours(BEGIN, 48))

    await monitored.roll_up()

    assert await total_of(monitored, well, BEGIN, 1) == 3 * 48
    assert await monitored.rows(WAITING) == []
    assert len(await monitored.rows("SELECT FROM sla.refolds WHERE done_at IS NULL")) == 1
    await monitored.rows("UPDATE sla.sample_hours SET samples = $1 WHERE samples = 'nonsense'", sound["samples"])
    monitored.clock.advance(timedelta(minutes=2))
    await monitored.roll_up()
    assert await total_of(monitored, ill, BEGIN, 1) == 3 * 48


async def test_a_backfilled_indicator_is_not_silent_while_its_input_waits(monitored: MonitoredService) -> None:
    indicator = await monitored.define(kind="ratio")
    await push_counts(monitored, indicator, half_hours(BEGIN, 48))

    await monitored.rollup_job.run(monitored.runtime)

    (activity,) = await monitored.rows("SELECT last_received_at, last_sample_at FROM sla.indicator_activity")
    assert tuple(activity) == (NOON, BEGIN + timedelta(hours=23, minutes=30))


async def test_pushes_are_taken_between_the_runs_of_the_job_only_when_somebody_waits_for_them(
    monitored: MonitoredService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "CHECK_SECONDS", 0)
    indicator = await monitored.define(kind="ratio")
    await push_counts(monitored, indicator, [NOON - timedelta(minutes=1)])
    await monitored.rollup_job.run_if_awaited(monitored.runtime)
    assert len(await monitored.rows(PENDING)) == 1

    async with monitored.runtime.begin() as work:
        with pytest.raises(MeasurementsPending):
            await backlog.wait_for_rollup(work, [], BEGIN, NOON)
        await monitored.rollup_job.run_if_awaited(monitored.runtime)

    assert await monitored.rows(PENDING) == []


async def test_a_backfill_gathers_while_it_is_pushed(monitored: MonitoredService) -> None:
    indicator = await monitored.define(kind="ratio")
    await monitored.roll_up()
    now = datetime.now(UTC)
    counts = {("last", timedelta(0)): 1, ("waits", timedelta(seconds=6)): 0, ("ahead", timedelta(days=-40)): 0}
    for (name, ago), still_waiting in counts.items():
        monitored.clock.now = now - ago
        await push_counts(monitored, indicator, half_hours(BEGIN, 48))

        await monitored.roll_up()

        assert len(await monitored.rows(WAITING)) == still_waiting, name
        await monitored.rows("DELETE FROM sla.waiting_rollups")
