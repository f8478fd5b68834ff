"""Causes that people name: what shares one, and what becomes of it."""

from uuid import UUID

from common.ids import new_id
from common.testing.answers import get_tagged_version
from published.sla import IssueMerged
from tests.sla.deletions.deleting import delete
from tests.sla.issues.issue_client import MARCH, IssueClient
from tests.sla.problems import problem


async def test_two_breaches_of_a_cause_that_people_name_make_one_issue(issues: IssueClient) -> None:
    first, second, cause = await issues.open_apart(), await issues.open_apart(), await issues.cause()
    assert (await issues.change("PUT", f"{first}/cause", {"cause_id": cause})).json()["id"] == first
    answer = (await issues.change("PUT", f"{second}/cause", {"cause_id": cause})).json()
    assert (answer["id"], len(answer["breaches"]), answer["cause_id"]) == (first, 2, cause)
    merged = await issues.read(second)
    assert (merged["state"], merged["merged_into"], merged["breaches"]) == ("merged", first, [])
    (event,) = await issues.emitted(IssueMerged)
    assert (event.issue_id, event.into_issue_id) == (UUID(second), UUID(first))


async def test_issues_of_several_customers_share_a_cause_and_each_sees_its_own(issues: IssueClient) -> None:
    other_customer_id = new_id()
    own_issue, other_issue, cause = (
        await issues.open(),
        await issues.open(customer_id=other_customer_id),
        await issues.cause(),
    )
    for issue in (own_issue, other_issue):
        assert (await issues.change("PUT", f"{issue}/cause", {"cause_id": cause})).json()["id"] == issue

    async def listed(headers: dict[str, str]) -> set[str]:
        items = (await issues.sla.client.get(f"/issues?cause_id={cause}", headers=headers)).json()["items"]
        return {item["id"] for item in items}

    assert await listed(issues.sla_client.manager) == {own_issue, other_issue}
    assert await listed(issues.sla_client.customer) == {own_issue}
    assert (await issues.sla.client.get(f"/causes/{cause}", headers=issues.sla_client.customer)).status_code == 403


async def test_a_new_issue_takes_over_the_cause_of_what_others_suffer_at_the_same_time(
    issues: IssueClient,
) -> None:
    other_issue, cause = await issues.open(customer_id=new_id()), await issues.cause()
    await issues.change("PUT", f"{other_issue}/cause", {"cause_id": cause})
    own_issue = await issues.open()
    assert (await issues.read(own_issue))["cause_id"] == cause
    assert (await issues.read(await issues.open_apart()))["cause_id"] is None
    # Of a later time, and all the same of the customer's one issue of this cause, once others are said to have it.
    march = await issues.open(customer_id=new_id(), **MARCH)
    await issues.change("PUT", f"{march}/cause", {"cause_id": cause})
    assert await issues.open(**MARCH) == own_issue


async def test_a_cause_is_taken_back_and_an_eliminated_one_is_not_given(issues: IssueClient) -> None:
    issue, cause = await issues.open(), await issues.cause()
    await issues.change("PUT", f"{issue}/cause", {"cause_id": cause})
    assert (await issues.change("PUT", f"{issue}/cause", {"cause_id": None})).json()["cause_id"] is None
    await issues.sla.client.post(f"/causes/{cause}/elimination", headers=issues.owner)
    eliminated = await issues.change("PUT", f"{issue}/cause", {"cause_id": cause})
    assert problem(eliminated) == (409, "cause-already-eliminated")
    assert (await issues.change("PUT", f"{issue}/cause", {"cause_id": str(new_id())})).status_code == 404


async def test_a_cause_becomes_a_known_error_and_is_eliminated(issues: IssueClient) -> None:
    client, cause = issues.sla.client, await issues.cause()
    headers = issues.owner | {"If-Match": '"1"'}
    unanalysed = await client.patch(f"/causes/{cause}", json={"known_error": True}, headers=headers)
    assert problem(unanalysed) == (422, "known-error-without-description")
    assert (await client.patch(f"/causes/{cause}", json={"workaround": None}, headers=headers)).status_code == 422
    body = {"known_error": True, "description": "Sessions keep their connection.", "workaround": "Restart it."}
    analysed = await client.patch(f"/causes/{cause}", json=body, headers=headers)
    assert (analysed.status_code, analysed.json()["known_error"], get_tagged_version(analysed)) == (200, True, 2)
    assert (await client.patch(f"/causes/{cause}", json=body, headers=headers)).status_code == 412
    other_cause = await issues.cause(kind="supplier")

    async def listed(query: str) -> list[str]:
        return [item["id"] for item in (await client.get(f"/causes?{query}", headers=issues.owner)).json()["items"]]

    assert await listed("known_error=true") == [cause]
    assert await listed("kind=supplier") == [other_cause]
    await client.post(f"/causes/{cause}/elimination", headers=issues.owner)
    assert (await listed("eliminated=true"), await listed("eliminated=false")) == ([cause], [other_cause])
    for answer in (
        await client.post(f"/causes/{cause}/elimination", headers=issues.owner),
        await client.patch(f"/causes/{cause}", json=body, headers=issues.owner | {"If-Match": '"3"'}),
    ):
        assert problem(answer) == (409, "cause-already-eliminated")
    assert (
        await client.post("/causes", json={"name": "x"}, headers=issues.sla_client.headers("viewer"))
    ).status_code == 403


async def test_a_cause_is_deleted_until_an_issue_has_it(issues: IssueClient) -> None:
    spare, cause, issue = await issues.cause(name="By mistake"), await issues.cause(), await issues.open()
    await issues.change("PUT", f"{issue}/cause", {"cause_id": cause})

    assert (await delete(issues.sla_client, f"/causes/{spare}")).status_code == 204
    refused = await delete(issues.sla_client, f"/causes/{cause}")
    assert problem(refused) == (409, "still-in-use")
    assert "1 issue" in refused.json()["detail"]
