"""The plan of an issue, and its record."""

import pytest

from common.ids import new_id
from tests.sla.issues.desk import Desk
from tests.sla.problems import problem


async def test_tasks_are_changed_done_and_dropped(desk: Desk) -> None:
    issue = await desk.open()
    body = {"what": "order memory", "who": "otto", "due_on": "2026-02-05"}
    for _ in range(2):
        answer = await desk.post(issue, "tasks", body)
    first, second = (task["id"] for task in answer.json()["tasks"])
    changed = await desk.change("PATCH", f"{issue}/tasks/{first}", {"who": "olga", "due_on": "2026-02-06"})
    assert {name: changed.json()["tasks"][0][name] for name in body} == body | {"who": "olga", "due_on": "2026-02-06"}
    done = (await desk.post(issue, f"tasks/{first}/completion", {"outcome": "installed"})).json()["tasks"][0]
    assert (done["done_by"], done["outcome"]) == ("owner", "installed")
    await desk.take_up(issue)
    assert problem(await desk.post(issue, "resolution", {"resolution": "done"})) == (409, "tasks-open")
    dropped = (await desk.post(issue, f"tasks/{second}/withdrawal", {"reason": "not needed"})).json()["tasks"][1]
    assert (dropped["outcome"], dropped["done_at"]) == ("not needed", None)
    for answer in (
        await desk.post(issue, f"tasks/{first}/completion", {}),
        await desk.post(issue, f"tasks/{first}/withdrawal", {"reason": "x"}),
        await desk.change("PATCH", f"{issue}/tasks/{second}", {"who": "otto"}),
    ):
        assert problem(answer) == (409, "task-settled")
    assert problem(await desk.post(issue, f"tasks/{new_id()}/completion", {})) == (404, "no-such-task")
    await desk.resolve(issue)
    assert problem(await desk.post(issue, "tasks", body)) == (409, "issue-already-resolved")


@pytest.mark.parametrize(
    ("changes", "field"), [({"due_on": "2026-02-02"}, "due_on"), ({"what": ""}, "what"), ({"who": ""}, "who")]
)
async def test_a_bad_task_is_refused_by_the_name_of_its_field(desk: Desk, changes: dict[str, str], field: str) -> None:
    body = {"what": "order memory", "who": "otto", "due_on": "2026-02-05"} | changes
    answer = await desk.post(await desk.open(), "tasks", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_record_says_what_happened_and_a_customer_reads_what_is_for_it(desk: Desk) -> None:
    issue = await desk.open()
    await desk.take_up(issue)
    await desk.post(issue, "comments", {"text": "the supplier is slow"})
    await desk.post(issue, "comments", {"text": "it is being replaced", "for_customer": True})
    said = await desk.post(issue, "comments", {"text": "when?"}, desk.shop.customer)
    assert (said.status_code, said.json()["for_customer"]) == (201, True)
    every, theirs = await desk.record(issue), await desk.record(issue, desk.shop.customer)
    assert [kind for kind, _ in every] == ["opened", "taken_up", "comment", "comment", "comment"]
    assert [text for kind, text in theirs if kind == "comment"] == ["it is being replaced", "when?"]
    stranger = desk.shop.headers("customer", new_id())
    assert (await desk.post(issue, "comments", {"text": "me too"}, stranger)).status_code == 404
    assert (await desk.post(issue, "comments", {"text": "x"}, desk.shop.headers("viewer"))).status_code == 403
    assert (await desk.sla.client.get(f"/issues/{issue}/record", headers=stranger)).status_code == 404
