"""Clocks in planned maintenance, and incidents that the customer does not hold against the provider."""

from datetime import datetime
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.compliance.statements import restatement_job
from sla.incidents.projection import deadline_loop
from sla.incidents.reactions import recheck_after_maintenance
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import FAST, RESPONSE, IncidentReporter, incident_terms, start_reporter

POLICY = {"notice": "PT30M", "stops_clocks": True}


class MaintenanceWorks:
    """Planned maintenance of the service, and what its events do to clocks."""

    def __init__(self, reporter: IncidentReporter) -> None:
        self.reporter, self.handled_count = reporter, 0

    async def post(self, path: str, body: Any = None, subject: str | None = None) -> dict[str, Any]:
        headers = (
            self.reporter.sla_client.headers("manager", subject=subject)
            if subject
            else self.reporter.sla_client.manager
        )
        answer = await self.reporter.sla_client.sla.client.post(path, json=body, headers=headers)
        assert answer.is_success, answer.text
        await self.follow()
        document: dict[str, Any] = answer.json()
        return document

    async def announce(self, start: str, end: str) -> str:
        body = {
            "title": "Database upgrade",
            "reason": "Out of support",
            "affects": {"service_ids": [str(self.reporter.sla_client.service_id)]},
            "windows": [{"from": f"2026-02-{start}:00Z", "to": f"2026-02-{end}:00Z"}],
        }
        return str((await self.post("/maintenance", body))["id"])

    async def step(self, maintenance: str, step: str, **body: str) -> None:
        await self.post(f"/maintenance/{maintenance}/{step}", body or None, "second")

    async def follow(self) -> None:
        """Let the service react to its own maintenance events, and project what is overdue."""
        sla = self.reporter.sla_client.sla
        emitted = await sla.list_emitted_events()
        for event in emitted[self.handled_count :]:
            if type(event).__name__.startswith("Maintenance"):
                async with sla.begin() as work:
                    await recheck_after_maintenance(work, event)
        self.handled_count = len(emitted)
        await deadline_loop.project_overdue_incidents(sla.runtime)

    async def read_due(self, incident: str, objective: str) -> str | None:
        due: str | None = (await self.reporter.clocks(incident))[objective]["due_at"]
        return due and due[8:16]

    async def timeline(self, incident: str, kind: str) -> list[tuple[str, str, str]]:
        (clock,) = await self.reporter.read(f"/incidents/{incident}/clocks/{kind}/timeline")
        return [(part["class"], part["from"][8:16], part["to"][8:16]) for part in clock["timeline"]]


async def start_works(sla_client: SlaClient, clock: FakeClock, policy: dict[str, Any] | None) -> MaintenanceWorks:
    return MaintenanceWorks(await start_reporter(sla_client, clock, incident_terms(maintenance=policy)))


@pytest.fixture
async def works(sla_client: SlaClient, clock: FakeClock) -> MaintenanceWorks:
    """It is 12:00 on 3 February 2026."""
    return await start_works(sla_client, clock, POLICY)


async def test_clocks_stand_still_in_approved_maintenance_if_the_terms_say_so(works: MaintenanceWorks) -> None:
    incident = await works.reporter.report(works.reporter.opening("INC1", "11:30"))
    maintenance = await works.announce("03T13:00", "03T15:00")
    assert (await works.read_due(incident, FAST), await works.read_due(incident, RESPONSE)) == ("03T15:30", "03T12:00")
    await works.step(maintenance, "approval")
    assert (await works.read_due(incident, FAST), await works.read_due(incident, RESPONSE)) == ("03T17:30", "03T12:00")
    works.reporter.set_time("17:00")
    await works.reporter.report(works.reporter.event("INC1", "resolved", "16:00"))
    assert await works.timeline(incident, "resolution") == [
        ("counted", "03T11:30", "03T13:00"),
        ("excluded", "03T13:00", "03T15:00"),
        ("counted", "03T15:00", "03T16:00"),
    ]


@pytest.mark.parametrize("policy", [None, {"notice": "PT30M"}, POLICY | {"notice": "PT72H"}])
async def test_clocks_run_in_maintenance_unless_the_terms_say_otherwise(
    sla_client: SlaClient, clock: FakeClock, policy: dict[str, Any] | None
) -> None:
    works = await start_works(sla_client, clock, policy)
    incident = await works.reporter.report(works.reporter.opening("INC1", "11:30"))
    await works.step(await works.announce("03T13:00", "03T15:00"), "approval")
    assert await works.read_due(incident, FAST) == "03T15:30"


async def test_the_rest_of_a_window_counts_once_the_maintenance_is_finished(works: MaintenanceWorks) -> None:
    incident = await works.reporter.report(works.reporter.opening("INC1", "11:30"))
    maintenance = await works.announce("03T13:00", "03T15:00")
    await works.step(maintenance, "approval")
    works.reporter.set_time("13:00")
    await works.step(maintenance, "start")
    works.reporter.set_time("13:30")
    await works.step(maintenance, "completion")
    assert await works.read_due(incident, FAST) == "03T16:00"


async def test_cancelled_maintenance_moves_deadlines_back(works: MaintenanceWorks) -> None:
    incident = await works.reporter.report(works.reporter.opening("INC1", "11:30"))
    maintenance = await works.announce("03T13:00", "03T15:00")
    await works.step(maintenance, "approval")
    await works.step(maintenance, "cancellation", reason="Not now")
    assert await works.read_due(incident, FAST) == "03T15:30"


async def read_revisions(
    reporter: IncidentReporter, objective: str, period: str = "2026-02"
) -> list[tuple[int, str, str, str]]:
    """Return revision and what was attained: as agreed, without waivers, and without exclusions."""
    await restatement_job.restate_due_periods(reporter.sla_client.sla.runtime)
    statements = (await reporter.read("/statements", agreement_id=reporter.agreement["id"], period=period))["items"]
    documents = [(await reporter.read(f"/statements/{statement['id']}"))["document"] for statement in statements]
    results = [
        (document["revision"], result)
        for document in documents
        for result in document["result"]["objectives"]
        if result["objective_id"] == objective
    ]
    figures = ("attained", "attained_without_waivers", "attained_without_exclusions")
    return sorted((revision, *(result[figure] for figure in figures)) for revision, result in results)


async def close_period(reporter: IncidentReporter, day: str = "2026-03-02") -> None:
    reporter.clock.now = datetime.fromisoformat(f"{day}T00:00:00Z")
    answer = await reporter.sla_client.sla.client.post("/closings", headers=reporter.sla_client.manager)
    assert answer.status_code == 200, answer.text


async def test_a_late_approval_withdraws_the_breach_and_restates_the_month(works: MaintenanceWorks) -> None:
    reporter = works.reporter
    maintenance = await works.announce("03T13:00", "03T15:00")
    reporter.set_time("18:00")
    incident = await reporter.report(
        reporter.opening("INC1", "12:30"),
        reporter.event("INC1", "resolved", "17:30"),
        reporter.event("INC1", "closed", "17:45"),
        reporter.opening("INC2", "12:45", priority=1),
        reporter.event("INC2", "resolved", "12:50"),
    )
    await close_period(reporter)
    assert await read_revisions(reporter, FAST) == [(1, "50.0000", "50.0000", "50.0000")]
    breaches = await reporter.emitted(IncidentBreached)
    assert [str(event.objective_id) for event in breaches].count(FAST) == 1
    await works.step(maintenance, "approval")
    assert (await reporter.clocks(incident))[FAST]["verdict"] == "in_time"
    withdrawn = await reporter.emitted(IncidentBreachWithdrawn)
    assert [str(event.incident_id) for event in withdrawn if str(event.objective_id) == FAST] == [incident]
    assert (await read_revisions(reporter, FAST))[1:] == [(2, "100.0000", "100.0000", "50.0000")]


async def waive(
    works: MaintenanceWorks, start: str, end: str, objective_ids: list[str] | None = None
) -> dict[str, Any]:
    body = {
        "window": {"from": start, "to": end},
        "reason": "Your own power failed",
        "evidence": ["Ticket 4711"],
        "objective_ids": objective_ids,
    }
    sla_client = works.reporter.sla_client
    waiver = await works.post(f"/agreements/{works.reporter.agreement['id']}/waivers", body)
    approval = await sla_client.sla.client.post(f"/waivers/{waiver['id']}/approval", headers=sla_client.customer)
    assert approval.status_code == 201, approval.text
    return waiver


async def test_incidents_that_open_in_waived_time_are_counted_apart(works: MaintenanceWorks) -> None:
    reporter = works.reporter
    late = await reporter.report(reporter.opening("INC1", "06:00"), reporter.event("INC1", "resolved", "11:00"))
    await reporter.report(reporter.opening("INC2", "08:00"), reporter.event("INC2", "resolved", "11:00"))
    await close_period(reporter)
    assert await read_revisions(reporter, FAST) == [(1, "50.0000", "50.0000", "50.0000")]
    waiver = await waive(works, "2026-02-03T05:00:00Z", "2026-02-03T07:00:00Z", [FAST])
    assert (await read_revisions(reporter, FAST))[1:] == [(2, "100.0000", "50.0000", "50.0000")]
    assert len(await read_revisions(reporter, RESPONSE)) == 2
    newest = max(
        (await reporter.read("/statements", period="2026-02"))["items"], key=lambda statement: statement["revision"]
    )
    document = (await reporter.read(f"/statements/{newest['id']}"))["document"]
    (result,) = (result for result in document["result"]["objectives"] if result["objective_id"] == FAST)
    assert result["details"]["waived"] == [
        {"incident_id": late, "waiver_id": waiver["id"], "reason": "Your own power failed"}
    ]
    verification = await works.post(f"/statements/{newest['id']}/verification")
    assert (verification["verified"], verification["differences"]) == (True, [])


async def test_a_waiver_reaches_the_later_month_in_which_its_incidents_count(works: MaintenanceWorks) -> None:
    reporter = works.reporter
    reporter.clock.now = datetime.fromisoformat("2026-03-01T12:00:00Z")
    await reporter.report(
        reporter.opening("INC1", "2026-02-28T23:00:00Z"), reporter.event("INC1", "resolved", "2026-03-01T05:00:00Z")
    )
    await close_period(reporter, "2026-04-02")
    assert await read_revisions(reporter, FAST, "2026-03") == [(1, "0.0000", "0.0000", "0.0000")]
    waiver = await waive(works, "2026-02-28T22:00:00Z", "2026-02-28T23:30:00Z")
    assert (await read_revisions(reporter, FAST, "2026-03"))[1:] == [(2, None, "0.0000", "0.0000")]
    revoked = await reporter.sla_client.sla.client.post(
        f"/waivers/{waiver['id']}/revocation", json={"reason": "It was yours"}, headers=reporter.sla_client.customer
    )
    assert revoked.is_success
    assert (await read_revisions(reporter, FAST, "2026-03"))[2:] == [(3, "0.0000", "0.0000", "0.0000")]
