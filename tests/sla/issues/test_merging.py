"""Issues merged into one, and breaches split off."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from common.ids import new_id
from published.sla import IssueMerged, IssueOpened
from tests.sla.issues.desk import Desk
from tests.sla.problems import problem


async def test_a_merged_issue_is_a_pointer_and_merging_it_again_changes_nothing(desk: Desk) -> None:
    first, second = await desk.apart(), await desk.apart(attained=Decimal(50))
    await desk.post(second, "tasks", {"what": "order memory", "who": "otto", "due_on": "2026-02-10"})
    body = {"into": first, "reason": "the same outage"}
    for _ in range(2):
        into = (await desk.post(second, "merging", body)).json()
        assert (into["id"], len(into["breaches"]), into["priority"], len(into["tasks"])) == (first, 2, 1, 1)
    assert len(await desk.told(IssueMerged)) == 1
    third = await desk.apart()
    assert problem(await desk.post(second, "merging", {"into": third, "reason": "x"})) == (409, "issue-merged-already")
    assert problem(await desk.post(third, "merging", {"into": second, "reason": "x"})) == (409, "issue-merged-already")
    assert problem(await desk.change("PATCH", second, {"owner": "otto"})) == (409, "issue-merged-already")


async def test_only_unsolved_issues_of_one_customer_are_merged(desk: Desk) -> None:
    issue, other, done = await desk.apart(), await desk.apart(customer_id=new_id()), await desk.apart()
    await desk.resolve(done)
    for into, rule in (
        (issue, (422, "issue-is-the-same")),
        (other, (409, "issue-of-another-customer")),
        (done, (409, "issue-already-resolved")),
    ):
        assert problem(await desk.post(issue, "merging", {"into": into, "reason": "x"})) == rule
    assert problem(await desk.post(done, "merging", {"into": issue, "reason": "x"})) == (409, "issue-already-resolved")
    assert (await desk.post(issue, "merging", {"into": str(new_id()), "reason": "x"})).status_code == 404
    assert (await desk.post(issue, "merging", {"into": other, "reason": ""})).status_code == 422


async def test_a_restated_breach_is_found_where_it_was_merged_to(desk: Desk) -> None:
    objective, service = new_id(), new_id()
    first, second = await desk.apart(), await desk.apart(objective_id=objective, service_id=service)
    await desk.post(second, "merging", {"into": first, "reason": "the same outage"})
    assert await desk.apart(objective_id=objective, service_id=service, attained=Decimal(98)) == first


async def test_breaches_are_split_off_into_an_issue_of_their_own(desk: Desk) -> None:
    issue = await desk.open(objective_name="Availability")
    await desk.open(objective_name="Fast answers", attained=Decimal(50))
    before = await desk.read(issue)
    worse = next(one for one in before["breaches"] if one["objective_name"] == "Fast answers")
    body = {"breaches": [worse["id"]], "title": "Slow answers", "reason": "another outage"}
    off = (await desk.post(issue, "splitting", body)).json()
    left = await desk.read(issue)
    assert (off["title"], off["state"], off["priority"]) == ("Slow answers", "open", 1)
    assert [one["objective_name"] for one in off["breaches"]] == ["Fast answers"]
    assert ([one["objective_name"] for one in left["breaches"]], left["priority"]) == (["Availability"], 2)
    assert [event.issue_id for event in await desk.told(IssueOpened)] == [UUID(issue), UUID(off["id"])]
    assert ("split", f"{off['id']} was split off: another outage") in await desk.record(issue)


async def test_a_split_leaves_something_in_both(desk: Desk) -> None:
    issue, other = await desk.open(), await desk.apart()
    (mine,), (theirs,) = [(await desk.read(one))["breaches"] for one in (issue, other)]

    async def split(ids: list[str]) -> Any:
        return await desk.post(issue, "splitting", {"breaches": ids, "reason": "x"})

    assert problem(await split([mine["id"]])) == (422, "nothing-left-behind")
    assert problem(await split([theirs["id"]])) == (422, "breach-not-of-issue")
    assert (await split([])).status_code == 422
    await desk.resolve(issue)
    assert problem(await split([mine["id"]])) == (409, "issue-already-resolved")
