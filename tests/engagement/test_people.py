"""People belong to a customer for a time; who they are never leaves the service, and can be forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from common.testing.answers import get_tagged_version
from published.engagement import PersonJoined, PersonLeft

NOBODY = "00000000-0000-7000-8000-000000000000"

GRACE = {"name": "Grace Hopper", "email": "grace@sales.example", "role": "key user"}


async def test_a_person_joins_and_is_told_by_id_only(engagement: Any, clock: Any) -> None:
    customer = await engagement.customer()
    answer = await engagement.ask("POST", f"/customers/{customer}/people", json=GRACE)
    assert (answer.status_code, get_tagged_version(answer)) == (201, 1)
    person = answer.json()
    assert person | GRACE == person
    assert (person["joined_on"], person["left_on"]) == (str(clock().date()), None)
    assert await engagement.get(f"/customers/{customer}/people/{person['id']}") == person
    event = (await engagement.trial.list_emitted_events())[-1]
    assert isinstance(event, PersonJoined)
    assert (str(event.person_id), event.role) == (person["id"], "key user")
    assert not {"grace", "hopper"} & set(event.model_dump_json().lower().split())


async def test_the_list_answers_for_a_day(engagement: Any, clock: Any) -> None:
    today = clock().date()
    customer = await engagement.customer()
    path = f"/customers/{customer}/people"
    early = await engagement.person(customer, "early@sales.example", joined_on=str(today - timedelta(days=30)))
    late = await engagement.person(customer, "late@sales.example", role="sponsor")
    departure = {"left_on": str(today - timedelta(days=1))}
    assert (await engagement.ask("POST", f"{path}/{early}/departure", json=departure)).status_code == 201
    assert await engagement.ids(path) == [late]
    assert await engagement.ids(path, on=departure["left_on"]) == [], "the day of leaving is the first one without"
    assert await engagement.ids(path, on=str(today - timedelta(days=2))) == [early]
    assert (await engagement.get(path, params={"role": "key user"}))["items"] == []


async def test_whoever_left_stays_as_they_were_and_can_join_again(engagement: Any, problem: Any) -> None:
    customer = await engagement.customer()
    person = await engagement.person(customer)
    path = f"/customers/{customer}/people/{person}"
    twice = await engagement.ask("POST", f"/customers/{customer}/people", json=GRACE | {"email": "GRACE@sales.example"})
    assert problem(twice, 409, "email-already-used")["errors"][0]["field"] == "email"
    assert (await engagement.ask("POST", f"{path}/departure", json={})).status_code == 201
    problem(await engagement.ask("POST", f"{path}/departure", json={}), 409, "person-has-left")
    problem(await engagement.change(path, {"role": "sponsor"}), 409, "person-has-left")
    assert await engagement.person(customer) != person
    events = await engagement.trial.list_emitted_events()
    assert [type(event) for event in events[1:]] == [PersonJoined, PersonLeft, PersonJoined]


async def test_days_are_in_order(engagement: Any, clock: Any, problem: Any) -> None:
    customer, today = await engagement.customer(), clock().date()
    path = f"/customers/{customer}/people"
    tomorrow = await engagement.ask("POST", path, json=GRACE | {"joined_on": str(today + timedelta(days=1))})
    assert problem(tomorrow, 422, "date-out-of-order")["errors"][0]["field"] == "joined_on"
    person = await engagement.person(customer)
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        answer = await engagement.ask("POST", f"{path}/{person}/departure", json={"left_on": str(day)})
        assert problem(answer, 422, "date-out-of-order")["errors"][0]["field"] == "left_on"


async def test_a_person_is_corrected(engagement: Any, problem: Any) -> None:
    customer = await engagement.customer()
    person, second = await engagement.person(customer), await engagement.person(customer, "ada@sales.example")
    path = f"/customers/{customer}/people/{person}"
    changed = await engagement.change(path, {"email": "g.hopper@sales.example"})
    assert (changed.json()["email"], changed.json()["name"]) == ("g.hopper@sales.example", "Grace Hopper")
    answer = await engagement.change(path, {"email": "ADA@sales.example"})
    problem(answer, 409, "email-already-used")
    assert second in await engagement.ids(f"/customers/{customer}/people")


async def test_erased_means_forgotten_everywhere(engagement: Any) -> None:
    customer = await engagement.customer()
    person = await engagement.person(customer)
    path = f"/customers/{customer}/people/{person}"
    await engagement.change(path, {"email": "g.hopper@sales.example"})
    for _ in range(2):
        assert (await engagement.ask("DELETE", path)).status_code == 204
    read = await engagement.get(path)
    assert (read["name"], read["email"]) == (None, None)
    assert read["erased_at"]
    assert read["left_on"]
    assert isinstance((await engagement.trial.list_emitted_events())[-1], PersonLeft)
    async with engagement.trial.begin() as work:
        for table in ("people", "audit", "outbox"):
            rows = await work.session.execute(text(f"SELECT t::text FROM engagement.{table} t"))  # noqa: S608 - from the line above
            assert "hopper" not in str(rows.all()).lower(), table


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"email": "grace"}, "email"),
        ({"email": "grace@sales"}, "email"),
        ({"email": "grace@sales.example\nBcc: x@y.example"}, "email"),
        ({"email": "a b@sales.example"}, "email"),
        ({"email": "a\x00@sales.example"}, "email"),
        ({"email": "x" * 250 + "@sales.example"}, "email"),
        ({"role": ""}, "role"),
        ({"left_on": "2026-01-01"}, "left_on"),
        ({"customer_id": NOBODY}, "customer_id"),
    ],
    ids=str,
)
async def test_bad_input_names_the_field(engagement: Any, change: dict[str, Any], field: str) -> None:
    customer = await engagement.customer()
    person = await engagement.person(customer, "ada@sales.example")
    for answer in (
        await engagement.ask("POST", f"/customers/{customer}/people", json=GRACE | change),
        await engagement.change(f"/customers/{customer}/people/{person}", change),
    ):
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_a_customer_cares_for_its_own_people_only(engagement: Any, problem: Any) -> None:
    own, foreign = await engagement.customer("Sales"), await engagement.customer("Legal")
    foreign_person = await engagement.person(foreign)
    answer = await engagement.ask("POST", f"/customers/{own}/people", "customer", own, json=GRACE)
    assert answer.status_code == 201
    assert await engagement.ids(f"/customers/{own}/people", "customer", own) == [answer.json()["id"]]
    for method, path in (
        ("GET", f"/customers/{foreign}/people"),
        ("POST", f"/customers/{foreign}/people"),
        ("GET", f"/customers/{foreign}/people/{foreign_person}"),
        ("GET", f"/customers/{own}/people/{foreign_person}"),
        ("PATCH", f"/customers/{foreign}/people/{foreign_person}"),
        ("PATCH", f"/customers/{own}/people/{foreign_person}"),
        ("POST", f"/customers/{foreign}/people/{foreign_person}/departure"),
        ("DELETE", f"/customers/{foreign}/people/{foreign_person}"),
    ):
        body = GRACE if path.endswith("people") else {}
        extra = {"If-Match": '"1"'}
        problem(await engagement.ask(method, path, "customer", own, json=body, extra=extra), 404, "not-found")


async def test_pages_of_people_cost_the_same(engagement: Any) -> None:
    customer = await engagement.customer()
    for number in range(4):
        await engagement.person(customer, f"p{number}@sales.example")
    costs = []
    for limit in (1, 4):
        with engagement.trial.record_queries() as queries:
            await engagement.get(f"/customers/{customer}/people", params={"limit": limit})
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 3, queries
