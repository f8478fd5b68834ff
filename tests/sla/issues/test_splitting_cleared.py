"""A split leaves something in both issues: what restatements have cleared does not make one."""

from uuid import UUID

from common.ids import new_id
from tests.sla.issues.issue_client import IssueClient
from tests.sla.problems import problem

WHY = {"reason": "two after all"}


async def test_what_is_cleared_is_not_split_off_alone_and_not_left_behind_alone(issues: IssueClient) -> None:
    of = {"service_id": new_id(), "indicator_id": new_id()}
    issue = await issues.open(**of)
    assert {await issues.open(**of), await issues.open(**of)} == {issue}
    first, second, third = (await issues.read(issue))["breaches"]
    await issues.clear(UUID(first["objective_id"]))
    alone = await issues.post(issue, "split", WHY | {"breaches": [first["id"]]})
    assert problem(alone) == (422, "split-leaves-issue-empty"), alone.text
    all_uncleared = await issues.post(issue, "split", WHY | {"breaches": [second["id"], third["id"]]})
    assert problem(all_uncleared) == (422, "split-leaves-issue-empty")
    off = (await issues.post(issue, "split", WHY | {"breaches": [first["id"], second["id"]]})).json()
    assert (off["state"], len(off["breaches"])) == ("open", 2)
    assert [breach["id"] for breach in (await issues.read(issue))["breaches"]] == [third["id"]]
