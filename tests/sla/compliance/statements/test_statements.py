"""Statements over HTTP: what they say, how they hang together, and what is refused."""

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from common.database.record_protection import OWNER
from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from published.sla import IssueOpened, ObjectiveBreached, StatementIssued
from sla.compliance.statements.model import Statement
from tests.sla.compliance.conftest import END, MONDAY, START, JsonOf, Measure, Minutes, StatementClient
from tests.sla.conftest import SlaClient


async def test_the_content_of_a_statement(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf, clock: FakeClock
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    statement = json_of(await statements.close(), 201)
    result = statement["document"]["result"]
    assert result["minutes"] == {
        "in_period": 17 * 1440,
        "outside_hours": 17 * 1440 - 7200,
        "closed": 0,
        "in_service": 7200,
    }
    availability, latency = result["objectives"]
    expected = {
        "target": "99.5",
        "attained": "99.4861",  # 7163 of 7200
        "verdict": "missed",
        "error_budget": {"initial": "0.5", "consumed": "102.778", "remaining": "-2.778"},
        "coverage": "100.0000",
        "in_scope": 7200,
        "bad": 37,
        "excluded": 0,
        "unknown": 0,
        "credit_percent": "5",
    }
    assert {name: availability[name] for name in expected} == expected
    assert (latency["attained"], latency["verdict"], latency["bad"]) == ("99.4861", "met", 37)
    assert (result["performance"], result["met"]) == ("99.4861", False)
    assert (result["credit"], result["currency"]) == ("329.03", "EUR")  # 5 % of 17 days of 31
    assert (statement["period_from"], statement["period_to"]) == ("2026-01-14T23:00:00Z", "2026-01-31T23:00:00Z")
    assert statement["document"]["issued_at"] == clock().isoformat().replace("+00:00", "Z")
    assert (statement["number"], statement["revision"], statement["previous_sha256"]) == (1, 1, None)


async def test_a_minute_decides_though_nothing_else_differs(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 36))
    result = json_of(await statements.close(), 201)["document"]["result"]
    assert [objective["verdict"] for objective in result["objectives"]] == ["met", "met"]
    assert result["objectives"][0]["attained"] == "99.5000"
    assert (result["met"], result["credit"]) == (True, "0.00")


async def test_downtime_outside_hours_does_not_count(
    statements: StatementClient, measure: Measure, minutes_from: Minutes
) -> None:
    night = datetime(2026, 1, 19, 20, tzinfo=UTC)
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(night, 300))
    result = (await statements.close()).json()["document"]["result"]
    assert result["objectives"][0]["attained"] == "100.0000"


async def test_anyone_can_check_the_hash_and_the_chain(
    statements: StatementClient, measure: Measure, clock: FakeClock, json_of: JsonOf
) -> None:
    await measure(statements.sla_client.indicator_id, START, END)
    first = json_of(await statements.close(), 201)
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    second = json_of(await statements.close("2026-02"), 201)
    for statement in (first, second):
        canonical = json.dumps(statement["document"], sort_keys=True, separators=(",", ":"))
        assert hashlib.sha256(canonical.encode()).hexdigest() == statement["sha256"]
    assert second["previous_sha256"] == second["document"]["previous_sha256"] == first["sha256"]
    verified = await statements.verify(second)
    checks = dict.fromkeys(("verified", "untouched", "chained", "signed", "recomputed"), True)
    assert verified == checks | {"differences": []}


async def test_a_missed_period_is_published_with_its_breaches(
    statements: StatementClient, measure: Measure, minutes_from: Minutes
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 400))
    statement = (await statements.close()).json()
    events = await statements.sla_client.sla.list_emitted_events()
    issued = next(event for event in events if isinstance(event, StatementIssued))
    assert (issued.statement_id, issued.sha256) == (UUID(statement["id"]), statement["sha256"])
    assert [str(objective.attained) for objective in issued.objectives] == ["94.4444", "94.4444"]
    assert [objective.met for objective in issued.objectives] == [False, False]
    assert (str(issued.credit), issued.met) == ("1316.13", False)  # twice 10 % of 12,000 for 17 days of 31
    breached = [event for event in events if isinstance(event, ObjectiveBreached)]
    assert [event.objective_name for event in breached] == ["Availability", "Fast answers"]
    assert len([event for event in events if isinstance(event, IssueOpened)]) == 1
    issues = (await statements.sla_client.sla.client.get("/issues", headers=statements.sla_client.customer)).json()[
        "items"
    ]
    assert [issue["statement_id"] for issue in issues] == [statement["id"]]


async def test_without_measurements_there_is_no_verdict(statements: StatementClient, json_of: JsonOf) -> None:
    result = json_of(await statements.close(), 201)["document"]["result"]
    availability, latency = result["objectives"]
    assert (availability["attained"], availability["verdict"]) == (None, "not_measured")
    assert (latency["attained"], latency["verdict"]) == ("0.0000", "missed")  # its missing minutes are bad
    assert availability["unknown"] == 7200


async def test_less_than_the_coverage_floor_is_no_verdict(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf
) -> None:
    days = [datetime(2026, 1, day, 7, tzinfo=UTC) for day in (15, 16)]
    silent = [minute for day in days for minute in minutes_from(day, 600)][:721]  # 10.01 % of 7200
    await measure(statements.sla_client.indicator_id, START, END, silent=silent)
    availability = json_of(await statements.close(), 201)["document"]["result"]["objectives"][0]
    assert (availability["attained"], availability["verdict"]) == ("100.0000", "too_little_measured")
    assert availability["coverage"] == "89.9861"


async def test_periods_are_closed_when_they_are_over_and_in_order(
    statements: StatementClient, json_of: JsonOf, clock: FakeClock
) -> None:
    def refused(answer: Any, status: int = 409) -> tuple[str, str]:
        problem = json_of(answer, status)
        return problem["type"].rpartition("/")[2], problem["errors"][0]["field"]

    assert refused(await statements.close("2026-02")) == ("period-not-over", "period")
    assert refused(await statements.close("2025-12"), 422) == ("no-terms-in-force", "period")
    clock.now = datetime(2026, 2, 28, 23, 9, tzinfo=UTC)  # some minutes may still be on their way
    assert refused(await statements.close("2026-02")) == ("period-not-over", "period")
    clock.now = datetime(2026, 3, 5, tzinfo=UTC)
    assert refused(await statements.close("2026-02")) == ("earlier-period-open", "period")
    json_of(await statements.close(), 201)
    assert refused(await statements.close()) == ("period-already-closed", "period")
    json_of(await statements.close("2026-02"), 201)


@pytest.mark.parametrize("period", ["2026-13", "2026-1", "26-01", "2026-01-01", "1026-01", "9999-12", "", None, 202601])
async def test_a_period_is_a_month(statements: StatementClient, json_of: JsonOf, period: Any) -> None:
    problem = json_of(await statements.close(period), 422)
    assert problem["errors"][0]["field"] == "period"


async def test_a_draft_promises_nothing(statements: StatementClient, sla_client: SlaClient, json_of: JsonOf) -> None:
    draft = type(statements)(sla_client, (await sla_client.draft(name="Another")).json())
    json_of(await draft.close(), 422)


async def test_who_may_do_and_see_what(statements: StatementClient, json_of: JsonOf) -> None:
    sla_client = statements.sla_client
    statement = json_of(await statements.close(), 201)
    for role in ("viewer", "owner"):
        json_of(await statements.close(headers=sla_client.headers(role)), 403)
    json_of(await statements.close(headers=sla_client.customer), 403)
    stranger = sla_client.headers("customer", new_id())
    assert await statements.list(stranger) == []
    assert len(await statements.list(sla_client.customer)) == 1
    assert await statements.list(agreement_id=str(new_id())) == []
    assert len(await statements.list(customer_id=str(sla_client.customer_id))) == 1
    path = f"/statements/{statement['id']}"
    json_of(await sla_client.sla.client.get(path, headers=stranger), 404)
    json_of(await sla_client.sla.client.post(f"{path}/verification", headers=stranger), 404)
    json_of(await sla_client.sla.client.get(f"/agreements/{statements.id}/compliance", headers=stranger), 404)
    json_of(await sla_client.sla.client.get(f"/statements/{new_id()}", headers=sla_client.manager), 404)


async def test_a_list_costs_the_same_at_any_length(statements: StatementClient, clock: FakeClock) -> None:
    counts = []
    for month in ("2026-01", "2026-02", "2026-03"):
        clock.now = datetime(2026, 5, 1, tzinfo=UTC)
        await statements.close(month)
        with statements.sla_client.sla.record_queries() as queries:
            await statements.list()
        counts.append(len(queries))
    assert len(set(counts)) == 1


async def test_nobody_changes_a_statement(statements: StatementClient, json_of: JsonOf) -> None:
    statement = json_of(await statements.close(), 201)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with statements.sla_client.sla.begin() as work:
            await work.session.execute(
                update(Statement).where(Statement.id == UUID(statement["id"])).values(sha256="0" * 64)
            )


@pytest.fixture
async def administrator(postgres_url: str) -> AsyncIterator[None]:
    """Lets the service become the owner of its records, as an administrator of the database can."""
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(f"GRANT {OWNER} TO sla")
    yield
    await connection.execute(f"REVOKE {OWNER} FROM sla")
    await connection.close()


@pytest.mark.usefixtures("administrator")
async def test_not_even_an_administrator_changes_a_statement_by_mistake(
    statements: StatementClient, json_of: JsonOf
) -> None:
    statement = json_of(await statements.close(), 201)
    change = update(Statement).where(Statement.id == UUID(statement["id"])).values(sha256="0" * 64)
    async with statements.sla_client.sla.runtime.database.sessions() as session:
        await session.execute(text(f"SET LOCAL ROLE {OWNER}"))
        with pytest.raises(IntegrityError, match="final"):
            await session.execute(change)


@pytest.mark.usefixtures("administrator")
async def test_whoever_gets_at_the_database_is_found_out(
    statements: StatementClient, json_of: JsonOf, clock: FakeClock
) -> None:
    first = json_of(await statements.close(), 201)
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    second = json_of(await statements.close("2026-02"), 201)
    forged = first["document"] | {"service_name": "Another shop", "timezone": "Nowhere"}
    async with statements.sla_client.sla.begin() as work:
        await work.session.execute(text(f"SET LOCAL ROLE {OWNER}"))
        await work.session.execute(text("ALTER TABLE sla.statements DISABLE TRIGGER statements_are_final"))
        await work.session.execute(update(Statement).where(Statement.id == UUID(first["id"])).values(document=forged))
        await work.session.execute(text("RESET ROLE"))
    check, following = await statements.verify(first), await statements.verify(second)
    assert (
        check["verified"],
        check["untouched"],
        check["chained"],
        check["recomputed"],
    ) == (False, False, False, True)
    assert (following["untouched"], following["chained"]) == (True, False)
