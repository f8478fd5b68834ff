"""Batches of incidents: what a report costs does not grow with the number of its incidents, except by their rows."""

from typing import Any

import pytest

from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.issues.children import IssueEntryKind
from sla.issues.settings import IssueSettings
from tests.sla.incidents.reporter import IncidentReporter

FEW, MANY = 2, 30
MOST_QUERIES = 24
MOST_QUERIES_OF_ONE_EVENT = 14


def openings(reporter: IncidentReporter, count: int) -> list[dict[str, Any]]:
    return [reporter.opening(f"{count}-{number}", "06:00") for number in range(count)]


def answers(reporter: IncidentReporter, count: int) -> list[dict[str, Any]]:
    return [reporter.event(f"{count}-{number}", "acknowledged", "06:10") for number in range(count)]


def resolutions(reporter: IncidentReporter, count: int) -> list[dict[str, Any]]:
    return [reporter.event(f"{count}-{number}", "resolved", "09:00") for number in range(count)]


async def test_a_report_sends_as_many_queries_for_30_incidents_as_for_2(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("first", "06:00"))  # it fills caches

    query_counts: dict[int, list[int]] = {FEW: [], MANY: []}
    for count, counts_by_step in query_counts.items():
        for step in (openings, answers, resolutions):
            with reporter.sla_client.sla.record_queries() as queries:
                await reporter.report(*step(reporter, count))
            counts_by_step.append(len(queries))

    assert query_counts[MANY] == query_counts[FEW]
    assert max(query_counts[MANY]) <= MOST_QUERIES
    breaches = await reporter.emitted(IncidentBreached)
    withdrawals = await reporter.emitted(IncidentBreachWithdrawn)
    assert len(breaches) == 2 * (1 + FEW + MANY)  # by 12:00 all are late twice, until they are reported otherwise
    assert len(withdrawals) == 2 * (FEW + MANY)


async def test_one_more_event_of_an_incident_sends_few_queries(reporter: IncidentReporter) -> None:
    await reporter.report(reporter.opening("INC1", "06:00"))

    with reporter.sla_client.sla.record_queries() as queries:
        await reporter.report(reporter.event("INC1", "assigned", "06:05", assignee="Ada"))

    assert len(queries) <= MOST_QUERIES_OF_ONE_EVENT


async def test_the_agreements_of_late_incidents_are_read_once_for_all_of_them(
    reporter: IncidentReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = reporter.sla_client.sla.runtime.service_settings
    monkeypatch.setitem(settings, IssueSettings, IssueSettings(from_incidents=True))

    counts = []
    for count in (FEW, MANY):
        with reporter.sla_client.sla.record_queries() as queries:
            await reporter.report(*openings(reporter, count))
        counts.append(sum("FROM sla.agreement_versions" in query for query in queries))

    assert counts[1] <= counts[0]


async def test_issues_of_many_late_incidents_cost_as_many_queries_as_of_few(
    reporter: IncidentReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = reporter.sla_client.sla.runtime.service_settings
    monkeypatch.setitem(settings, IssueSettings, IssueSettings(from_incidents=True))
    await reporter.report(*openings(reporter, 1))  # it opens the issue

    query_counts: dict[int, list[int]] = {FEW: [], MANY: []}
    for count, counts_by_step in query_counts.items():
        for step in (openings, answers, resolutions):
            with reporter.sla_client.sla.record_queries() as queries:
                await reporter.report(*step(reporter, count))
            counts_by_step.append(len(queries))

    assert query_counts[MANY] == query_counts[FEW]
    (issue,) = (await reporter.read("/issues"))["items"]
    assert issue["state"] == "open"
    entries = (await reporter.read(f"/issues/{issue['id']}/activity", limit=200))["items"]
    begun, ended = (
        sum(entry["kind"] == kind for entry in entries)
        for kind in (IssueEntryKind.ORIGIN_ADDED, IssueEntryKind.CONCERN_ENDED)
    )
    assert (begun, ended) == (2 * (FEW + MANY), 2 * (FEW + MANY))  # first the answer is late, then the solution
