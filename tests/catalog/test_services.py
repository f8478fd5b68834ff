"""Services: each with a name of its own, an owner, and contacts."""

from typing import Any

import pytest

from common.ids import new_id
from common.testing.answers import get_tagged_version

NOBODY = "00000000-0000-7000-8000-000000000000"

CONTACT = {"role": "service desk", "channel": "mail", "address": "desk@it.example"}


async def test_a_service_is_registered_and_read(catalog: Any) -> None:
    body = {"name": " Mail ", "description": "Mailboxes", "owner": "Ada Lovelace", "contacts": [CONTACT]}
    answer = await catalog.ask("POST", "/services", json=body)
    assert answer.status_code == 201
    assert get_tagged_version(answer) == 1
    service = answer.json()
    assert service | body == service | {"name": " Mail "}
    assert service["name"] == "Mail"
    assert await catalog.get(f"/services/{service['id']}") == service


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_two_services_of_one_name_do_not_exist(catalog: Any, problem: Any, method: str) -> None:
    await catalog.service("Mail")
    print_service = await catalog.service("Print")
    if method == "POST":
        answer = await catalog.ask("POST", "/services", json={"name": "MAIL", "owner": "Ada"})
    else:
        answer = await catalog.change(
            "PATCH", f"/services/{print_service}", {"name": "mail"}, of=f"/services/{print_service}"
        )
    assert problem(answer, 409, "service-name-taken")["errors"][0]["field"] == "name"
    assert len(await catalog.ids("/services")) == 2


async def test_a_change_says_which_version_it_changes(catalog: Any, problem: Any) -> None:
    path = f"/services/{await catalog.service()}"
    problem(await catalog.ask("PATCH", path, json={"owner": "Grace"}), 428, "precondition-required")
    changed = await catalog.change("PATCH", path, {"owner": "Grace"}, of=path)
    assert (changed.status_code, changed.json()["owner"], get_tagged_version(changed)) == (200, "Grace", 2)
    assert changed.json()["name"] == "Mail", "what is not sent stays"
    stale = await catalog.ask("PATCH", path, json={"owner": "Eve"}, extra={"If-Match": '"1"'})
    problem(stale, 412, "changed-meanwhile")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"owner": []}, "owner"),
        ({"description": "x" * 10_001}, "description"),
        ({"contacts": {}}, "contacts"),
        ({"contacts": [CONTACT] * 51}, "contacts"),
        ({"contacts": [CONTACT | {"channel": "pigeon"}]}, "contacts.0.channel"),
        ({"contacts": [CONTACT | {"id": 1}]}, "contacts.0.id"),
        ({"contacts": [{}]}, "contacts.0.role"),
        ({"id": NOBODY}, "id"),
        ({"version": 9}, "version"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "created_at"),
    ],
    ids=str,
)
async def test_bad_input_names_the_field(catalog: Any, change: dict[str, Any], field: str) -> None:
    service = await catalog.service()
    for answer in (
        await catalog.ask("POST", "/services", json={"name": "Print", "owner": "Ada"} | change),
        await catalog.change("PATCH", f"/services/{service}", change, of=f"/services/{service}"),
    ):
        assert answer.status_code == 422, answer.text
        assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("raw", [rb'"\ud800"', b"NaN", b"1e400", b"-Infinity", b"[" * 200 + b"]" * 200])
async def test_json_that_python_reads_and_others_do_not(catalog: Any, raw: bytes) -> None:
    body = b'{"owner": "Ada", "name": ' + raw + b"}"
    answer = await catalog.ask("POST", "/services", content=body, extra={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert "name" in answer.text


async def test_services_are_found_by_owner_and_words(catalog: Any) -> None:
    mail = await catalog.service("Mail", description="Mailboxes for everybody")
    prints = await catalog.service("Print", owner="Grace Hopper")
    assert await catalog.ids("/services", owner="Grace Hopper") == [prints]
    assert await catalog.ids("/services", q="mailboxes") == [mail]
    assert await catalog.ids("/services", q="print or mail") == [mail, prints]
    assert await catalog.ids("/services", q="everybody -mail") == []
    assert await catalog.ids("/services", q="' & | ! ( :*") == []


async def test_a_customer_sees_services_of_which_something_is_offered_to_it(catalog: Any, problem: Any) -> None:
    customer_id, other_customer_id = new_id(), new_id()
    visible, hidden, empty = [await catalog.service(name) for name in ("Mail", "Print", "Phone")]
    await catalog.published(visible, visible_to=[str(customer_id)])
    await catalog.published(hidden, visible_to=[str(other_customer_id)])
    await catalog.draft(empty)
    assert await catalog.ids("/services", "customer", customer_id) == [visible]
    await catalog.get(f"/services/{visible}", "customer", customer_id)
    problem(await catalog.ask("GET", f"/services/{hidden}", "customer", customer_id), 404, "not-found")


@pytest.mark.parametrize(
    ("place", "methods"), [("/services", "GET, POST"), (f"/services/{NOBODY}", "DELETE, GET, PATCH")]
)
async def test_a_method_that_is_not_there_is_answered_with_those_that_are(
    catalog: Any, place: str, methods: str
) -> None:
    answer = await catalog.ask("PUT", place)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)
    assert answer.json()["type"].endswith("/problems/method-not-allowed")
