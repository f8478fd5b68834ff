"""Closing and restating by itself: everything due, one agreement for itself, in order, once, and told."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from common.auth.principal import SYSTEM
from common.testing.fake_issuer import FakeClock
from published.sla import ErrorBudgetBurning, ErrorBudgetRecovered, IssueOpened, ObjectiveCleared, StatementIssued
from sla.agreements.model import Agreement
from sla.compliance.forecast import burn_rate_job
from sla.compliance.forecast.model import BurnRateAlert
from sla.compliance.statements import closing_job, restatement_job
from sla.compliance.statements.actions import close_period
from sla.compliance.statements.settings import StatementSettings
from sla.corrections.model import CorrectionDue
from sla.corrections.store import record_correction
from tests.sla.compliance.conftest import JsonOf, StatementClient
from tests.sla.conftest import SlaClient

# 15 to 31 January 2026 in Paris: 12 days of 600 minutes in service.
START, END = datetime(2026, 1, 14, 23, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)
MONDAY = datetime(2026, 1, 19, 9, tzinfo=UTC)

Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], list[datetime]]


async def test_everything_due_is_closed_and_reported(
    statements: StatementClient, sla_client: SlaClient, json_of: JsonOf, clock: FakeClock, headers: Any
) -> None:
    other_agreement = await sla_client.signed(name="Another")
    for role in ("viewer", "owner"):
        json_of(await sla_client.sla.client.post("/closings", headers=headers(role)), 403)
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    closing = json_of(await sla_client.sla.client.post("/closings", headers=headers("admin")), 200)
    assert closing == {"closed": 4, "restated": 0, "refused": []}
    stated = await statements.list()
    assert sorted((statement["agreement_id"], statement["period"]) for statement in stated) == sorted(
        (agreement, period) for agreement in (statements.id, other_agreement["id"]) for period in ("2026-01", "2026-02")
    )
    again = json_of(await sla_client.sla.client.post("/closings", headers=sla_client.manager), 200)
    assert again["closed"] == 0
    assert {detail["document"]["issued_by"] for detail in [await read(statements, stated[0])]} == {"admin"}


async def test_an_agreement_that_changes_while_its_period_waits_is_closed_as_it_is_then(
    statements: StatementClient, sla_client: SlaClient
) -> None:
    async with sla_client.sla.begin() as work:
        agreement = await work.get(Agreement, UUID(statements.id))
        later = update(Agreement).values(version=Agreement.version + 1)
        await work.session.execute(later, execution_options={"synchronize_session": False})  # as by another transaction

        statement = await close_period(work, agreement.id, "2026-01")

    assert (statement.period, statement.number) == ("2026-01", 1)


async def read(statements: StatementClient, statement: dict[str, Any]) -> Any:
    path = f"/statements/{statement['id']}"
    return (await statements.sla_client.sla.client.get(path, headers=statements.sla_client.manager)).json()


async def test_a_period_that_cannot_be_closed_blocks_no_other(
    statements: StatementClient, sla_client: SlaClient, json_of: JsonOf, clock: FakeClock
) -> None:
    broken = await sla_client.signed(name="Another")
    async with sla_client.sla.begin() as work:  # as if nothing had been promised until then
        far = datetime(2025, 12, 31, 23, tzinfo=UTC)
        await work.session.execute(
            update(Agreement).where(Agreement.id == UUID(broken["id"])).values(review_due_at=far)
        )
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    closing = json_of(await sla_client.sla.client.post("/closings", headers=sla_client.manager), 200)
    assert closing["closed"] == 2
    assert [(refusal["agreement_id"], refusal["rule"]) for refusal in closing["refused"]] == [
        (broken["id"], "no-terms-in-force")
    ]
    assert {statement["agreement_id"] for statement in await statements.list()} == {statements.id}


async def test_an_interrupted_closing_continues(
    statements: StatementClient, sla_client: SlaClient, clock: FakeClock
) -> None:
    await sla_client.signed(name="Another")
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    settings = StatementSettings(batch_size=1, concurrency=1)
    connection_lost = False

    class Cut(type(sla_client.sla.runtime)):  # type: ignore[misc] # the class of this runtime
        async def write_changes(self, work: Any) -> None:
            nonlocal connection_lost
            if connection_lost:
                raise ConnectionError("The server is gone.")
            await super().write_changes(work)
            connection_lost = bool(work.events)

    kind = type(sla_client.sla.runtime)
    sla_client.sla.runtime.__class__ = Cut
    with pytest.raises(ConnectionError):
        await closing_job.periodic_job(settings).run(sla_client.sla.runtime)
    assert len(await statements.list()) == 1
    sla_client.sla.runtime.__class__ = kind
    await closing_job.periodic_job(settings).run(sla_client.sla.runtime)
    closed = [(statement["agreement_id"], statement["period"]) for statement in await statements.list()]
    assert len(closed) == len(set(closed)) == 4


async def test_a_recorded_correction_restates_with_its_reason(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    first = json_of(await statements.close(), 201)
    await measure(statements.sla_client.indicator_id, START, END)
    async with statements.sla_client.sla.begin() as work:
        record_correction(work, UUID(statements.id), MONDAY, MONDAY + timedelta(hours=1), "A waiver was granted.")
        record_correction(work, UUID(statements.id), END, END + timedelta(hours=1), "Of another period.")
    assert await restatement_job.restate_due_periods(statements.sla_client.sla.runtime) == 1
    (_, second) = [await read(statements, statement) for statement in await statements.list()]
    correction = second["document"]["correction"]
    assert (correction["reason"], correction["replaces_sha256"]) == ("A waiver was granted.", first["sha256"])
    availability = correction["changes"]["objectives"][0]
    expected = {"name": "Availability", "counted_in": "minutes", "bad": -37, "verdict": ["missed", "met"]}
    assert {name: availability[name] for name in expected} == expected
    assert correction["changes"]["credit"] == {
        "stated": "329.03",
        "found": "0.00",
        "difference": "-329.03",
        "currency": "EUR",
    }
    async with statements.sla_client.sla.begin() as work:
        assert not (await work.session.scalars(select(CorrectionDue))).all()


async def test_a_restatement_that_clears_an_objective_publishes_it_and_clears_the_issue(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    first = json_of(await statements.close(), 201)
    await measure(statements.sla_client.indicator_id, START, END)
    second = json_of(await statements.restate(first), 201)
    events = await statements.sla_client.sla.list_emitted_events()
    (cleared,) = [event for event in events if isinstance(event, ObjectiveCleared)]
    assert (cleared.objective_name, str(cleared.attained)) == ("Availability", "100.0000")
    assert str(cleared.statement_id) == second["id"]
    assert len([event for event in events if isinstance(event, IssueOpened)]) == 1
    (issue,) = (await statements.sla_client.sla.client.get("/issues", headers=statements.sla_client.manager)).json()[
        "items"
    ]
    assert issue["state"] == "unfounded"
    assert [event.revision for event in events if isinstance(event, StatementIssued)] == [1, 2]


async def test_statements_are_listed_as_known_at_an_instant(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf, clock: FakeClock
) -> None:
    await measure(statements.sla_client.indicator_id, START, END)
    first = json_of(await statements.close(), 201)
    clock.now += timedelta(days=1)
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    second = json_of(await statements.restate(first), 201)

    async def list_ids(at: datetime | None = None, **params: str) -> list[str]:
        path = f"/agreements/{statements.id}/statements"
        params |= {"known_at": at.isoformat()} if at else {}
        answer = await statements.sla_client.sla.client.get(path, params=params, headers=statements.sla_client.customer)
        return [statement["id"] for statement in json_of(answer, 200)["items"]]

    assert await list_ids() == await list_ids(period="2026-01") == [second["id"]]
    assert await list_ids(clock.now - timedelta(seconds=1)) == [first["id"]]
    assert await list_ids(clock.now) == [second["id"]]
    assert await list_ids(clock.now - timedelta(days=2)) == await list_ids(period="2026-02") == []
    problem = json_of(
        await statements.sla_client.sla.client.get(
            f"/agreements/{statements.id}/statements",
            params={"known_at": "yesterday"},
            headers=statements.sla_client.customer,
        ),
        422,
    )
    assert problem["errors"][0]["field"] == "known_at"


async def test_a_burning_budget_and_its_recovery_are_published_once_per_rule(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, clock: FakeClock
) -> None:
    wednesday, sla = datetime(2026, 2, 4, 8, tzinfo=UTC), statements.sla_client.sla
    begin = datetime(2026, 2, 1, tzinfo=UTC)

    async def watched_at(minute: int, bad: int) -> None:
        clock.now = wednesday + timedelta(minutes=minute, seconds=20)
        down = minutes_from(wednesday, bad)
        await measure(statements.sla_client.indicator_id, begin, wednesday + timedelta(hours=4), bad=down)
        await burn_rate_job.periodic_job(StatementSettings()).run(sla.runtime)

    async def list_alerts(kind: type[Any]) -> list[tuple[str, str]]:
        names = {objective["id"]: objective["name"] for objective in statements.sla_client.terms()["objectives"]}
        return [
            (names[str(event.objective_id)], event.rule)
            for event in await sla.list_emitted_events()
            if isinstance(event, kind)
        ]

    await watched_at(0, 0)
    assert await list_alerts(ErrorBudgetBurning) == []
    await watched_at(30, 30)
    await watched_at(31, 31)
    burning = await list_alerts(ErrorBudgetBurning)
    assert ("Availability", "PT1H") in burning
    assert len(burning) == len(set(burning))
    (first, *_) = [event for event in await sla.list_emitted_events() if isinstance(event, ErrorBudgetBurning)]
    assert (first.rule, str(first.threshold), first.since) == (
        "PT1H",
        "13.440",
        wednesday + timedelta(minutes=30, seconds=20),
    )
    assert await list_alerts(ErrorBudgetRecovered) == []
    await watched_at(120, 31)
    recovered = await list_alerts(ErrorBudgetRecovered)
    assert ("Availability", "PT1H") in recovered
    async with sla.begin() as work:
        still = {(alert.rule) for alert in await work.session.scalars(select(BurnRateAlert))}
    assert still == {rule for _, rule in burning} - {rule for name, rule in recovered if name == "Availability"}


async def test_an_agreement_that_is_not_active_has_no_alerts(statements: StatementClient) -> None:
    sla = statements.sla_client.sla
    async with sla.begin() as work:
        work.add(BurnRateAlert(agreement_id=UUID(statements.id), objective_id=UUID(int=1), rule="PT1H", since=work.now))
        await work.session.execute(update(Agreement).values(state="suspended"))
    await burn_rate_job.periodic_job(StatementSettings()).run(sla.runtime)
    assert [event.rule for event in await sla.list_emitted_events() if isinstance(event, ErrorBudgetRecovered)] == [
        "PT1H"
    ]


@pytest.mark.parametrize("grace", [timedelta(0), timedelta(hours=6)])
async def test_nothing_is_closed_before_its_measurements_had_time_to_arrive(
    statements: StatementClient, clock: FakeClock, grace: timedelta
) -> None:
    await statements.close()
    end = datetime(2026, 2, 28, 23, tzinfo=UTC)
    clock.now = end + timedelta(minutes=9)
    await closing_job.periodic_job(StatementSettings(grace=grace)).run(statements.sla_client.sla.runtime)
    assert len(await statements.list()) == 1
    assert (await closing_job.close_all_due(statements.sla_client.sla.runtime, SYSTEM)).closed == 0
    clock.now = end + timedelta(minutes=10)
    assert (await closing_job.close_all_due(statements.sla_client.sla.runtime, SYSTEM)).closed == 1
