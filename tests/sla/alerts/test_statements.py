"""A month whose downtime only alerts report: stated while one still fires, and again when its end is reported."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from common.testing.fake_issuer import FakeClock
from sla.compliance.statements import restatement_job
from tests.sla.alerts.conftest import AlertClient, alert

DOWN = datetime(2026, 2, 27, 10, 0, 30, tzinfo=UTC)
"""A Friday at eleven in Paris, where service hours are from eight to six on working days."""


async def read_results(alerts: AlertClient) -> list[tuple[int, str, int, int]]:
    """Return revision, verdict, minutes in scope and bad ones, by statement."""
    await restatement_job.restate_due_periods(alerts.sla_client.sla.runtime)
    statements = (await alerts.get("/statements"))["items"]
    documents = [(await alerts.get(f"/statements/{statement['id']}"))["document"] for statement in statements]
    results = [(document["revision"], document["result"]["objectives"][0]) for document in documents]
    return [(revision, result["verdict"], result["in_scope"], result["bad"]) for revision, result in results]


async def test_an_alert_that_is_over_late_restates_the_month(alerts: AlertClient, clock: FakeClock) -> None:
    indicator = (await alerts.bind()).json()["id"]
    sla_client = replace(alerts.sla_client, indicator_id=UUID(indicator))
    first, _ = sla_client.terms()["objectives"]
    first |= {"target": "99", "missing": "good", "coverage_floor": "0"}
    await sla_client.signed(starts_on="2026-02-01", objectives=[first])
    minutes = 20 * 10 * 60  # of twenty days at work

    clock.now = DOWN + timedelta(minutes=1)
    firing = alert(0) | {"startsAt": DOWN.isoformat()}
    assert (await alerts.push(firing)).status_code == 200
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    answer = await sla_client.sla.client.post("/closings", headers=sla_client.manager)
    assert answer.json()["closed"] == 1, answer.text
    until_six = 7 * 60
    assert await read_results(alerts) == [(1, "missed", minutes, until_six)]

    over = {"status": "resolved", "endsAt": (DOWN + timedelta(minutes=44)).isoformat()}
    assert (await alerts.push(firing | over)).status_code == 200
    assert (await read_results(alerts))[1:] == [(2, "met", minutes, 45)]
    assert (await alerts.push(firing | over)).status_code == 200
    assert len(await read_results(alerts)) == 2
