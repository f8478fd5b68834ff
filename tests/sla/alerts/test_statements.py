"""A month whose downtime only alerts tell of: stated while one still fires, and again when its end is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from common.testing.fake_issuer import FakeClock
from sla.compliance.statements import restatement_job
from tests.sla.alerts.conftest import AlertClient, alert

DOWN = datetime(2026, 2, 27, 10, 0, 30, tzinfo=UTC)
"""A Friday at eleven in Paris, where service hours are from eight to six on working days."""


async def stated(alerts: AlertClient) -> list[tuple[int, str, int, int]]:
    """Revision, verdict, minutes in scope and bad ones."""
    await restatement_job.restate_due_periods(alerts.sla_client.sla.runtime)
    listed = (await alerts.get("/statements"))["items"]
    read = [(await alerts.get(f"/statements/{one['id']}"))["document"] for one in listed]
    found = [(one["revision"], one["result"]["objectives"][0]) for one in read]
    return [(revision, of["verdict"], of["in_scope"], of["bad"]) for revision, of in found]


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
    assert await stated(alerts) == [(1, "missed", minutes, until_six)]

    over = {"status": "resolved", "endsAt": (DOWN + timedelta(minutes=44)).isoformat()}
    assert (await alerts.push(firing | over)).status_code == 200
    assert (await stated(alerts))[1:] == [(2, "met", minutes, 45)]
    assert (await alerts.push(firing | over)).status_code == 200
    assert len(await stated(alerts)) == 2
