"""Days of a remediation plan: they end when they end where the agreement's service hours are."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IssueEscalated
from sla.issues.errors import DueDateInPast
from sla.issues.model import Issue
from sla.issues.origins import Breach
from sla.issues.settings import IssueSettings
from tests.sla.conftest import SlaClient
from tests.sla.issues.issue_client import IssueClient
from tests.sla.problems import problem

LATE = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
ENDS = {
    "Europe/Paris": datetime(2026, 3, 15, 23, tzinfo=UTC),
    "Pacific/Auckland": datetime(2026, 3, 15, 11, tzinfo=UTC),
    "America/Los_Angeles": datetime(2026, 3, 16, 7, tzinfo=UTC),
    "UTC": datetime(2026, 3, 16, tzinfo=UTC),
}


@pytest.mark.parametrize(("zone", "over"), ENDS.items())
def test_a_plan_is_overdue_when_its_day_is_over_there(breach: Callable[..., Breach], zone: str, over: datetime) -> None:
    issue = Issue.from_origin(breach(), zone, LATE)
    issue.assign("olga")
    issue.due_on = date(2026, 3, 15)
    issue.triage()
    issue.mark_changed(IssueSettings(), LATE)
    assert issue.escalate_at == over


@pytest.mark.parametrize(("zone", "today"), [("Europe/Paris", 2), ("America/Los_Angeles", 1)])
def test_today_is_the_day_there(breach: Callable[..., Breach], zone: str, today: int) -> None:
    issue = Issue.from_origin(breach(), zone, LATE)
    issue.check_due_on(date(2026, 3, today), LATE)
    with pytest.raises(DueDateInPast):
        issue.check_due_on(date.fromordinal(date(2026, 3, today).toordinal() - 1), LATE)


async def test_plans_and_tasks_are_due_in_the_zone_of_the_agreement(issues: IssueClient, clock: FakeClock) -> None:
    clock.now = LATE
    issue = await issues.open_apart()
    assert (await issues.read(issue))["timezone"] == "Europe/Paris"
    yesterday = {"due_on": "2026-03-01"}
    assert problem(await issues.change("PATCH", issue, yesterday)) == (422, "due-date-in-past")
    task = {"description": "order memory", "assignee": "otto"}
    assert problem(await issues.post(issue, "tasks", task | yesterday)) == (422, "due-date-in-past")
    await issues.take_up(issue, due_on="2026-03-05")
    planned = (await issues.post(issue, "tasks", task | {"due_on": "2026-03-02"})).json()
    assert planned["escalate_at"] == "2026-03-02T23:00:00Z"
    refused = await issues.change("PATCH", f"{issue}/tasks/{planned['tasks'][0]['id']}", yesterday)
    assert problem(refused) == (422, "due-date-in-past")
    for instant, escalated in (
        (datetime(2026, 3, 2, 22, 59, tzinfo=UTC), 0),
        (datetime(2026, 3, 2, 23, tzinfo=UTC), 1),
    ):
        clock.now = instant
        await issues.run_job("escalate-issues")
        assert len(await issues.emitted(IssueEscalated)) == escalated


async def test_a_due_day_that_has_passed_stays_and_can_be_cleared(issues: IssueClient, clock: FakeClock) -> None:
    clock.now = LATE
    issue = await issues.open_apart()
    await issues.take_up(issue, due_on="2026-03-02")

    clock.now = datetime(2026, 3, 10, tzinfo=UTC)
    await issues.take_up(issue, plan="Twice the memory.", due_on="2026-03-02")
    cleared = (await issues.change("PATCH", issue, {"due_on": None})).json()

    assert (cleared["plan"], cleared["due_on"], cleared["escalate_at"]) == ("Twice the memory.", None, None)


async def test_what_is_split_off_is_of_the_agreement_and_service_it_is_about(
    issues: IssueClient, sla_client: SlaClient
) -> None:
    """However it came into the issue it is split off from."""
    hours = sla_client.terms()["service_hours"] | {"timezone": "Pacific/Auckland", "hours": "24x7"}
    elsewhere = await sla_client.signed(service_hours=hours)
    issue, other_issue = await issues.open_apart(), await issues.open_apart(agreement_id=UUID(elsewhere["id"]))
    assert (await issues.read(other_issue))["timezone"] == "Pacific/Auckland"
    key = (await issues.read(other_issue))["cause_key"]
    breach_id = (await issues.read(other_issue))["breaches"][0]["id"]
    merged = (await issues.post(other_issue, "merge", {"into": issue, "reason": "one outage"})).json()
    assert (merged["id"], merged["timezone"]) == (issue, "Europe/Paris")
    off = (await issues.post(issue, "split", {"breaches": [breach_id], "reason": "two after all"})).json()
    assert (off["agreement_id"], off["cause_key"]) == (elsewhere["id"], key)
    assert (off["timezone"], off["statement_id"]) == ("Pacific/Auckland", off["breaches"][0]["statement_id"])
