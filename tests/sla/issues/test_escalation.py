"""What is ignored escalates, once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IssueEscalated
from tests.sla.issues.desk import Desk


async def test_an_ignored_issue_escalates_once(desk: Desk, clock: FakeClock) -> None:
    issue = await desk.open()
    assert (await desk.read(issue))["escalate_at"] == "2026-02-03T20:00:00Z"
    clock.now = datetime(2026, 2, 3, 19, 59, 59, tzinfo=UTC)
    await desk.duty("escalate-issues")
    assert await desk.told(IssueEscalated) == []
    for later in (timedelta(seconds=1), timedelta(hours=1), timedelta(days=300)):
        clock.now += later
        await desk.duty("escalate-issues")
    (event,) = await desk.told(IssueEscalated)
    assert (event.issue_id, event.level, event.owner) == (UUID(issue), 1, None)
    found = await desk.read(issue)
    assert (found["ignored_at"], found["escalate_at"]) == ("2026-02-03T20:00:00Z", None)
    assert ("escalated", "Nobody has taken it up in time.") in await desk.record(issue)


async def test_more_than_one_batch_is_caught_up_with(
    desk: Desk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    issues = {await desk.apart() for _ in range(5)}
    monkeypatch.setattr("sla.issues.escalation_job.AT_ONCE", 2)
    clock.now += timedelta(days=300)
    await desk.duty("escalate-issues")
    assert {str(event.issue_id) for event in await desk.told(IssueEscalated)} == issues


async def test_an_overdue_task_escalates_once_and_a_done_one_does_not(desk: Desk, clock: FakeClock) -> None:
    issue = await desk.open()
    await desk.take_up(issue)
    body = {"what": "order memory", "who": "otto", "due_on": "2026-02-05"}
    first = (await desk.post(issue, "tasks", body)).json()["tasks"][0]
    await desk.post(issue, "tasks", body | {"due_on": "2026-02-07"})
    await desk.post(issue, f"tasks/{first['id']}/completion", {"outcome": "ordered"})
    assert (await desk.read(issue))["escalate_at"] == "2026-02-07T23:00:00Z"
    for day in (6, 7, 8, 9):
        clock.now = datetime(2026, 2, day, tzinfo=UTC)
        await desk.duty("escalate-issues")
    (event,) = await desk.told(IssueEscalated)
    assert (event.level, event.owner, event.escalated_at.day) == (2, "olga", 8)
