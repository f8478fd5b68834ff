"""Alerts open incidents for whom they concern, with the priority of their severity; repeats change nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import update

from common.errors import DomainError
from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from sla.agreements.model import OfferingReplica
from sla.alerts.incidents_of_alerts import update_incidents
from sla.alerts.model import AlertFiring
from sla.alerts.severities import DEFAULT_PRIORITIES, priority_of_severity
from tests.sla.conftest import SlaClient, register
from tests.sla.incidents.reporter import FAST, IncidentReporter, incident_terms, start_reporter
from tests.sla.problems import problem

STARTED = datetime(2026, 2, 3, 11, tzinfo=UTC)


@pytest.fixture
async def reporter(sla_client: SlaClient, clock: FakeClock) -> IncidentReporter:
    """It is 12:00 on 3 February 2026."""
    return await start_reporter(sla_client, clock, incident_terms())


def firing(service: str, fingerprint: str = "a1b2c3", started_at: datetime = STARTED, **labels: str) -> AlertFiring:
    all_labels = {"alertname": "ShopDown", "service": service, "severity": "critical"} | labels
    return AlertFiring(
        source="alertmanager",
        fingerprint=fingerprint,
        first_starts_at=started_at,
        starts_at=started_at,
        labels=all_labels,
    )


def ended_after(alert: AlertFiring, minutes: int) -> AlertFiring:
    ended = firing(alert.labels["service"], alert.fingerprint, alert.starts_at)
    ended.ends_at = STARTED + timedelta(minutes=minutes)
    return ended


async def report(reporter: IncidentReporter, *firings: AlertFiring) -> list[UUID]:
    incident_ids: list[UUID] = []
    for alert in firings:
        async with reporter.sla_client.sla.begin() as work:
            incident_ids += await update_incidents(work, [alert])
    return incident_ids


async def put_priorities(
    reporter: IncidentReporter, path: str, priorities: dict[str, int], headers: dict[str, str] | None = None
) -> httpx.Response:
    client, body = reporter.sla_client.sla.client, {"priorities": priorities}
    return await client.put(path, json=body, headers=headers or reporter.sla_client.manager)


async def list_incidents(reporter: IncidentReporter) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await reporter.read("/incidents", source="alertmanager"))["items"]
    return items


async def test_an_alert_opens_and_resolves_an_incident_of_each_customer_with_an_agreement(
    reporter: IncidentReporter,
) -> None:
    alert = firing(str(reporter.sla_client.service_id))
    await report(reporter, alert, alert, ended_after(alert, 30), ended_after(alert, 30))

    incidents = await list_incidents(reporter)
    assert [(incident["customer_id"], incident["state"], incident["priority"]) for incident in incidents] == [
        (str(reporter.sla_client.customer_id), "resolved", 1)
    ]
    assert (incidents[0]["opened_at"], incidents[0]["resolved_at"]) == ("2026-02-03T11:00:00Z", "2026-02-03T11:30:00Z")
    assert (await reporter.clocks(incidents[0]["id"]))[FAST]["verdict"] == "in_time"


async def test_an_incident_ends_when_its_alert_does_however_often_that_changes(reporter: IncidentReporter) -> None:
    alert = firing("web SHOP")
    ends = [30, 45, None, 20, None, 45]
    for end in ends:
        await report(reporter, alert if end is None else ended_after(alert, end))
        (incident,) = await list_incidents(reporter)
        resolved_at = None if end is None else f"2026-02-03T11:{end}:00Z"
        assert (incident["resolved_at"], incident["reopen_count"]) == (resolved_at, 0)
    events = (await reporter.read(f"/incidents/{incident['id']}/events"))["items"]
    assert [event["effective"] for event in events] == [True, *([False] * (len(ends) - 1)), True]


@pytest.mark.parametrize("name", ["ΕΚΔΟΣΕΙΣ", "İstanbul", "Übersicht", "STRASSE ẞ"])
async def test_a_service_is_found_by_its_name_in_every_script(reporter: IncidentReporter, name: str) -> None:
    async with reporter.sla_client.sla.begin() as work:
        await work.session.execute(update(OfferingReplica).values(service_name=name))
    assert len(await report(reporter, firing(name))) == 1


async def test_an_alert_that_fires_again_is_another_incident(reporter: IncidentReporter) -> None:
    await report(reporter, firing("Web shop"), firing("Web shop", started_at=STARTED + timedelta(minutes=5)))
    assert len(await list_incidents(reporter)) == 2


async def test_an_alert_with_a_customer_label_concerns_only_that_customer(reporter: IncidentReporter) -> None:
    other_customer_id = await register(reporter.sla_client.sla, "Another Ltd")
    assert await report(reporter, firing("Web shop", customer_id=str(other_customer_id))) == []
    own_id = str(reporter.sla_client.customer_id).upper()
    assert len(await report(reporter, firing("Web shop", customer_id=own_id))) == 1


async def test_a_customer_without_a_signed_agreement_is_not_concerned(reporter: IncidentReporter) -> None:
    other_customer_id = await register(reporter.sla_client.sla, "Another Ltd")
    drafted = await reporter.sla_client.draft(customer_id=other_customer_id)
    assert drafted.status_code == 201
    assert len(await report(reporter, firing("Web shop"))) == 1


@pytest.mark.parametrize("service", ["", "Mail", "01900000-0000-7000-8000-000000000999"])
async def test_an_alert_on_an_unknown_service_opens_no_incident(reporter: IncidentReporter, service: str) -> None:
    assert await report(reporter, firing(service)) == []


@pytest.mark.parametrize(
    ("severity", "priority"), [*DEFAULT_PRIORITIES.items(), (" Critical ", 1), ("purple", 3), ("", 3)]
)
def test_priorities_by_severity(severity: str, priority: int) -> None:
    assert priority_of_severity(severity, {}) == priority
    assert priority_of_severity(severity, {severity.strip().lower(): 4}) == 4


async def test_a_service_has_priorities_of_its_own(reporter: IncidentReporter) -> None:
    path = f"/alert-priorities/{reporter.sla_client.service_id}"
    first = await put_priorities(reporter, path, {"Critical": 2})
    assert (first.status_code, first.json()["priorities"]) == (200, {"critical": 2})
    await report(reporter, firing("Web shop"))

    second = await put_priorities(reporter, path, {"critical": 4, "warning": 5})

    assert (await reporter.read("/alert-priorities"))["items"] == [second.json()]
    # A repeat keeps what the incident opened with; the next one has the new priority.
    await report(reporter, firing("Web shop"), firing("Web shop", "d4"))
    assert sorted(incident["priority"] for incident in await list_incidents(reporter)) == [2, 4]


async def test_only_managers_set_alert_priorities_and_only_of_published_services(reporter: IncidentReporter) -> None:
    sla_client = reporter.sla_client
    for not_a_service in (new_id(), sla_client.offering_id):
        refused = await put_priorities(reporter, f"/alert-priorities/{not_a_service}", {"critical": 1})
        assert problem(refused) == (422, "incident-service-unknown")
    path = f"/alert-priorities/{sla_client.service_id}"
    impossible = await put_priorities(reporter, path, {"critical": 0})
    assert impossible.json()["errors"][0]["field"].startswith("priorities.critical")
    assert (await put_priorities(reporter, path, {"critical": 1}, sla_client.headers("owner"))).status_code == 403
    assert (await sla_client.sla.client.get("/alert-priorities", headers=sla_client.customer)).status_code == 403


async def test_an_alert_from_the_future_is_refused(reporter: IncidentReporter, clock: FakeClock) -> None:
    with pytest.raises(DomainError):
        await report(reporter, firing("Web shop", started_at=clock() + timedelta(minutes=11)))


async def test_a_long_alert_name_is_cut(reporter: IncidentReporter) -> None:
    await report(reporter, firing("Web shop", alertname="x" * 500))
    assert [incident["title"] for incident in await list_incidents(reporter)] == ["x" * 200]
