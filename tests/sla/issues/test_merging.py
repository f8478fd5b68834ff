"""Issues merged into one, and breaches split off."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from common.ids import new_id
from published.sla import IssueMerged, IssueOpened
from tests.sla.issues.issue_client import IssueClient
from tests.sla.problems import problem


async def test_a_merged_issue_is_a_pointer_and_merging_it_again_changes_nothing(issues: IssueClient) -> None:
    first, second = await issues.open_apart(), await issues.open_apart(attained=Decimal(50))
    await issues.post(second, "tasks", {"description": "order memory", "assignee": "otto", "due_on": "2026-02-10"})
    body = {"into": first, "reason": "the same outage"}
    for _ in range(2):
        into = (await issues.post(second, "merge", body)).json()
        assert (into["id"], len(into["breaches"]), into["priority"], len(into["tasks"])) == (first, 2, 1, 1)
    assert len(await issues.emitted(IssueMerged)) == 1
    third = await issues.open_apart()
    assert problem(await issues.post(second, "merge", {"into": third, "reason": "x"})) == (
        409,
        "issue-already-merged",
    )
    assert problem(await issues.post(third, "merge", {"into": second, "reason": "x"})) == (
        409,
        "issue-already-merged",
    )
    assert problem(await issues.change("PATCH", second, {"owner": "otto"})) == (409, "issue-already-merged")


async def test_only_unsolved_issues_of_one_customer_are_merged(issues: IssueClient) -> None:
    issue, other_customers_issue, resolved = (
        await issues.open_apart(),
        await issues.open_apart(customer_id=new_id()),
        await issues.open_apart(),
    )
    await issues.resolve(resolved)
    for into, rule in (
        (issue, (422, "merge-into-same-issue")),
        (other_customers_issue, (409, "issue-of-another-customer")),
        (resolved, (409, "issue-already-resolved")),
    ):
        assert problem(await issues.post(issue, "merge", {"into": into, "reason": "x"})) == rule
    assert problem(await issues.post(resolved, "merge", {"into": issue, "reason": "x"})) == (
        409,
        "issue-already-resolved",
    )
    assert (await issues.post(issue, "merge", {"into": str(new_id()), "reason": "x"})).status_code == 404
    assert (await issues.post(issue, "merge", {"into": other_customers_issue, "reason": ""})).status_code == 422


async def test_a_restated_breach_is_found_where_it_was_merged_to(issues: IssueClient) -> None:
    objective, service = new_id(), new_id()
    first, second = (
        await issues.open_apart(),
        await issues.open_apart(objective_id=objective, service_id=service),
    )
    await issues.post(second, "merge", {"into": first, "reason": "the same outage"})
    assert await issues.open_apart(objective_id=objective, service_id=service, attained=Decimal(98)) == first


async def test_breaches_are_split_off_into_an_issue_of_their_own(issues: IssueClient) -> None:
    issue = await issues.open(objective_name="Availability")
    await issues.open(objective_name="Fast answers", attained=Decimal(50))
    before = await issues.read(issue)
    worse = next(breach for breach in before["breaches"] if breach["objective_name"] == "Fast answers")
    body = {"breaches": [worse["id"]], "title": "Slow answers", "reason": "another outage"}
    off = (await issues.post(issue, "split", body)).json()
    remaining = await issues.read(issue)
    assert (off["title"], off["state"], off["priority"]) == ("Slow answers", "open", 1)
    assert [breach["objective_name"] for breach in off["breaches"]] == ["Fast answers"]
    assert ([breach["objective_name"] for breach in remaining["breaches"]], remaining["priority"]) == (
        ["Availability"],
        2,
    )
    assert [event.issue_id for event in await issues.emitted(IssueOpened)] == [UUID(issue), UUID(off["id"])]
    assert ("split", f"{off['id']} was split off: another outage") in await issues.activity(issue)


async def test_a_split_leaves_something_in_both(issues: IssueClient) -> None:
    issue, other_issue = await issues.open(), await issues.open_apart()
    (own_breach,), (other_breach,) = [(await issues.read(key))["breaches"] for key in (issue, other_issue)]

    async def split(ids: list[str]) -> Any:
        return await issues.post(issue, "split", {"breaches": ids, "reason": "x"})

    assert problem(await split([own_breach["id"]])) == (422, "split-leaves-issue-empty")
    assert problem(await split([other_breach["id"]])) == (422, "breach-not-in-issue")
    assert (await split([])).status_code == 422
    await issues.resolve(issue)
    assert problem(await split([own_breach["id"]])) == (409, "issue-already-resolved")
