"""Customers: each with a name of its own, in a tree without a circle."""

from typing import Any

import pytest

from common.ids import new_id
from common.testing.answers import get_tagged_version
from published.engagement import CustomerRegistered, CustomerRenamed

NOBODY = "00000000-0000-7000-8000-000000000000"


async def test_a_customer_is_registered_and_told(engagement: Any) -> None:
    group = await engagement.customer("Group")
    body = {"name": "Sales", "org_unit": "Sales/EMEA", "parent_id": group, "headcount": 120}
    answer = await engagement.ask("POST", "/customers", json=body)
    assert (answer.status_code, get_tagged_version(answer)) == (201, 1)
    customer = answer.json()
    assert customer | body == customer
    assert await engagement.get(f"/customers/{customer['id']}") == customer
    event = (await engagement.trial.list_emitted_events())[-1]
    assert isinstance(event, CustomerRegistered)
    assert (str(event.customer_id), event.name, str(event.parent_id)) == (customer["id"], "Sales", group)


async def test_a_new_name_is_told_and_nothing_else_is(engagement: Any) -> None:
    path = f"/customers/{await engagement.customer()}"
    await engagement.change(path, {"headcount": 7, "name": "Sales"})
    changed = await engagement.change(path, {"name": "Sales and Marketing", "org_unit": None})
    assert (changed.json()["name"], changed.json()["headcount"]) == ("Sales and Marketing", 7)
    events = (await engagement.trial.list_emitted_events())[1:]
    assert [(type(event), event.name) for event in events] == [(CustomerRenamed, "Sales and Marketing")]


async def test_names_are_unique(engagement: Any, problem: Any) -> None:
    top, second = await engagement.customer("Sales"), await engagement.customer("Legal")
    for answer in (
        await engagement.ask("POST", "/customers", json={"name": "SALES"}),
        await engagement.change(f"/customers/{second}", {"name": "sales"}),
        await engagement.change(f"/customers/{second}", {"name": "sales", "parent_id": top}),
    ):
        assert problem(answer, 409, "customer-name-taken")["errors"][0]["field"] == "name"
    assert len(await engagement.trial.list_emitted_events()) == 2


async def test_a_name_in_another_normal_form_is_the_same_name(engagement: Any, problem: Any) -> None:
    await engagement.customer("Zo\u00eb")
    answer = await engagement.ask("POST", "/customers", json={"name": "Zoe\u0308"})
    assert problem(answer, 409, "customer-name-taken")
    assert await engagement.ids("/customers", name="ZOE\u0308")


@pytest.mark.parametrize("name", ["Sa\u200bles", "Sa\tles", "Sa\nles", "\u202eselaS", "\u200b", "\u3164"])
async def test_a_name_with_an_invisible_character_is_refused(engagement: Any, problem: Any, name: str) -> None:
    answer = await engagement.ask("POST", "/customers", json={"name": name})
    assert problem(answer, 422, "invalid")["errors"][0]["field"] == "name"


async def test_no_customer_stands_above_itself(engagement: Any, problem: Any) -> None:
    top = await engagement.customer("Top")
    middle = await engagement.customer("Middle", parent_id=top)
    bottom = await engagement.customer("Bottom", parent_id=middle)
    for parent in (top, middle, bottom):
        answer = await engagement.change(f"/customers/{top}", {"parent_id": parent})
        assert problem(answer, 409, "parent-cycle")["errors"][0]["field"] == "parent_id"
    assert (await engagement.change(f"/customers/{bottom}", {"parent_id": top})).json()["parent_id"] == top
    assert (await engagement.change(f"/customers/{middle}", {"parent_id": bottom})).status_code == 200
    assert (await engagement.change(f"/customers/{bottom}", {"parent_id": None})).json()["parent_id"] is None


async def test_a_parent_is_registered(engagement: Any, problem: Any) -> None:
    customer = await engagement.customer()
    for answer in (
        await engagement.ask("POST", "/customers", json={"name": "Legal", "parent_id": str(new_id())}),
        await engagement.change(f"/customers/{customer}", {"parent_id": str(new_id())}),
    ):
        assert problem(answer, 422, "parent-not-registered")["errors"][0]["field"] == "parent_id"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"org_unit": ""}, "org_unit"),
        ({"org_unit": 7}, "org_unit"),
        ({"parent_id": "7"}, "parent_id"),
        ({"headcount": -1}, "headcount"),
        ({"headcount": 1.5}, "headcount"),
        ({"headcount": "7"}, "headcount"),
        ({"headcount": True}, "headcount"),
        ({"headcount": 10**10}, "headcount"),
        ({"id": NOBODY}, "id"),
        ({"version": 3}, "version"),
    ],
    ids=str,
)
async def test_bad_input_names_the_field(engagement: Any, change: dict[str, Any], field: str) -> None:
    customer = await engagement.customer()
    for answer in (
        await engagement.ask("POST", "/customers", json={"name": "Legal"} | change),
        await engagement.change(f"/customers/{customer}", change),
    ):
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_change_says_which_version_it_changes(engagement: Any, problem: Any) -> None:
    path = f"/customers/{await engagement.customer()}"
    problem(await engagement.ask("PATCH", path, json={"headcount": 1}), 428, "precondition-required")
    assert get_tagged_version(await engagement.change(path, {"headcount": 1})) == 2
    stale = await engagement.ask("PATCH", path, json={"headcount": 2}, extra={"If-Match": '"1"'})
    problem(stale, 412, "changed-meanwhile")


async def test_customers_are_filtered_and_paged_at_constant_cost(engagement: Any) -> None:
    top = await engagement.customer("Top 100%")
    below = [await engagement.customer(f"Unit {number}", parent_id=top, org_unit="Units") for number in range(5)]
    assert await engagement.ids("/customers", parent_id=top) == below
    assert await engagement.ids("/customers", org_unit="Units", name="UNIT 3") == [below[3]]
    assert await engagement.ids("/customers", name="%") == [top], "a per cent sign is a letter like any other"
    assert await engagement.ids("/customers", name="_") == []
    costs = []
    for limit in (2, 6):  # the first has no parent to name
        with engagement.trial.record_queries() as queries:
            await engagement.get("/customers", params={"limit": limit})
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 2, queries
    first = await engagement.get("/customers", params={"limit": 4})
    rest = await engagement.ids("/customers", limit=4, cursor=first["next"])
    assert [item["id"] for item in first["items"]] + rest == [top, *below]


async def test_a_repeated_request_registers_once(engagement: Any) -> None:
    key = {"Idempotency-Key": "registration-1"}
    first = await engagement.ask("POST", "/customers", json={"name": "Sales"}, extra=key)
    again = await engagement.ask("POST", "/customers", json={"name": "Sales"}, extra=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(await engagement.trial.list_emitted_events()) == 1


async def test_a_customer_sees_itself_alone(engagement: Any, problem: Any) -> None:
    hidden_id = await engagement.customer("Legal")
    own = await engagement.customer("Sales", parent_id=hidden_id)
    (listed,) = (await engagement.get("/customers", "customer", own))["items"]
    read = await engagement.get(f"/customers/{own}", "customer", own)
    assert (read["name"], read["parent_id"], listed) == ("Sales", None, read)
    assert (await engagement.get(f"/customers/{own}"))["parent_id"] == hidden_id
    foreign = problem(await engagement.ask("GET", f"/customers/{hidden_id}", "customer", own), 404, "not-found")
    absent = problem(await engagement.ask("GET", f"/customers/{new_id()}", "customer", own), 404, "not-found")
    assert foreign["title"] == absent["title"]
