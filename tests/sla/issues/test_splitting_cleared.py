"""A split leaves something in both issues: what restatements have cleared does not make one."""

from uuid import UUID

from common.ids import new_id
from tests.sla.issues.desk import Desk
from tests.sla.problems import problem

WHY = {"reason": "two after all"}


async def test_what_is_cleared_is_not_split_off_alone_and_not_left_behind_alone(desk: Desk) -> None:
    of = {"service_id": new_id(), "indicator_id": new_id()}
    issue = await desk.open(**of)
    assert {await desk.open(**of), await desk.open(**of)} == {issue}
    first, second, third = (await desk.read(issue))["breaches"]
    await desk.clear(UUID(first["objective_id"]))
    alone = await desk.post(issue, "splitting", WHY | {"breaches": [first["id"]]})
    assert problem(alone) == (422, "nothing-left-behind"), alone.text
    others = await desk.post(issue, "splitting", WHY | {"breaches": [second["id"], third["id"]]})
    assert problem(others) == (422, "nothing-left-behind")
    off = (await desk.post(issue, "splitting", WHY | {"breaches": [first["id"], second["id"]]})).json()
    assert (off["state"], len(off["breaches"])) == ("open", 2)
    assert [one["id"] for one in (await desk.read(issue))["breaches"]] == [third["id"]]
