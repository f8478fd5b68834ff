"""Causes that people name: what shares one, and what becomes of it."""

from uuid import UUID

from common.ids import new_id
from published.sla import IssueMerged
from tests.sla.issues.desk import MARCH, Desk
from tests.sla.problems import problem


async def test_two_breaches_of_a_cause_that_people_name_make_one_issue(desk: Desk) -> None:
    first, second, cause = await desk.apart(), await desk.apart(), await desk.cause()
    assert (await desk.change("PUT", f"{first}/cause", {"cause_id": cause})).json()["id"] == first
    answer = (await desk.change("PUT", f"{second}/cause", {"cause_id": cause})).json()
    assert (answer["id"], len(answer["breaches"]), answer["cause_id"]) == (first, 2, cause)
    merged = await desk.read(second)
    assert (merged["state"], merged["merged_into"], merged["breaches"]) == ("merged", first, [])
    (event,) = await desk.told(IssueMerged)
    assert (event.issue_id, event.into_issue_id) == (UUID(second), UUID(first))


async def test_issues_of_several_customers_share_a_cause_and_each_sees_its_own(desk: Desk) -> None:
    other = new_id()
    mine, theirs, cause = await desk.open(), await desk.open(customer_id=other), await desk.cause()
    for issue in (mine, theirs):
        assert (await desk.change("PUT", f"{issue}/cause", {"cause_id": cause})).json()["id"] == issue

    async def listed(who: dict[str, str]) -> set[str]:
        items = (await desk.sla.client.get(f"/issues?cause_id={cause}", headers=who)).json()["items"]
        return {item["id"] for item in items}

    assert await listed(desk.shop.manager) == {mine, theirs}
    assert await listed(desk.shop.customer) == {mine}
    assert (await desk.sla.client.get(f"/causes/{cause}", headers=desk.shop.customer)).status_code == 403


async def test_a_new_issue_takes_over_the_cause_of_what_others_suffer_at_the_same_time(desk: Desk) -> None:
    theirs, cause = await desk.open(customer_id=new_id()), await desk.cause()
    await desk.change("PUT", f"{theirs}/cause", {"cause_id": cause})
    mine = await desk.open()
    assert (await desk.read(mine))["cause_id"] == cause
    assert (await desk.read(await desk.apart()))["cause_id"] is None
    # Of a later time, and all the same of the customer's one issue of this cause, once others are said to have it.
    march = await desk.open(customer_id=new_id(), **MARCH)
    await desk.change("PUT", f"{march}/cause", {"cause_id": cause})
    assert await desk.open(**MARCH) == mine


async def test_a_cause_is_taken_back_and_an_eliminated_one_is_not_given(desk: Desk) -> None:
    issue, cause = await desk.open(), await desk.cause()
    await desk.change("PUT", f"{issue}/cause", {"cause_id": cause})
    assert (await desk.change("PUT", f"{issue}/cause", {"cause_id": None})).json()["cause_id"] is None
    await desk.sla.client.post(f"/causes/{cause}/elimination", headers=desk.owner)
    assert problem(await desk.change("PUT", f"{issue}/cause", {"cause_id": cause})) == (409, "cause-eliminated")
    assert (await desk.change("PUT", f"{issue}/cause", {"cause_id": str(new_id())})).status_code == 404


async def test_a_cause_becomes_a_known_error_and_is_eliminated(desk: Desk) -> None:
    client, cause = desk.sla.client, await desk.cause()
    headers = desk.owner | {"If-Match": '"1"'}
    unanalysed = await client.patch(f"/causes/{cause}", json={"known_error": True}, headers=headers)
    assert problem(unanalysed) == (422, "known-error-unanalysed")
    body = {"known_error": True, "description": "Sessions keep their connection.", "workaround": "Restart it."}
    known = await client.patch(f"/causes/{cause}", json=body, headers=headers)
    assert (known.status_code, known.json()["known_error"], known.headers["etag"]) == (200, True, '"2"')
    assert (await client.patch(f"/causes/{cause}", json=body, headers=headers)).status_code == 412
    other = await desk.cause(kind="supplier")

    async def listed(query: str) -> list[str]:
        return [one["id"] for one in (await client.get(f"/causes?{query}", headers=desk.owner)).json()["items"]]

    assert await listed("known_error=true") == [cause]
    assert await listed("kind=supplier") == [other]
    await client.post(f"/causes/{cause}/elimination", headers=desk.owner)
    assert (await listed("eliminated=true"), await listed("eliminated=false")) == ([cause], [other])
    for answer in (
        await client.post(f"/causes/{cause}/elimination", headers=desk.owner),
        await client.patch(f"/causes/{cause}", json=body, headers=desk.owner | {"If-Match": '"3"'}),
    ):
        assert problem(answer) == (409, "cause-eliminated")
    assert (await client.post("/causes", json={"name": "x"}, headers=desk.shop.headers("viewer"))).status_code == 403
