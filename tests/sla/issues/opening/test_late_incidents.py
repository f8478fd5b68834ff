"""Late incidents: each opens an issue where that is wanted, in the transaction that finds it late."""

import pytest

from common.testing.fake_issuer import FakeClock
from common.testing.plugin import ServiceUnderTest
from sla.issues.settings import IssueSettings
from tests.sla.conftest import SlaClient
from tests.sla.incidents.reporter import NEXT_ANSWER, IncidentReporter, incident_terms, start_reporter
from tests.sla.issues.issue_client import IssueClient


@pytest.fixture
async def reporter(sla_client: SlaClient, clock: FakeClock) -> IncidentReporter:
    return await start_reporter(sla_client, clock, incident_terms())


def use_settings(sla: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, *, enabled: bool) -> None:
    monkeypatch.setitem(sla.runtime.service_settings, IssueSettings, IssueSettings(from_incidents=enabled))


@pytest.mark.parametrize(("enabled", "count"), [(True, 1), (False, 0)])
async def test_a_late_incident_opens_an_issue_where_that_is_enabled_until_it_is_withdrawn(
    reporter: IncidentReporter, issues: IssueClient, monkeypatch: pytest.MonkeyPatch, enabled: bool, count: int
) -> None:
    use_settings(issues.sla, monkeypatch, enabled=enabled)

    await reporter.report(reporter.opening("INC1", "06:00"))

    queue = await issues.list_queue()
    assert [issue["title"] for issue in queue] == ["Web shop: Answered incident"] * count
    assert [issue["explanation"][1]["because"] for issue in queue] == [
        "an incident of priority 2 was not answered in time"
    ] * count

    await reporter.report(reporter.event("INC1", "acknowledged", "06:10"), reporter.event("INC1", "resolved", "07:00"))

    assert await issues.list_queue() == []
    assert [(await issues.read(issue["id"]))["state"] for issue in queue] == ["unfounded"] * count


async def test_a_concern_ends_even_if_late_incidents_open_issues_no_longer(
    reporter: IncidentReporter, issues: IssueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(issues.sla, monkeypatch, enabled=True)
    await reporter.report(reporter.opening("INC1", "06:00"))
    use_settings(issues.sla, monkeypatch, enabled=False)

    await reporter.report(reporter.event("INC1", "acknowledged", "06:10"), reporter.event("INC1", "resolved", "07:00"))

    assert await issues.list_queue() == []


async def test_late_incidents_of_one_service_are_one_issue(
    reporter: IncidentReporter, issues: IssueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(issues.sla, monkeypatch, enabled=True)

    await reporter.report(reporter.opening("INC1", "02:00", priority=4), reporter.opening("INC2", "02:00", priority=1))

    (issue,) = await issues.list_queue()
    assert len((await issues.read(issue["id"]))["concerns"]) == 2
    assert issue["explanation"][1]["value"] == 3


async def test_an_incident_stays_a_concern_while_another_of_its_clocks_is_late(
    reporter: IncidentReporter, issues: IssueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(issues.sla, monkeypatch, enabled=True)
    await reporter.report(reporter.opening("INC1", "02:00", priority=1))
    (issue,) = await issues.list_queue()
    assert (await issues.read(issue["id"]))["concerns"][0]["name"] == "Answered"

    await reporter.report(reporter.event("INC1", "acknowledged", "02:05"))

    view = await issues.read(issue["id"])
    assert view["state"] == "open"
    assert [(concern["name"], concern["ended_at"] is None) for concern in view["concerns"]] == [
        ("Answered", False),
        ("Pressing ones solved", True),
    ]


async def test_a_message_without_an_answer_is_a_concern_until_none_of_its_incident_is_late(
    sla_client: SlaClient, clock: FakeClock, issues: IssueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(issues.sla, monkeypatch, enabled=True)
    reporter = await start_reporter(sla_client, clock, incident_terms(objectives=[NEXT_ANSWER]))
    await reporter.report(
        reporter.opening("INC1", "06:00"),
        reporter.event("INC1", "acknowledged", "06:10"),
        reporter.event("INC1", "message_received", "07:00"),
        reporter.event("INC1", "answered", "09:00"),
        reporter.event("INC1", "message_received", "10:00"),
    )
    (opened,) = await issues.list_queue()

    await reporter.report(reporter.event("INC1", "answered", "07:10"))
    (left,) = await issues.list_queue()
    await reporter.report(reporter.event("INC1", "answered", "10:10"))

    assert opened["explanation"][1]["because"] == "an incident of priority 2 was not answered again in time"
    assert left["id"] == opened["id"]
    assert await issues.list_queue() == []
