"""Several tools report the same incidents at the same moment, in transactions of their own: the result is the same."""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from common.testing.fake_issuer import FakeClock
from published.sla import IncidentOpened
from sla.incidents.store import lock_or_create_incidents
from sla.issues import store as issues
from sla.issues.settings import IssueSettings
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import IncidentReporter, incident_terms

INCIDENTS = [f"INC{number}" for number in range(6)]


@pytest.fixture
async def reporter(committed_client: SlaClient, clock: FakeClock) -> IncidentReporter:
    return IncidentReporter(
        committed_client, clock, await committed_client.signed(**incident_terms()), committed_client.manager
    )


def events(reporter: IncidentReporter, name: str) -> list[dict[str, Any]]:
    return [
        reporter.opening(name, "09:00", 3),
        reporter.event(name, "acknowledged", "09:10"),
        reporter.event(name, "paused", "09:30", reason="user"),
        reporter.event(name, "resumed", "10:00"),
        reporter.event(name, "priority_changed", "10:30", priority=1),
        reporter.event(name, "resolved", "11:00"),
    ]


async def test_overlapping_batches_neither_lose_nor_double_an_event(reporter: IncidentReporter) -> None:
    reported = [event for name in INCIDENTS for event in events(reporter, name)]
    chance = random.Random(3)
    batches = [chance.sample(reported, 12) for _ in range(20)] + [reported]
    answers = await asyncio.gather(*(reporter.post(*batch) for batch in batches))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    assert sum(answer.json()["accepted"] for answer in answers) == len(reported)
    incidents = (await reporter.read("/incidents"))["items"]
    assert sorted(incident["external_id"] for incident in incidents) == INCIDENTS
    for incident in incidents:
        assert (incident["state"], incident["priority"], incident["resolved_at"]) == (
            "resolved",
            1,
            "2026-02-03T11:00:00Z",
        )
        clocks = (await reporter.read(f"/incidents/{incident['id']}"))["clocks"]
        assert Counter(clock["verdict"] for clock in clocks) == {"in_time": 2, "released": 1}
    assert len(await reporter.emitted(IncidentOpened)) == len(INCIDENTS)


async def test_one_of_two_contradicting_reports_at_once_is_refused(reporter: IncidentReporter) -> None:
    """The same event of two incidents, which are not locked against each other."""
    first, second = reporter.opening("INC1", "09:00"), reporter.opening("INC2", "09:00")
    second["event_id"] = first["event_id"]
    answers: list[httpx.Response] = await asyncio.gather(*(reporter.post(event) for event in (first, second)))
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"].endswith("/incident-event-content-mismatch")
    assert len((await reporter.read("/incidents"))["items"]) == 1


async def test_a_report_holds_no_incident_while_it_waits_for_one_that_another_report_creates(
    reporter: IncidentReporter,
) -> None:
    await reporter.report(reporter.opening("INC1", "09:00"))
    sla = reporter.sla_client.sla

    async with sla.begin() as work:
        await lock_or_create_incidents(work, "desk", ["INC2"])
        events = reporter.event("INC1", "acknowledged", "09:10"), reporter.opening("INC2", "09:00")
        report = asyncio.create_task(reporter.post(*events))
        await wait_until_blocked(reporter)
        await work.session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        await lock_or_create_incidents(work, "desk", ["INC1"])

    assert (await report).status_code == 202


async def test_a_report_holds_no_issue_while_it_waits_for_the_issues_of_its_customer(
    reporter: IncidentReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    sla, customer_id = reporter.sla_client.sla, reporter.sla_client.customer_id
    monkeypatch.setitem(sla.runtime.service_settings, IssueSettings, IssueSettings(from_incidents=True))
    await reporter.report(reporter.opening("INC1", "06:00"))
    (issue,) = (await reporter.read("/issues"))["items"]

    async with sla.begin() as work:
        await issues.lock_customer_issues(work, customer_id)
        events = reporter.event("INC1", "acknowledged", "06:10"), reporter.event("INC1", "resolved", "06:20")
        report = asyncio.create_task(reporter.post(*events))
        await wait_until_blocked(reporter)
        await work.session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        await issues.get_issue(work, UUID(issue["id"]), lock=True)

    assert (await report).status_code == 202
    assert (await reporter.read(f"/issues/{issue['id']}"))["state"] == "unfounded"


async def wait_until_blocked(reporter: IncidentReporter) -> None:
    """Wait until another transaction waits for a lock."""
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    pool = await reporter.sla_client.sla.runtime.get_pool()
    for _ in range(1000):
        if await pool.fetch(waiting):
            return
        await asyncio.sleep(0.02)
    pytest.fail("nobody waits for a lock")
