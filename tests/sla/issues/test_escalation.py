"""What is ignored escalates, once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from common.testing.fake_issuer import FakeClock
from published.sla import IssueEscalated
from tests.sla.issues.issue_client import IssueClient


async def test_an_ignored_issue_escalates_once(issues: IssueClient, clock: FakeClock) -> None:
    issue = await issues.open()
    assert (await issues.read(issue))["escalate_at"] == "2026-02-03T20:00:00Z"
    clock.now = datetime(2026, 2, 3, 19, 59, 59, tzinfo=UTC)
    await issues.run_job("escalate-issues")
    assert await issues.emitted(IssueEscalated) == []
    for later in (timedelta(seconds=1), timedelta(hours=1), timedelta(days=300)):
        clock.now += later
        await issues.run_job("escalate-issues")
    (event,) = await issues.emitted(IssueEscalated)
    assert (event.issue_id, event.level, event.owner) == (UUID(issue), 1, None)
    view = await issues.read(issue)
    assert (view["ignored_at"], view["escalate_at"]) == ("2026-02-03T20:00:00Z", None)
    assert ("escalated", "Nobody took it up in time.") in await issues.activity(issue)


async def test_an_overdue_task_escalates_once_and_a_done_one_does_not(issues: IssueClient, clock: FakeClock) -> None:
    issue = await issues.open()
    await issues.take_up(issue)
    body = {"description": "order memory", "assignee": "otto", "due_on": "2026-02-05"}
    first = (await issues.post(issue, "tasks", body)).json()["tasks"][0]
    await issues.post(issue, "tasks", body | {"due_on": "2026-02-07"})
    await issues.post(issue, f"tasks/{first['id']}/completion", {"outcome": "ordered"})
    assert (await issues.read(issue))["escalate_at"] == "2026-02-07T23:00:00Z"
    for day in (6, 7, 8, 9):
        clock.now = datetime(2026, 2, day, tzinfo=UTC)
        await issues.run_job("escalate-issues")
    (event,) = await issues.emitted(IssueEscalated)
    assert (event.level, event.owner, event.escalated_at.day) == (2, "olga", 8)
