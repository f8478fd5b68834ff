"""Statements revised: what comes late makes a new one, and the old one stays."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from common.runtime import Runtime
from common.testing.fake_issuer import FakeClock
from published.sla import ObjectiveBreached
from sla.compliance.statements import closing_job, restatement_job
from sla.compliance.statements.settings import StatementSettings
from tests.sla.compliance.conftest import END, MONDAY, START, JsonOf, Measure, Minutes, StatementClient


async def test_late_measurements_make_a_revision_and_leave_the_old_one(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf
) -> None:
    await measure(statements.sla_client.indicator_id, START, END)
    first = json_of(await statements.close(), 201)
    assert json_of(await statements.restate(first), 409)["type"].endswith("nothing-to-restate")
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    verified = await statements.verify(first)
    assert (verified["verified"], verified["untouched"], verified["recomputed"]) == (False, True, False)
    changed = {
        difference["field"]: (difference["stated"], difference["found"]) for difference in verified["differences"]
    }
    assert changed["result.objectives.0.bad"] == (0, 37)
    assert changed["result.met"] == (True, False)
    second = json_of(await statements.restate(first), 201)
    assert (second["revision"], second["number"], second["previous_sha256"]) == (2, 2, first["sha256"])
    correction = second["document"]["correction"]
    assert (correction["reason"], correction["replaces_sha256"]) == ("A probe was misread.", first["sha256"])
    assert {"field": "objectives.0.bad", "stated": 0, "found": 37} in correction["differences"]
    assert second["document"]["issued_by"] == "manager"
    assert (await statements.verify(second))["verified"]
    assert json_of(await statements.restate(first), 409)["type"].endswith("statement-superseded")
    assert [statement["revision"] for statement in await statements.list(period="2026-01")] == [1, 2]
    superseded = await statements.sla_client.sla.client.get(
        f"/statements/{first['id']}", headers=statements.sla_client.customer
    )
    assert superseded.json() == first


async def test_a_restatement_publishes_only_new_breaches(
    statements: StatementClient, measure: Measure, minutes_from: Minutes
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    first = (await statements.close()).json()
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 500))
    await statements.restate(first)
    breached_names = [
        event.objective_name
        for event in await statements.sla_client.sla.list_emitted_events()
        if isinstance(event, ObjectiveBreached)
    ]
    assert breached_names == ["Availability", "Fast answers"]


async def test_the_jobs_close_due_periods_and_restate_for_late_measurements(
    statements: StatementClient,
    measure: Measure,
    minutes_from: Minutes,
    record_late_arrival: Callable[[UUID, datetime], Awaitable[None]],
    clock: FakeClock,
) -> None:
    settings = StatementSettings(grace=timedelta(days=1))
    jobs = [closing_job.periodic_job(settings), restatement_job.periodic_job(settings)]

    async def run(runtime: Runtime) -> None:
        for job in jobs:
            await job.run(runtime)

    await measure(statements.sla_client.indicator_id, START, END)
    clock.now = END + timedelta(hours=23)
    await run(statements.sla_client.sla.runtime)
    assert await statements.list() == []
    clock.now = END + timedelta(days=30)
    await run(statements.sla_client.sla.runtime)
    await run(statements.sla_client.sla.runtime)
    assert [(statement["period"], statement["revision"]) for statement in await statements.list()] == [
        ("2026-01", 1),
        ("2026-02", 1),
    ]
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    await record_late_arrival(statements.sla_client.indicator_id, MONDAY)
    await record_late_arrival(statements.sla_client.indicator_id, START)
    await run(statements.sla_client.sla.runtime)
    await run(statements.sla_client.sla.runtime)
    listed = await statements.list()
    assert [(statement["period"], statement["revision"]) for statement in listed] == [
        ("2026-01", 1),
        ("2026-02", 1),
        ("2026-01", 2),
    ]
    read = await statements.sla_client.sla.client.get(
        f"/statements/{listed[-1]['id']}", headers=statements.sla_client.manager
    )
    assert read.json()["document"]["correction"]["reason"] == restatement_job.LATE_MEASUREMENTS
