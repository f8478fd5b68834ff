"""What comes back after it was resolved, and what is cleared because it was no breach."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from common.ids import new_id
from common.testing.fake_issuer import FakeClock
from published.sla import IssueCleared, IssueReopened
from tests.sla.issues.issue_client import MARCH, IssueClient
from tests.sla.problems import problem


async def test_what_was_resolved_and_comes_back_is_reopened(issues: IssueClient) -> None:
    issue = await issues.open()
    await issues.resolve(issue)
    assert await issues.open(objective_id=new_id(), **MARCH) == issue
    view = await issues.read(issue)
    assert (view["state"], view["owner"], view["recurrences"], len(view["breaches"])) == ("open", None, 1, 2)
    (event,) = await issues.emitted(IssueReopened)
    assert (event.recurrences, event.reason.startswith("It has come back: Availability attained 99 %")) == (1, True)


async def test_what_was_closed_and_comes_back_is_another_issue_that_says_so(issues: IssueClient) -> None:
    issue = await issues.open()
    await issues.resolve(issue)
    await issues.post(issue, "closure")
    second = await issues.open(**MARCH)
    await issues.resolve(second)
    await issues.post(second, "closure")
    third = await issues.read(await issues.open(objective_id=new_id(), **MARCH))
    assert (third["recurrence_of"], third["recurrences"]) == (second, 2)


async def test_after_long_enough_it_is_not_a_recurrence(issues: IssueClient, clock: FakeClock) -> None:
    issue = await issues.open()
    await issues.resolve(issue)
    clock.now += timedelta(days=91)
    later = await issues.read(await issues.open(**MARCH))
    assert (later["id"] != issue, later["recurrence_of"], later["recurrences"]) == (True, None, 0)


async def test_what_was_over_before_the_resolution_is_no_recurrence(issues: IssueClient, clock: FakeClock) -> None:
    issue = await issues.open()
    clock.now = datetime(2026, 3, 2, tzinfo=UTC)
    await issues.resolve(issue)
    assert await issues.open(objective_id=new_id()) == issue
    view = await issues.read(issue)
    assert (view["state"], view["recurrences"], len(view["breaches"])) == ("resolved", 0, 2)
    assert await issues.emitted(IssueReopened) == []


async def test_an_issue_of_which_nothing_is_left_closes_itself(issues: IssueClient) -> None:
    first, second = new_id(), new_id()
    issue = await issues.open(objective_id=first)
    await issues.open(objective_id=second, attained=Decimal(50))
    await issues.clear(second)
    assert (await issues.read(issue))["priority"] == 2
    for _ in range(2):
        await issues.clear(first)
    view = await issues.read(issue)
    assert (view["state"], view["escalate_at"], view["closed_at"] is None) == ("unfounded", None, False)
    assert [event.issue_id for event in await issues.emitted(IssueCleared)] == [UUID(issue)]
    assert [kind for kind, _ in await issues.activity(issue)].count("breach_cleared") == 2
    assert problem(await issues.change("PATCH", issue, {"owner": "olga"})) == (409, "issue-unfounded")


async def test_what_is_missed_after_all_opens_its_issue_again(issues: IssueClient) -> None:
    objective = new_id()
    issue = await issues.open(objective_id=objective)
    await issues.clear(objective)
    assert await issues.open(objective_id=objective, attained=Decimal(98)) == issue
    view = await issues.read(issue)
    assert (view["state"], view["recurrences"], view["breaches"][0]["cleared_at"]) == ("open", 0, None)
    assert [event.issue_id for event in await issues.emitted(IssueReopened)] == [UUID(issue)]


async def test_what_is_cleared_after_it_was_resolved_stays_resolved(issues: IssueClient) -> None:
    objective = new_id()
    issue = await issues.open(objective_id=objective)
    await issues.resolve(issue)
    await issues.clear(objective)
    await issues.clear(new_id())
    assert (await issues.read(issue))["state"] == "resolved"
    assert await issues.emitted(IssueCleared) == []
