"""Back-tests of objectives on incidents: as the statements have them, and under terms nobody has signed."""

from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from tests.sla.backtests.conftest import CreateBacktest, issue_statement, json_of
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import NEXT_ANSWER, IncidentReporter
from tests.sla.incidents.reporter import OBJECTIVES as ON_INCIDENTS


@pytest.fixture
async def reporter(sla_client: SlaClient, clock: FakeClock) -> IncidentReporter:
    """A tool that reports incidents of the customer, under no agreement."""
    created = await sla_client.sla.client.post("/api-keys", json={"name": "desk"}, headers=sla_client.headers("admin"))
    return IncidentReporter(sla_client, clock, {}, {"X-API-Key": json_of(created)["key"]})


def on_incidents(sla_client: SlaClient, **changes: Any) -> dict[str, Any]:
    hours = {"timezone": "UTC", "hours": "24x7"}
    return sla_client.written(objectives=[dict(objective) for objective in ON_INCIDENTS], service_hours=hours) | changes


async def report_january(reporter: IncidentReporter) -> None:
    """One pressing incident solved in an hour, one in five; one of no priority that the objectives name differently."""
    for name, day, hours in (("A", "05", 1), ("B", "12", 5), ("C", "19", 7)):
        opened = reporter.opening(name, f"2026-01-{day}T08:00:00Z", priority=3 if name == "C" else 1)
        answer = reporter.event(name, "acknowledged", f"2026-01-{day}T08:10:00Z")
        solved = reporter.event(name, "resolved", f"2026-01-{day}T{8 + hours:02}:00:00Z")
        await reporter.report(opened, answer, solved)


async def test_incidents_of_the_past_are_judged_by_terms_that_nobody_had_signed(
    sla_client: SlaClient, reporter: IncidentReporter, create_backtest: CreateBacktest
) -> None:
    await report_january(reporter)
    draft = json_of(await sla_client.draft(**on_incidents(sla_client, starts_on="2026-03-01")))
    january = {"from": "2026-01-01", "to": "2026-01-31"}
    document = json_of(await create_backtest(agreement_id=draft["id"], **january))["document"]
    details = [objective["details"] for objective in document["periods"][0]["result"]["objectives"]]
    assert [(counts["in_time"], counts["late"]) for counts in details] == [(3, 0), (1, 1), (1, 0)]
    assert document["objectives"][1]["missed"] == ["2026-01"]
    looser = on_incidents(sla_client)
    looser["objectives"][1]["within"] = "PT5H"
    document = json_of(await create_backtest(agreement_id=draft["id"], terms=looser, **january))["document"]
    assert document["periods_missed"] == []
    nobody = json_of(await create_backtest(terms=on_incidents(sla_client), **january))["document"]
    assert nobody["periods"][0]["result"]["objectives"][0]["verdict"] == "no_cases"
    assert nobody["sentences"][1] == "Answered: nothing happened that it could be judged by."


async def test_incidents_count_as_in_the_statements(
    sla_client: SlaClient, reporter: IncidentReporter, create_backtest: CreateBacktest
) -> None:
    terms = on_incidents(sla_client, starts_on="2025-11-01")
    terms["objectives"].append(NEXT_ANSWER)
    agreement = await sla_client.signed(**terms)
    await report_january(reporter)
    turns = (("message_received", "09:00"), ("answered", "09:30"), ("message_received", "10:00"), ("answered", "11:30"))
    await reporter.report(*(reporter.event("B", kind, f"2026-01-12T{time}:00Z") for kind, time in turns))
    document = json_of(await create_backtest(agreement_id=agreement["id"]))["document"]
    assert len(document["periods"]) == 3
    next_answers = document["periods"][2]["result"]["objectives"][3]
    assert (next_answers["details"]["in_time"], next_answers["details"]["late"]) == (1, 1)
    for period in document["periods"]:
        assert period["result"] == await issue_statement(sla_client, agreement, period["period"])
    assert document["periods_missed"] == ["2026-01"]
