"""The plan of an issue, and its record."""

import pytest

from common.ids import new_id
from published.sla import IssueAnnotated, IssueCommented
from tests.sla.issues.issue_client import IssueClient
from tests.sla.problems import problem


async def test_tasks_are_changed_done_and_dropped(issues: IssueClient) -> None:
    issue = await issues.open()
    body = {"description": "order memory", "assignee": "otto", "due_on": "2026-02-05"}
    for _ in range(2):
        answer = await issues.post(issue, "tasks", body)
    first, second = (task["id"] for task in answer.json()["tasks"])
    changed = await issues.change("PATCH", f"{issue}/tasks/{first}", {"assignee": "olga", "due_on": "2026-02-06"})
    assert {name: changed.json()["tasks"][0][name] for name in body} == body | {
        "assignee": "olga",
        "due_on": "2026-02-06",
    }
    completed = (await issues.post(issue, f"tasks/{first}/completion", {"outcome": "installed"})).json()["tasks"][0]
    assert (completed["done_by"], completed["outcome"]) == ("owner", "installed")
    await issues.take_up(issue)
    assert problem(await issues.post(issue, "resolution", {"resolution": "done"})) == (409, "tasks-open")
    dropped = (await issues.post(issue, f"tasks/{second}/withdrawal", {"reason": "not needed"})).json()["tasks"][1]
    assert (dropped["outcome"], dropped["done_at"]) == ("not needed", None)
    for answer in (
        await issues.post(issue, f"tasks/{first}/completion", {}),
        await issues.post(issue, f"tasks/{first}/withdrawal", {"reason": "x"}),
        await issues.change("PATCH", f"{issue}/tasks/{second}", {"assignee": "otto"}),
    ):
        assert problem(answer) == (409, "task-already-finished")
    assert problem(await issues.post(issue, f"tasks/{new_id()}/completion", {})) == (404, "task-not-found")
    await issues.resolve(issue)
    assert problem(await issues.post(issue, "tasks", body)) == (409, "issue-already-resolved")


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"due_on": "2026-02-02"}, "due_on"), ({"description": ""}, "description"), ({"assignee": ""}, "assignee")],
)
async def test_a_bad_task_is_refused_by_the_name_of_its_field(
    issues: IssueClient, changes: dict[str, str], field: str
) -> None:
    body = {"description": "order memory", "assignee": "otto", "due_on": "2026-02-05"} | changes
    answer = await issues.post(await issues.open(), "tasks", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_record_says_what_happened_and_a_customer_reads_what_is_for_it(issues: IssueClient) -> None:
    issue = await issues.open()
    await issues.take_up(issue)
    await issues.post(issue, "comments", {"text": "the supplier is slow"})
    await issues.post(issue, "comments", {"text": "it is being replaced", "for_customer": True})
    comment = await issues.post(issue, "comments", {"text": "when?"}, issues.sla_client.customer)
    assert (comment.status_code, comment.json()["for_customer"]) == (201, True)
    all_entries, customer_entries = (
        await issues.activity(issue),
        await issues.activity(issue, issues.sla_client.customer),
    )
    assert [kind for kind, _ in all_entries] == ["opened", "taken_up", "comment", "comment", "comment"]
    assert [text for kind, text in customer_entries if kind == "comment"] == ["it is being replaced", "when?"]
    stranger = issues.sla_client.headers("customer", new_id())
    assert (await issues.post(issue, "comments", {"text": "me too"}, stranger)).status_code == 404
    assert (await issues.post(issue, "comments", {"text": "x"}, issues.sla_client.headers("viewer"))).status_code == 403
    assert (await issues.sla.client.get(f"/issues/{issue}/activity", headers=stranger)).status_code == 404


async def test_a_comment_is_told_to_the_customer_only_if_it_may_read_it(issues: IssueClient) -> None:
    issue = await issues.open()
    internal = (await issues.post(issue, "comments", {"text": "the supplier is slow"})).json()
    shared = (await issues.post(issue, "comments", {"text": "it is being replaced", "for_customer": True})).json()

    (annotated,), (commented,) = await issues.emitted(IssueAnnotated), await issues.emitted(IssueCommented)

    assert (annotated.for_customer, str(annotated.entry_id)) == (False, internal["id"])
    assert (commented.for_customer, str(commented.entry_id)) == (True, shared["id"])
    assert str(commented.issue_id) == str(annotated.issue_id) == str(issue)
