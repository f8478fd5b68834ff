"""Agreements over HTTP: who drafts, who sees what, and what a draft may not say."""

from typing import Any

import pytest

from common.ids import new_id
from common.testing.plugin import ServiceUnderTest
from published.catalog import OfferingRetired
from tests.sla.conftest import Shop
from tests.sla.problems import problem


async def test_a_draft_is_answered_with_its_terms_and_their_fingerprint(shop: Shop, sla: ServiceUnderTest) -> None:
    answer = await shop.draft()
    assert answer.status_code == 201, answer.text
    drafted = answer.json()
    assert (drafted["state"], drafted["name"], drafted["starts_on"]) == ("draft", "Web shop, gold", "2026-01-15")
    assert len(drafted["version"]["terms_sha256"]) == 64
    read = await sla.client.get(f"/agreements/{drafted['id']}", headers=shop.manager)
    assert read.json() == drafted
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'


async def test_a_draft_is_edited_from_the_version_that_was_read(shop: Shop, sla: ServiceUnderTest) -> None:
    drafted = (await shop.draft()).json()
    path = f"/agreements/{drafted['id']}/terms"
    longer = shop.terms(ends_on="2027-01-14", name="Web shop, platinum")
    answer = await sla.client.put(path, json=longer, headers=shop.manager | {"If-Match": '"1"'})
    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    assert (answer.json()["name"], answer.json()["ends_on"]) == ("Web shop, platinum", "2027-01-14")
    assert answer.json()["version"]["terms_sha256"] != drafted["version"]["terms_sha256"]
    stale = await sla.client.put(path, json=shop.terms(), headers=shop.manager | {"If-Match": '"1"'})
    assert stale.status_code == 412
    blind = await sla.client.put(path, json=shop.terms(), headers=shop.manager)
    assert blind.status_code == 428


async def test_every_step_of_the_negotiation_changes_the_etag(shop: Shop, sla: ServiceUnderTest) -> None:
    drafted = (await shop.draft()).json()
    proposed = await shop.step(drafted, "proposals", {})
    objective = drafted["version"]["terms"]["objectives"][0]["id"]
    partly = await shop.step(drafted, "acceptances", {"objectives": [{"objective_id": objective}]}, shop.customer)
    assert (proposed.headers["etag"], partly.headers["etag"]) == ('"2"', '"3"')
    path = f"/agreements/{drafted['id']}/terms"
    late = await sla.client.put(path, json=shop.terms(), headers=shop.manager | {"If-Match": '"3"'})
    assert problem(late) == (409, "terms-under-negotiation")


async def test_a_customer_sees_its_own_agreements_once_they_are_proposed(shop: Shop, sla: ServiceUnderTest) -> None:
    drafted = (await shop.draft()).json()
    stranger = shop.headers("customer", new_id())
    addresses = [f"/agreements/{drafted['id']}{rest}" for rest in ("", "/versions", "/negotiation")]
    for address in addresses:
        assert (await sla.client.get(address, headers=shop.customer)).status_code == 404
    assert (await sla.client.get("/agreements", headers=shop.customer)).json()["items"] == []
    await shop.step(drafted, "proposals", {})
    for address in addresses:
        assert (await sla.client.get(address, headers=shop.customer)).status_code == 200
        assert (await sla.client.get(address, headers=stranger)).status_code == 404
        assert (await sla.client.get(address, headers=shop.headers("viewer"))).status_code == 200
        assert (await sla.client.get(address)).status_code == 401
    assert len((await sla.client.get("/agreements", headers=shop.customer)).json()["items"]) == 1
    assert (await sla.client.get("/agreements", headers=stranger)).json()["items"] == []


async def test_a_draft_that_was_withdrawn_stays_the_providers(shop: Shop, sla: ServiceUnderTest) -> None:
    drafted = (await shop.draft()).json()
    assert (await shop.step(drafted, "withdrawal", {"reason": "changed our mind"})).json()["state"] == "withdrawn"
    assert (await sla.client.get(f"/agreements/{drafted['id']}", headers=shop.customer)).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "owner", "customer"])
async def test_only_managers_draft(shop: Shop, sla: ServiceUnderTest, role: str) -> None:
    body = {"customer_id": str(shop.customer_id), "offering_id": str(shop.offering_id), "terms": shop.terms()}
    who = shop.headers(role, shop.customer_id if role == "customer" else None)
    assert (await sla.client.post("/agreements", json=body, headers=who)).status_code == 403
    drafted = (await shop.draft()).json()
    edit = await sla.client.put(
        f"/agreements/{drafted['id']}/terms", json=shop.terms(), headers=who | {"If-Match": '"1"'}
    )
    assert edit.status_code == 403


async def test_the_list_is_paged_filtered_and_costs_the_same_however_long(shop: Shop, sla: ServiceUnderTest) -> None:
    drafts = [(await shop.draft(name=f"Number {number}")).json() for number in range(5)]
    await shop.step(drafts[0], "proposals", {})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await sla.client.get(f"/agreements?limit=2&cursor={cursor}", headers=shop.manager)
        seen += [item["name"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
    assert seen == [f"Number {number}" for number in range(5)]
    with sla.record_queries() as few:
        await sla.client.get("/agreements?limit=1", headers=shop.manager)
    with sla.record_queries() as many:
        await sla.client.get("/agreements?limit=5", headers=shop.manager)
    assert len(many) == len(few)

    async def names(query: str) -> list[str]:
        items = (await sla.client.get(f"/agreements?{query}", headers=shop.manager)).json()["items"]
        return [item["name"] for item in items]

    assert await names("state=proposed") == ["Number 0"]
    assert len(await names(f"customer_id={shop.customer_id}&offering_id={shop.offering_id}")) == 5
    assert await names(f"customer_id={new_id()}") == []
    assert await names(f"offering_id={new_id()}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("state=happy", "state"), ("customer_id=1", "customer_id")],
)
async def test_bad_filters_are_refused_by_name(shop: Shop, sla: ServiceUnderTest, query: str, field: str) -> None:
    answer = await sla.client.get(f"/agreements?{query}", headers=shop.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_agreements_are_made_with_registered_customers_on_published_offerings(
    shop: Shop, sla: ServiceUnderTest
) -> None:
    answer = await shop.draft(customer_id=new_id())
    assert problem(answer) == (422, "customer-not-registered")
    assert answer.json()["errors"][0]["field"] == "customer_id"
    await sla.receive(
        OfferingRetired(offering_id=shop.offering_id, service_id=shop.service_id, retired_at="2026-01-01T00:00:00Z")
    )
    answer = await shop.draft()
    assert problem(answer) == (409, "offering-not-available")
    assert answer.json()["errors"][0]["field"] == "offering_id"


async def test_objectives_are_measured_by_indicators_in_use(shop: Shop, sla: ServiceUnderTest) -> None:
    first, second = shop.terms()["objectives"]
    terms = shop.terms() | {"objectives": [first | {"indicator_id": str(new_id())}, second]}
    body = {"customer_id": str(shop.customer_id), "offering_id": str(shop.offering_id), "terms": terms}
    answer = await sla.client.post("/agreements", json=body, headers=shop.manager)
    assert problem(answer) == (422, "indicator-not-defined")
    assert answer.json()["errors"][0]["field"] == "terms.objectives.0.indicator_id"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "terms.name"),
        ({"objectives": []}, "terms.objectives"),
        ({"starts_on": "soon"}, "terms.starts_on"),
        ({"service_hours": {"timezone": "UTC", "hours": {}}}, "terms.service_hours.hours"),
        ({"ends_on": "2025-12-31"}, "terms"),
        ({"monthly_charge": None}, "terms"),
        ({"surprise": 1}, "terms.surprise"),
    ],
)
async def test_a_refusal_of_terms_names_their_field(shop: Shop, changes: dict[str, Any], field: str) -> None:
    answer = await shop.draft(**changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "0"}, "terms.objectives.0.target"),
        ({"kind": "happiness"}, "terms.objectives.0"),
        ({"slice_target": "99"}, "terms.objectives.0"),
        ({"limit": 5}, "terms.objectives.0.limit"),
    ],
)
async def test_an_objective_is_refused_as_it_was_written_and_not_by_its_kind(
    shop: Shop, change: dict[str, Any], field: str
) -> None:
    first, second = shop.terms()["objectives"]
    answer = await shop.draft(objectives=[first | change, second])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_public_holidays_are_written_into_the_terms_that_are_signed(shop: Shop, sla: ServiceUnderTest) -> None:
    hours = {"timezone": "Europe/Paris", "hours": "24x7", "holidays": {"country": "FR"}}
    drafted = (await shop.draft(service_hours=hours, ends_on="2026-12-31")).json()
    terms = drafted["version"]["terms"]
    holidays = terms["service_hours"]["holidays"]
    assert {"on": "2026-07-14", "name": "National Day"} in holidays["days"]
    assert holidays["source"].startswith("holidays ")
    path, headers = f"/agreements/{drafted['id']}/terms", shop.manager | {"If-Match": '"1"'}
    again = (await sla.client.put(path, json=terms, headers=headers)).json()
    assert again["version"]["terms_sha256"] == drafted["version"]["terms_sha256"]
    fewer = holidays | {"days": [day for day in holidays["days"] if day["on"] != "2026-07-14"]}
    changed = terms | {"service_hours": terms["service_hours"] | {"holidays": fewer}}
    await shop.step(drafted, "proposals", {})
    countered = (await shop.step(drafted, "proposals", {"terms": changed}, shop.customer)).json()
    assert countered["version"]["terms"]["service_hours"]["holidays"] == fewer
    negotiation = (await sla.client.get(f"/agreements/{drafted['id']}/negotiation", headers=shop.manager)).json()
    (change,) = negotiation["record"][1]["changes"]
    assert change["sentence"] == "service_hours.holidays.days: removed on 2026-07-14, name National Day"


async def test_holidays_of_a_country_nobody_knows_are_refused(shop: Shop) -> None:
    hours = {"timezone": "Europe/Paris", "hours": "24x7", "holidays": {"country": "XX"}}
    refused = await shop.draft(service_hours=hours)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "terms.service_hours.holidays.country")


async def test_the_same_draft_sent_twice_is_drafted_once(shop: Shop, sla: ServiceUnderTest) -> None:
    body = {"customer_id": str(shop.customer_id), "offering_id": str(shop.offering_id), "terms": shop.terms()}
    repeatable = shop.manager | {"Idempotency-Key": "draft-1"}
    first = await sla.client.post("/agreements", json=body, headers=repeatable)
    again = await sla.client.post("/agreements", json=body, headers=repeatable)
    assert again.json() == first.json()
    assert len((await sla.client.get("/agreements", headers=shop.manager)).json()["items"]) == 1


async def test_a_percentile_is_measured_by_a_histogram(shop: Shop, sla: ServiceUnderTest) -> None:
    percentile = {"name": "P95", "kind": "latency_percentile", "limit": "300", "target": "95"}
    wrong = await shop.draft(objectives=[percentile | {"indicator_id": str(shop.indicator_id)}])
    assert problem(wrong) == (422, "no-percentiles-measured")
    assert wrong.json()["errors"][0]["field"] == "terms.objectives.0.indicator_id"
    body = {"name": "Answer times", "kind": "histogram"}
    made = await sla.client.post("/indicators", json=body, headers=shop.manager)
    parties = {"customer_id": str(shop.customer_id), "offering_id": str(shop.offering_id)}
    terms = shop.written(objectives=[percentile | {"indicator_id": made.json()["id"]}])
    right = await sla.client.post("/agreements", json=parties | {"terms": terms}, headers=shop.manager)
    assert right.status_code == 201, right.text
