"""How review periods under way stand is published a few times a day, from the same figures as the forecast."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from common.testing.fake_issuer import FakeClock
from published.sla import PeriodProgressed
from sla.agreements.model import Agreement
from sla.compliance.forecast import progress_job
from sla.compliance.statements.settings import StatementSettings

FEBRUARY = datetime(2026, 1, 31, 23, tzinfo=UTC)
WEDNESDAY = datetime(2026, 2, 4, 8, tzinfo=UTC)
Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], Any]


async def run_job(statements: Any) -> list[PeriodProgressed]:
    """Run the job, and return all progress that was published so far."""
    sla = statements.sla_client.sla
    await progress_job.periodic_job(StatementSettings()).run(sla.runtime)
    return [event for event in await sla.list_emitted_events() if isinstance(event, PeriodProgressed)]


@pytest.fixture
def midday(clock: FakeClock) -> FakeClock:
    clock.now = WEDNESDAY + timedelta(hours=4, seconds=20)
    return clock


async def test_the_figures_to_date_are_those_of_the_forecast(
    statements: Any, measure: Measure, minutes_from: Minutes, midday: FakeClock
) -> None:
    until = midday.now.replace(second=0)
    await measure(statements.sla_client.indicator_id, FEBRUARY, until, bad=minutes_from(WEDNESDAY, 37))

    (progress,) = await run_job(statements)

    answer = await statements.sla_client.sla.client.get(
        f"/agreements/{statements.id}/compliance", headers=statements.sla_client.customer
    )
    forecast = answer.json()
    assert (progress.period_from, progress.until, progress.timezone) == (FEBRUARY, until, "Europe/Paris")
    assert str(progress.performance) == forecast["performance"]
    assert [None if result.attained is None else str(result.attained) for result in progress.objectives] == [
        objective["attained"] for objective in forecast["objectives"]
    ]
    assert [result.verdict for result in progress.objectives] == [
        objective["verdict"] for objective in forecast["objectives"]
    ]


async def test_progress_is_published_a_few_times_a_day_and_not_more(
    statements: Any, measure: Measure, midday: FakeClock
) -> None:
    await measure(statements.sla_client.indicator_id, FEBRUARY, midday.now.replace(second=0), bad=())

    times = []
    for _ in range(24):
        times.append(len(await run_job(statements)))
        midday.now += timedelta(hours=1)

    assert times[:5] == [1, 1, 1, 1, 2]
    assert times[-1] == 6


@pytest.mark.usefixtures("midday")
async def test_an_agreement_that_is_not_active_makes_no_progress(statements: Any) -> None:
    async with statements.sla_client.sla.begin() as work:
        await work.session.execute(update(Agreement).values(state="suspended"))
    assert await run_job(statements) == []
