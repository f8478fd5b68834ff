"""Figures of service levels for operators: the newest statement, and how fast budgets are spent now."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import asyncpg
from prometheus_client import REGISTRY

from common.jobs.periodic_jobs import run_periodically
from common.runtime import Runtime
from common.service import PeriodicJob
from common.testing.fake_issuer import FakeClock
from common.testing.plugin import StartService
from sla.compliance.forecast import burn_rate_job
from sla.compliance.statements.settings import StatementSettings
from sla.measurements.model import PackedHour
from tests.sla.compliance.conftest import StatementClient, packed_hour
from tests.sla.compliance.statements.test_takeover import until
from tests.sla.conftest import SlaClient

Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], list[datetime]]


def read_gauge(name: str, agreement_id: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"agreement_id": agreement_id, "objective": "Availability", **labels})


async def test_the_newest_statement_and_the_burn_rates_are_figures(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, clock: FakeClock
) -> None:
    begin, wednesday = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 4, 8, tzinfo=UTC)
    await measure(
        statements.sla_client.indicator_id, begin, wednesday + timedelta(hours=4), bad=minutes_from(wednesday, 30)
    )
    clock.now = wednesday + timedelta(minutes=30, seconds=20)

    await burn_rate_job.periodic_job(StatementSettings()).run(statements.sla_client.sla.runtime)

    burn_rate = read_gauge("rapport_burn_rate", statements.id, window="PT1H")
    assert burn_rate is not None
    assert burn_rate > 13.44
    windows = ("PT5M", "PT30M", "PT1H", "PT2H", "PT6H", "PT24H", "PT72H")
    assert None not in [read_gauge("rapport_burn_rate", statements.id, window=window) for window in windows]
    assert read_gauge("rapport_burn_rate_firing", statements.id, window="PT1H") == 1
    firing = {rule: read_gauge("rapport_burn_rate_firing", statements.id, window=rule) for rule in ("PT6H", "PT72H")}
    assert firing == {"PT6H": 1, "PT72H": 1}
    assert read_gauge("rapport_objective_attained_percent", statements.id) is None, "nothing is stated yet"

    clock.now = datetime(2026, 3, 4, tzinfo=UTC)
    await statements.close("2026-01")
    answer = await statements.close("2026-02")
    assert answer.status_code == 201, answer.text
    await burn_rate_job.periodic_job(StatementSettings()).run(statements.sla_client.sla.runtime)
    stated = {objective["name"]: objective for objective in answer.json()["document"]["result"]["objectives"]}
    objective = stated["Availability"]
    assert read_gauge("rapport_burn_rate_firing", statements.id, window="PT1H") == 0
    assert read_gauge("rapport_objective_attained_percent", statements.id) == float(objective["attained"])
    assert read_gauge("rapport_objective_target_percent", statements.id) == float(objective["target"])
    assert read_gauge("rapport_error_budget_remaining_percent", statements.id) == float(
        objective["error_budget"]["remaining"]
    )


LOSE_LOCKS = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def is_owner() -> bool:
    labels = {"service": "sla", "job": burn_rate_job.JOB_NAME}
    return REGISTRY.get_sample_value("rapport_job_owner", labels) == 1


@asynccontextmanager
async def running(runtime: Runtime, job: PeriodicJob) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(run_periodically(runtime, job))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


async def test_a_replica_that_loses_its_lock_takes_its_figures_back_and_the_next_one_has_them(
    committed_client: SlaClient, start_committed_service: StartService, clock: FakeClock
) -> None:
    clock.now = datetime(2026, 2, 10, 9, 30, tzinfo=UTC)
    statements = StatementClient(committed_client, await committed_client.signed())
    async with committed_client.sla.begin() as work:
        for hour in (clock.now.replace(hour=8, minute=0), clock.now.replace(minute=0)):
            minutes = packed_hour(hour, bad=(), silent=())
            work.add(PackedHour(indicator_id=committed_client.indicator_id, hour=hour, minutes=minutes))
    settings = committed_client.sla.runtime.database.settings
    first, second = committed_client.sla.runtime, (await start_committed_service("sla", settings)).runtime
    job = burn_rate_job.periodic_job(StatementSettings(interval=timedelta(seconds=0.1)))

    async def has_figures() -> bool:
        return read_gauge("rapport_burn_rate", statements.id, window="PT1H") is not None

    async with running(first, job) as lost:
        await until(has_figures, "the first replica has no figures")
        assert is_owner()
        connection = await asyncpg.connect(settings.url)
        await connection.execute(LOSE_LOCKS)
        await connection.close()
        await asyncio.wait([lost], timeout=10)
        assert lost.exception() is not None
        assert (await has_figures(), is_owner()) == (False, False)
        assert read_gauge("rapport_burn_rate_firing", statements.id, window="PT1H") is None

    async with running(second, job):
        await until(has_figures, "the second replica has no figures")
        assert is_owner()
