"""Closing beside the roll-up: it waits for what its own periods rest on, and that is no failure."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from common.jobs.periodic_jobs import JobPostponed
from common.jobs.retries import list_items_on_hold
from common.testing.fake_issuer import FakeClock
from sla.compliance.statements import closing_job
from sla.compliance.statements.settings import StatementSettings
from sla.measurements import backlog
from sla.measurements.model import PendingPush, WaitingRollup
from tests.sla.compliance.conftest import END, MONDAY, START, JsonOf, StatementClient


async def test_closing_waits_for_earlier_pushes_but_not_for_failing_ones(
    statements: StatementClient, json_of: JsonOf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "CHECK_SECONDS", 0)
    async with statements.sla_client.sla.begin() as work:
        work.add(PendingPush(batch_id=1, received_at=clock.now))
    refused = await statements.close()
    assert json_of(refused, 503)["type"].endswith("measurements-pending")
    assert refused.headers["retry-after"]
    json_of(await statements.sla_client.sla.client.post("/closings", headers=statements.sla_client.manager), 503)
    async with statements.sla_client.sla.begin() as work:
        await work.session.execute(update(PendingPush).values(problem="It is broken."))
    json_of(await statements.close(), 201)


async def test_a_period_that_cannot_be_closed_is_refused_before_anything_is_waited_for(
    statements: StatementClient, json_of: JsonOf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "CHECK_SECONDS", 0)
    async with statements.sla_client.sla.begin() as work:
        work.add(PendingPush(batch_id=1, received_at=clock.now, measured_from=END + timedelta(hours=1)))
    json_of(await statements.close(), 201)
    async with statements.sla_client.sla.begin() as work:
        await work.session.execute(update(PendingPush).values(measured_from=None))

    path, manager = f"/agreements/{statements.id}/statements", statements.sla_client.manager
    refused = await statements.sla_client.sla.client.post(path, json={"period": "2099-01"}, headers=manager)
    assert json_of(refused, 409)["type"].endswith("period-not-over")
    assert json_of(await statements.close(), 409)["type"].endswith("period-already-closed")


async def test_closing_does_not_wait_for_pushes_of_later_samples(
    statements: StatementClient, json_of: JsonOf, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "CHECK_SECONDS", 0)
    async with statements.sla_client.sla.begin() as work:
        work.add(PendingPush(batch_id=1, received_at=clock.now, measured_from=END + timedelta(hours=1)))
    json_of(await statements.close(), 201)


def waiting_input(indicator_id: UUID, received_at: datetime, first_at: datetime, last_at: datetime) -> WaitingRollup:
    extent = {"stretch": START, "first_at": first_at, "last_at": last_at, "samples": 1}
    return WaitingRollup(indicator_id=indicator_id, received_at=received_at, packed=b"", first_push=1, **extent)


@pytest.fixture
async def behind(statements: StatementClient, clock: FakeClock) -> str:
    """An agreement on an indicator of its own, of which a sample in January is still to be rolled up."""
    sla_client = statements.sla_client
    defined = await sla_client.sla.client.post(
        "/indicators", json={"name": "Backfilled", "kind": "availability"}, headers=sla_client.manager
    )
    backfilled = replace(sla_client, indicator_id=UUID(defined.json()["id"]))
    agreement = await backfilled.signed(name="Another")
    async with sla_client.sla.begin() as work:
        work.add(waiting_input(backfilled.indicator_id, clock.now, MONDAY, MONDAY))
    return str(agreement["id"])


async def test_what_is_behind_on_one_indicator_delays_only_the_agreements_that_need_it(
    statements: StatementClient, behind: str, json_of: JsonOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "CHECK_SECONDS", 0)
    client, manager = statements.sla_client.sla.client, statements.sla_client.manager
    path = f"/agreements/{behind}/statements"
    assert json_of(await client.post(path, json={"period": "2026-01"}, headers=manager), 503)["type"].endswith(
        "measurements-pending"
    )

    closing = json_of(await client.post("/closings", headers=manager), 200)

    assert [(refusal["agreement_id"], refusal["rule"]) for refusal in closing["refused"]] == [
        (behind, "measurements-pending")
    ]
    assert {statement["agreement_id"] for statement in await statements.list()} == {statements.id}
    async with statements.sla_client.sla.begin() as work:
        await work.session.execute(update(WaitingRollup).values(first_at=END + timedelta(hours=1)))
    json_of(await client.post(path, json={"period": "2026-01"}, headers=manager), 201)


async def test_waiting_for_the_roll_up_is_no_failure_and_the_job_comes_back(
    statements: StatementClient, behind: str
) -> None:
    sla = statements.sla_client.sla
    job = closing_job.periodic_job(StatementSettings())
    with pytest.raises(JobPostponed):
        await job.run(sla.runtime)
    assert {statement["agreement_id"] for statement in await statements.list()} == {statements.id}
    assert await list_items_on_hold(sla.runtime, job.name) == frozenset()

    async with sla.begin() as work:
        await work.session.execute(delete(WaitingRollup))
    await job.run(sla.runtime)

    assert {statement["agreement_id"] for statement in await statements.list()} == {statements.id, behind}
