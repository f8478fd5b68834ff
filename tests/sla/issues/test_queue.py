"""The order in which issues wait, explained."""

from datetime import date
from decimal import Decimal

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import IssuePrioritized, IssueResolved
from tests.sla.conftest import SlaClient
from tests.sla.issues.issue_client import IssueClient


async def list_queue_ids(issues: IssueClient) -> list[str]:
    return [item["id"] for item in await issues.list_queue()]


async def test_the_order_of_the_queue_is_explained_term_by_term(issues: IssueClient) -> None:
    ordinary, owing = (
        await issues.open_apart(),
        await issues.open_apart(credit_percent=Decimal(5), credit_amount=Decimal(600), currency="EUR"),
    )
    worst = await issues.open_apart(attained=Decimal(90))

    queue = await issues.list_queue()

    assert [item["id"] for item in queue] == [worst, owing, ordinary]
    second = queue[1]
    assert second["score"] == 9 * 4 * 2 * 2
    assert [(term["name"], term["value"], term["weight"], term["points"]) for term in second["explanation"]] == [
        ("impact", 3, 2, 9),
        ("urgency", 2, 2, 4),
        ("customer", 2, 1, 2),
        ("credit", 2, 1, 2),
    ]


async def test_among_equals_the_oldest_stands_first(issues: IssueClient) -> None:
    first, second = await issues.open_apart(), await issues.open_apart()
    assert await list_queue_ids(issues) == [first, second]

    await issues.resolve(first)

    assert await list_queue_ids(issues) == [second]


async def test_a_key_customer_goes_before_others_at_once(issues: IssueClient) -> None:
    other_customer_id = new_id()
    ordinary_issue, key_issue = await issues.open_apart(customer_id=other_customer_id), await issues.open_apart()
    body = {"importance": 3, "reason": "a quarter of all users"}
    path = f"/customer-importances/{issues.sla_client.customer_id}"
    for _ in range(2):
        weighed = await issues.sla.client.put(path, json=body, headers=issues.sla_client.manager)
        assert (weighed.status_code, weighed.json()["importance"]) == (200, 3)
    assert await list_queue_ids(issues) == [key_issue, ordinary_issue]
    listed = (await issues.sla.client.get("/customer-importances", headers=issues.sla_client.manager)).json()["items"]
    assert [importance["customer_id"] for importance in listed] == [str(issues.sla_client.customer_id)]
    for bad in (0, 4):
        answer = await issues.sla.client.put(path, json=body | {"importance": bad}, headers=issues.sla_client.manager)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "importance")
    for headers in (issues.owner, issues.sla_client.customer):
        assert (await issues.sla.client.put(path, json=body, headers=headers)).status_code == 403


async def test_a_new_priority_is_published_once(issues: IssueClient) -> None:
    issue_id = await issues.open_apart()
    (opened,) = await issues.list_queue()
    assert not await issues.emitted(IssuePrioritized), "its opening says the first priority"

    body = {"importance": 1, "reason": "five users"}
    path = f"/customer-importances/{issues.sla_client.customer_id}"
    for _ in range(2):
        await issues.sla.client.put(path, json=body, headers=issues.sla_client.manager)

    (weighed,) = await issues.list_queue()
    (event,) = await issues.emitted(IssuePrioritized)
    assert (str(event.issue_id), event.priority) == (issue_id, weighed["priority"])
    assert event.priority > opened["priority"]


async def test_customers_are_not_told_how_they_compare(issues: IssueClient) -> None:
    issue = await issues.open()
    view = await issues.read(issue, issues.sla_client.customer)
    assert (view["score"], [term["name"] for term in view["explanation"]]) == (None, ["impact", "urgency", "credit"])
    for path in ("/customer-importances", "/causes"):
        assert (await issues.sla.client.get(path, headers=issues.sla_client.customer)).status_code == 403


async def test_the_queue_can_be_of_what_waits_only(issues: IssueClient) -> None:
    waiting, resolved = await issues.open_apart(), await issues.open_apart()
    await issues.resolve(resolved)

    async def listed(unsolved: str) -> list[str]:
        answer = await issues.sla.client.get(f"/issues?unsolved={unsolved}", headers=issues.owner)
        return [item["id"] for item in answer.json()["items"]]

    assert (await listed("true"), await listed("false")) == ([waiting], [resolved])
    assert len(await issues.emitted(IssueResolved)) == 1
    assert date.fromisoformat((await issues.read(resolved))["resolved_at"][:10]) == date(2026, 2, 3)


@pytest.mark.parametrize(
    "query", ["state=gone", "owner=", "owner=%00", "customer_id=me", "unsolved=perhaps", "cause_id=1", "limit=0"]
)
async def test_a_bad_filter_is_refused_by_its_name(sla: ServiceUnderTest, sla_client: SlaClient, query: str) -> None:
    answer = await sla.client.get(f"/issues?{query}", headers=sla_client.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
