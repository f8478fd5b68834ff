"""A period that a wrong clock closed too early is restated once it is over, whatever is learnt until then."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from common.jobs.clock_guard import ClockGuard
from common.testing.fake_issuer import FakeClock
from sla.compliance.statements import restatement_job
from sla.measurements.model import StatedUntil
from tests.sla.compliance.conftest import JsonOf, StatementClient

START, END = datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)
"""March in Paris."""
CLOSED = [("2026-01", 1), ("2026-02", 1), ("2026-03", 1)]
Measure = Callable[..., Awaitable[None]]


async def list_revisions(statements: StatementClient) -> list[tuple[str, int]]:
    return [(statement["period"], statement["revision"]) for statement in await statements.list()]


async def test_samples_of_a_period_that_was_closed_too_early_restate_it(
    statements: StatementClient, measure: Measure, json_of: JsonOf, clock: FakeClock
) -> None:
    sla, right_now = statements.sla_client.sla, datetime(2026, 3, 10, tzinfo=UTC)
    clock.now = right_now + timedelta(days=40)
    closed = json_of(await sla.client.post("/closings", headers=statements.sla_client.headers("manager")), 200)
    assert closed["closed"] == 3
    clock.now = right_now
    await measure(statements.sla_client.indicator_id, START, END)

    assert await restatement_job.restate_due_periods(sla.runtime) == 0  # the period is not over
    assert await list_revisions(statements) == CLOSED
    problem = json_of(await statements.restate((await statements.list())[-1]), 409)
    assert problem["type"].endswith("period-not-over")

    clock.now = END + timedelta(minutes=11)
    assert await restatement_job.restate_due_periods(sla.runtime) == 1
    assert await list_revisions(statements) == [*CLOSED, ("2026-03", 2)]
    restated = (await statements.list())[-1]
    document = await read_document(statements, restated)
    assert document["correction"]["reason"] == restatement_job.CLOSED_TOO_EARLY
    assert [objective["attained"] for objective in document["result"]["objectives"]] == ["100.0000", "100.0000"]
    assert (await statements.verify(restated))["verified"]
    assert await restatement_job.restate_due_periods(sla.runtime) == 0


async def read_document(statements: StatementClient, statement: dict[str, Any]) -> dict[str, Any]:
    path = f"/statements/{statement['id']}"
    answer = await statements.sla_client.sla.client.get(path, headers=statements.sla_client.manager)
    document: dict[str, Any] = answer.json()["document"]
    return document


async def test_a_closing_records_how_far_statements_reach(
    statements: StatementClient, json_of: JsonOf, clock: FakeClock
) -> None:
    json_of(await statements.close(), 201)
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    json_of(await statements.close("2026-02"), 201)
    async with statements.sla_client.sla.begin() as work:
        until = await work.session.scalar(select(StatedUntil.until))
    assert until == datetime(2026, 2, 28, 23, tzinfo=UTC)


@pytest.mark.parametrize("path", ["/closings", "/agreements/{id}/statements"])
async def test_nobody_closes_by_a_clock_that_disagrees_with_the_database(
    statements: StatementClient, json_of: JsonOf, path: str
) -> None:
    sla = statements.sla_client.sla
    sla.runtime.clock_guard = ClockGuard(sla.runtime.database, lambda: datetime.now(UTC) + timedelta(days=40))
    answer = await sla.client.post(
        path.format(id=statements.id), json={"period": "2026-01"}, headers=statements.sla_client.manager
    )
    assert json_of(answer, 503)["type"].endswith("clock-untrusted")
    assert await statements.list() == []
