"""The order in which issues wait, explained."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.sla import IssueResolved
from tests.sla.issues.desk import Desk


async def explained(desk: Desk, issue: str) -> dict[str, Any]:
    answer = await desk.sla.client.get(f"/issues/{issue}/priority", headers=desk.shop.manager)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_order_of_the_queue_is_explained_term_by_term(desk: Desk) -> None:
    ordinary, owing = (
        await desk.apart(),
        await desk.apart(credit_percent=Decimal(5), credit_amount=Decimal(600), currency="EUR"),
    )
    worst = await desk.apart(attained=Decimal(90))
    assert [item["id"] for item in (await desk.sla.client.get("/issues", headers=desk.owner)).json()["items"]] == [
        worst,
        owing,
        ordinary,
    ]
    found = await explained(desk, owing)
    assert (found["position"], found["waiting"], found["score"]) == (2, 3, 9 * 4 * 2 * 2)
    assert [(term["name"], term["value"], term["weight"], term["points"]) for term in found["explanation"]] == [
        ("impact", 3, 2, 9),
        ("urgency", 2, 2, 4),
        ("customer", 2, 1, 2),
        ("credit", 2, 1, 2),
    ]
    assert (found["ahead"]["issue_id"], found["ahead"]["because"]) == (worst, "it scores 162 against 144")
    assert [(term["name"], term["ahead"], term["behind"]) for term in found["ahead"]["terms"]] == [
        ("urgency", 9, 4),
        ("credit", 1, 2),
    ]
    assert found["behind"]["terms"] == [
        {
            "name": "credit",
            "ahead": 2,
            "behind": 1,
            "because": (
                "credit 2 against 1: up to 5 % of a charge, 600.00 EUR, are owed in credits; "
                "there, no credits are owed for it"
            ),
        }
    ]


async def test_among_equals_the_oldest_stands_first(desk: Desk) -> None:
    first, second = await desk.apart(), await desk.apart()
    found = await explained(desk, second)
    assert (found["ahead"]["issue_id"], found["ahead"]["terms"]) == (first, [])
    assert found["ahead"]["because"] == "both score 72, and it was opened earlier"
    await desk.resolve(first)
    found = await explained(desk, second)
    assert (found["position"], found["ahead"], found["behind"]) == (1, None, None)
    assert (await explained(desk, first))["position"] is None


async def test_a_key_customer_goes_before_others_at_once(desk: Desk) -> None:
    other = new_id()
    theirs, mine = await desk.apart(customer_id=other), await desk.apart()
    body = {"importance": 3, "reason": "a quarter of all users"}
    path = f"/customer-importances/{desk.shop.customer_id}"
    for _ in range(2):
        weighed = await desk.sla.client.put(path, json=body, headers=desk.shop.manager)
        assert (weighed.status_code, weighed.json()["importance"]) == (200, 3)
    found = await explained(desk, mine)
    assert (found["position"], found["behind"]["issue_id"]) == (1, theirs)
    assert found["behind"]["terms"][0]["because"].startswith("customer 3 against 2: it is one of the key customers")
    listed = (await desk.sla.client.get("/customer-importances", headers=desk.shop.manager)).json()["items"]
    assert [one["customer_id"] for one in listed] == [str(desk.shop.customer_id)]
    for bad in (0, 4):
        answer = await desk.sla.client.put(path, json=body | {"importance": bad}, headers=desk.shop.manager)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "importance")
    for who in (desk.owner, desk.shop.customer):
        assert (await desk.sla.client.put(path, json=body, headers=who)).status_code == 403


async def test_customers_are_not_told_how_they_compare(desk: Desk) -> None:
    issue = await desk.open()
    found = await desk.read(issue, desk.shop.customer)
    assert (found["score"], [term["name"] for term in found["explanation"]]) == (None, ["impact", "urgency", "credit"])
    for path in (f"/issues/{issue}/priority", "/customer-importances", "/causes"):
        assert (await desk.sla.client.get(path, headers=desk.shop.customer)).status_code == 403


async def test_the_queue_can_be_of_what_waits_only(desk: Desk) -> None:
    waiting, done = await desk.apart(), await desk.apart()
    await desk.resolve(done)

    async def listed(unsolved: str) -> list[str]:
        answer = await desk.sla.client.get(f"/issues?unsolved={unsolved}", headers=desk.owner)
        return [item["id"] for item in answer.json()["items"]]

    assert (await listed("true"), await listed("false")) == ([waiting], [done])
    assert len(await desk.told(IssueResolved)) == 1
    assert date.fromisoformat((await desk.read(done))["resolved_at"][:10]) == date(2026, 2, 3)


@pytest.mark.parametrize(
    "query", ["state=gone", "owner=", "owner=%00", "customer_id=me", "unsolved=perhaps", "cause_id=1", "limit=0"]
)
async def test_a_bad_filter_is_refused_by_its_name(sla: ServiceUnderTest, shop: Any, query: str) -> None:
    answer = await sla.client.get(f"/issues?{query}", headers=shop.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
