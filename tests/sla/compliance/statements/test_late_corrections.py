"""What other rooms learn later reaches closed periods: waivers, maintenance, incidents, histograms, suspensions."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from sla.compliance.statements import restatement_job
from sla.compliance.statements.offline_verification import check_statement
from tests.sla.compliance.conftest import JsonOf, StatementClient
from tests.sla.conftest import SlaClient

START, END = datetime(2026, 1, 14, 23, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)
MONDAY = datetime(2026, 1, 19, 9, tzinfo=UTC)
STEPS = [{"points_below": "0", "percent": "5"}, {"points_below": "2", "percent": "10"}]

Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], list[datetime]]


async def revisions(statements: StatementClient) -> list[dict[str, Any]]:
    """The documents, oldest first."""
    get, manager = statements.sla_client.sla.client.get, statements.sla_client.manager
    return [
        (await get(f"/statements/{statement['id']}", headers=manager)).json()["document"]
        for statement in await statements.list()
    ]


async def grant(statements: StatementClient, json_of: JsonOf, **changes: Any) -> dict[str, Any]:
    """A waiver of the 37 minutes, asked for by one person of the customer and approved by another."""
    sla_client, post = statements.sla_client, statements.sla_client.sla.client.post
    window = {"from": "2026-01-19T09:00:00Z", "to": "2026-01-19T09:37:00Z"}
    body = {"window": window, "reason": "We had the power off.", "evidence": ["Mail of 19 January"]} | changes
    path = f"/agreements/{statements.id}/waivers"
    waiver: dict[str, Any] = json_of(await post(path, json=body, headers=sla_client.customer), 201)
    second = sla_client.headers("customer", sla_client.customer_id, "another")
    approved: dict[str, Any] = json_of(await post(f"/waivers/{waiver['id']}/approval", headers=second), 201)
    return approved


async def test_a_waiver_restates_and_stands_beside_the_figure_without_it(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf, clock: FakeClock
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    first = json_of(await statements.close(), 201)
    clock.now += timedelta(hours=1)
    waiver = await grant(statements, json_of)
    assert await restatement_job.restate_due_periods(statements.sla_client.sla.runtime) == 1
    stated, restated = await revisions(statements)
    before, after = (document["result"]["objectives"][0] for document in (stated, restated))
    assert (before["verdict"], after["verdict"]) == ("missed", "met")
    assert (after["attained"], after["attained_without_waivers"]) == ("100.0000", "99.4861")
    assert (after["excluded_minutes"], after["in_scope"]) == ({"waiver": 37}, 7163)
    assert [(exclusion["id"], exclusion["minutes"]) for exclusion in restated["result"]["exclusions"]] == [
        (waiver["id"], 37)
    ]
    assert restated["correction"]["changes"]["credit"]["difference"] == "-329.03"
    for statement in (first, (await statements.list())[-1]):
        assert (await statements.verify(statement))["verified"]  # each with what was known when it was issued
    assert await restatement_job.restate_due_periods(statements.sla_client.sla.runtime) == 0


async def test_a_revoked_waiver_restates_again(
    statements: StatementClient, measure: Measure, minutes_from: Minutes, json_of: JsonOf, clock: FakeClock
) -> None:
    await measure(statements.sla_client.indicator_id, START, END, bad=minutes_from(MONDAY, 37))
    waiver = await grant(statements, json_of)
    json_of(await statements.close(), 201)
    clock.now += timedelta(hours=1)
    path = f"/waivers/{waiver['id']}/revocation"
    json_of(
        await statements.sla_client.sla.client.post(
            path, json={"reason": "It was ours."}, headers=statements.sla_client.customer
        ),
        201,
    )
    assert await restatement_job.restate_due_periods(statements.sla_client.sla.runtime) == 1
    assert [document["result"]["met"] for document in await revisions(statements)] == [True, False]


async def test_every_kind_in_one_agreement(
    sla_client: SlaClient, statements: StatementClient, json_of: JsonOf, clock: FakeClock
) -> None:
    """Nothing is known of any of them: each says so in its own way, and the statement can be computed again."""
    defined = await sla_client.sla.client.post(
        "/indicators", json={"name": "Answer times", "kind": "histogram", "unit": "ms"}, headers=sla_client.manager
    )
    histogram = json_of(defined, 201)["id"]
    objectives: list[dict[str, Any]] = [
        {"name": "Volume", "kind": "volume", "direction": "at_least", "limit": 5, "per": "day"},
        {"name": "Response", "kind": "response_time", "target": "90", "priorities": [1], "within": "PT1H"},
        {"name": "Year", "kind": "availability", "method": "time", "missing": "bad", "target": "99",
         "window": {"calendar": "calendar_year"}},
        {"name": "Rolling", "kind": "availability", "method": "time", "missing": "bad", "target": "99",
         "window": {"rolling_days": 28}},
        {"name": "P95", "kind": "latency_percentile", "limit": "300", "target": "95"},
    ]  # fmt: skip
    for objective in objectives:
        if objective["kind"] != "response_time":
            objective["indicator_id"] = histogram if objective["name"] == "P95" else str(sla_client.indicator_id)
    body = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)}
    draft = await sla_client.sla.client.post(
        "/agreements",
        json=body | {"terms": sla_client.written(objectives=objectives, name="All", credits={"steps": STEPS})},
        headers=sla_client.manager,
    )
    agreement = json_of(draft, 201)
    await sla_client.step(agreement, "proposals", {})
    accepted = (await sla_client.step(agreement, "acceptances", {}, sla_client.customer)).json()
    for headers in (sla_client.manager, sla_client.customer):
        signature = {"terms_sha256": accepted["version"]["terms_sha256"]}
        json_of(await sla_client.step(agreement, "signatures", signature, headers), 201)
    all_kinds = type(statements)(sla_client, agreement)
    statement = json_of(await all_kinds.close(), 201)
    verdicts = {objective["name"]: objective["verdict"] for objective in statement["document"]["result"]["objectives"]}
    expected = {"Volume": "not_measured", "Response": "no_cases", "Year": "pending", "Rolling": "missed"}
    assert verdicts == expected | {"P95": "not_measured"}
    rolling = next(row for row in statement["document"]["result"]["objectives"] if row["name"] == "Rolling")
    assert (rolling["credit_percent"], rolling["credit_steps"][1]) == ("10", {"below": "97", "percent": "10"})
    assert (await all_kinds.verify(statement))["verified"]
    exported = await sla_client.sla.client.get(f"/statements/{statement['id']}/export", headers=sla_client.customer)
    assert check_statement(json_of(exported, 200), None) == []
    clock.now = datetime(2026, 2, 10, tzinfo=UTC)
    forecast = json_of(await all_kinds.forecast(), 200)
    credits_to_date = {objective["name"]: objective["credit_percent"] for objective in forecast["objectives"]}
    assert credits_to_date == dict.fromkeys(verdicts, "0") | {"Rolling": "10"}
    year = next(objective for objective in forecast["objectives"] if objective["name"] == "Year")
    assert (year["window_from"], year["window_to"]) == ("2026-01-14T23:00:00Z", "2026-12-31T23:00:00Z")


@pytest.mark.parametrize("window", [None, {"calendar": "calendar_quarter"}])
async def test_late_hours_restate_every_statement_that_reaches_them(
    statements: StatementClient,
    measure: Measure,
    record_late_arrival: Callable[[UUID, datetime], Awaitable[None]],
    json_of: JsonOf,
    clock: FakeClock,
    window: dict[str, Any] | None,
) -> None:
    """Of a quarter's objective, what comes late for January is evidence of February's statement too."""
    sla_client = statements.sla_client
    solved = {"name": "Solved", "kind": "resolution_time", "priorities": [1], "within": "PT4H", "target": "90"} | {
        "credits": {"steps": STEPS}
    }
    objectives = [objective | {"window": window} for objective in [solved, *sla_client.terms()["objectives"]]]
    quarterly = type(statements)(sla_client, await sla_client.signed(objectives=objectives, name="Quarterly"))
    clock.now = datetime(2026, 3, 5, tzinfo=UTC)
    for month in ("2026-01", "2026-02"):
        json_of(await quarterly.close(month), 201)
    await measure(sla_client.indicator_id, START, END)
    await record_late_arrival(sla_client.indicator_id, MONDAY)
    await restatement_job.restate_due_periods(sla_client.sla.runtime)
    revisions_stated = [
        (statement["period"], statement["revision"]) for statement in await quarterly.list(agreement_id=quarterly.id)
    ]
    expected = [("2026-01", 1), ("2026-02", 1), ("2026-01", 2)]
    assert revisions_stated == ([*expected, ("2026-02", 2)] if window else expected)
    assert [statement["number"] for statement in await quarterly.list(agreement_id=quarterly.id)] == list(
        range(1, len(revisions_stated) + 1)
    )
