"""Agreements over HTTP: who drafts, who sees what, and what a draft may not say."""

from typing import Any

import pytest

from common.ids import new_id
from common.testing.answers import get_tagged_version
from common.testing.plugin import ServiceUnderTest
from published.catalog import OfferingRetired
from tests.sla.conftest import SlaClient
from tests.sla.problems import problem


async def test_a_draft_is_answered_with_its_terms_and_their_fingerprint(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    answer = await sla_client.draft()
    assert answer.status_code == 201, answer.text
    drafted = answer.json()
    assert (drafted["state"], drafted["name"], drafted["starts_on"]) == ("draft", "Web shop, gold", "2026-01-15")
    assert len(drafted["version"]["terms_sha256"]) == 64
    read = await sla.client.get(f"/agreements/{drafted['id']}", headers=sla_client.manager)
    assert read.json() == drafted | dict.fromkeys(("compliance", "open_issues", "actions"))  # on request only
    assert get_tagged_version(read) == get_tagged_version(answer) == 1


async def test_a_draft_is_edited_from_the_version_that_was_read(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    drafted = (await sla_client.draft()).json()
    path = f"/agreements/{drafted['id']}/terms"
    longer = sla_client.terms(ends_on="2027-01-14", name="Web shop, platinum")
    answer = await sla.client.put(path, json=longer, headers=sla_client.manager | {"If-Match": '"1"'})
    assert (answer.status_code, get_tagged_version(answer)) == (200, 2)
    assert (answer.json()["name"], answer.json()["ends_on"]) == ("Web shop, platinum", "2027-01-14")
    assert answer.json()["version"]["terms_sha256"] != drafted["version"]["terms_sha256"]
    stale = await sla.client.put(path, json=sla_client.terms(), headers=sla_client.manager | {"If-Match": '"1"'})
    assert stale.status_code == 412
    blind = await sla.client.put(path, json=sla_client.terms(), headers=sla_client.manager)
    assert blind.status_code == 428


async def test_every_step_of_the_negotiation_changes_the_etag(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    drafted = (await sla_client.draft()).json()
    proposed = await sla_client.step(drafted, "proposals", {})
    objective = drafted["version"]["terms"]["objectives"][0]["id"]
    partly = await sla_client.step(
        drafted, "acceptances", {"objectives": [{"objective_id": objective}]}, sla_client.customer
    )
    assert (get_tagged_version(proposed), get_tagged_version(partly)) == (2, 3)
    path = f"/agreements/{drafted['id']}/terms"
    late = await sla.client.put(path, json=sla_client.terms(), headers=sla_client.manager | {"If-Match": '"3"'})
    assert problem(late) == (409, "terms-under-negotiation")


async def test_a_customer_sees_its_own_agreements_once_they_are_proposed(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    drafted = (await sla_client.draft()).json()
    stranger = sla_client.headers("customer", new_id())
    addresses = [f"/agreements/{drafted['id']}{rest}" for rest in ("", "/versions", "/negotiation")]
    for address in addresses:
        assert (await sla.client.get(address, headers=sla_client.customer)).status_code == 404
    assert (await sla.client.get("/agreements", headers=sla_client.customer)).json()["items"] == []
    await sla_client.step(drafted, "proposals", {})
    for address in addresses:
        assert (await sla.client.get(address, headers=sla_client.customer)).status_code == 200
        assert (await sla.client.get(address, headers=stranger)).status_code == 404
        assert (await sla.client.get(address, headers=sla_client.headers("viewer"))).status_code == 200
        assert (await sla.client.get(address)).status_code == 401
    assert len((await sla.client.get("/agreements", headers=sla_client.customer)).json()["items"]) == 1
    assert (await sla.client.get("/agreements", headers=stranger)).json()["items"] == []


async def test_a_draft_that_was_withdrawn_stays_the_providers(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    drafted = (await sla_client.draft()).json()
    assert (await sla_client.step(drafted, "withdrawal", {"reason": "changed our mind"})).json()["state"] == "withdrawn"
    assert (await sla.client.get(f"/agreements/{drafted['id']}", headers=sla_client.customer)).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "owner", "customer"])
async def test_only_managers_draft(sla_client: SlaClient, sla: ServiceUnderTest, role: str) -> None:
    body = {
        "customer_id": str(sla_client.customer_id),
        "offering_id": str(sla_client.offering_id),
        "terms": sla_client.terms(),
    }
    headers = sla_client.headers(role, sla_client.customer_id if role == "customer" else None)
    assert (await sla.client.post("/agreements", json=body, headers=headers)).status_code == 403
    drafted = (await sla_client.draft()).json()
    edit = await sla.client.put(
        f"/agreements/{drafted['id']}/terms", json=sla_client.terms(), headers=headers | {"If-Match": '"1"'}
    )
    assert edit.status_code == 403


async def test_the_list_is_paged_filtered_and_costs_the_same_however_long(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    drafts = [(await sla_client.draft(name=f"Number {number}")).json() for number in range(5)]
    await sla_client.step(drafts[0], "proposals", {})
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await sla.client.get(f"/agreements?limit=2&cursor={cursor}", headers=sla_client.manager)
        names += [item["name"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
    assert names == [f"Number {number}" for number in range(5)]
    with sla.record_queries() as queries_of_one:
        await sla.client.get("/agreements?limit=1", headers=sla_client.manager)
    with sla.record_queries() as queries_of_five:
        await sla.client.get("/agreements?limit=5", headers=sla_client.manager)
    assert len(queries_of_five) == len(queries_of_one)

    async def names(query: str) -> list[str]:
        items = (await sla.client.get(f"/agreements?{query}", headers=sla_client.manager)).json()["items"]
        return [item["name"] for item in items]

    assert await names("state=proposed") == ["Number 0"]
    assert len(await names(f"customer_id={sla_client.customer_id}&offering_id={sla_client.offering_id}")) == 5
    assert await names(f"customer_id={new_id()}") == []
    assert await names(f"offering_id={new_id()}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("state=happy", "state"), ("customer_id=1", "customer_id")],
)
async def test_bad_filters_are_refused_by_name(
    sla_client: SlaClient, sla: ServiceUnderTest, query: str, field: str
) -> None:
    answer = await sla.client.get(f"/agreements?{query}", headers=sla_client.manager)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_agreements_are_made_with_registered_customers_on_published_offerings(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    answer = await sla_client.draft(customer_id=new_id())
    assert problem(answer) == (422, "customer-not-registered")
    assert answer.json()["errors"][0]["field"] == "customer_id"
    assert answer.json()["detail"].endswith("is not known here yet: if it was just created, repeat in a few seconds.")
    assert answer.headers["retry-after"] == "5"
    answer = await sla_client.draft(offering_id=new_id())
    assert problem(answer) == (422, "offering-not-known")
    assert answer.json()["detail"].endswith("if it was just published, repeat in a few seconds.")
    assert answer.headers["retry-after"] == "5"
    await sla.receive(
        OfferingRetired(
            offering_id=sla_client.offering_id, service_id=sla_client.service_id, retired_at="2026-01-01T00:00:00Z"
        )
    )
    answer = await sla_client.draft()
    assert problem(answer) == (409, "offering-not-available")
    assert "retry-after" not in answer.headers
    assert answer.json()["errors"][0]["field"] == "offering_id"


async def test_objectives_are_measured_by_indicators_in_use(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    first, second = sla_client.terms()["objectives"]
    terms = sla_client.terms() | {"objectives": [first | {"indicator_id": str(new_id())}, second]}
    body = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id), "terms": terms}
    answer = await sla.client.post("/agreements", json=body, headers=sla_client.manager)
    assert problem(answer) == (422, "indicator-not-defined")
    assert answer.json()["errors"][0]["field"] == "terms.objectives.0.indicator_id"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "terms.name"),
        ({"objectives": []}, "terms.objectives"),
        ({"starts_on": "soon"}, "terms.starts_on"),
        ({"service_hours": {"timezone": "UTC", "hours": {}}}, "terms.service_hours.hours"),
        ({"ends_on": "2025-12-31"}, "terms.ends_on"),
        ({"monthly_charge": None}, "terms.credits"),
        ({"surprise": 1}, "terms.surprise"),
    ],
)
async def test_a_refusal_of_terms_names_their_field(sla_client: SlaClient, changes: dict[str, Any], field: str) -> None:
    answer = await sla_client.draft(**changes)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "0"}, "terms.objectives.0.target"),
        ({"kind": "happiness"}, "terms.objectives.0"),
        ({"slice_target": "99"}, "terms.objectives.0.slice_target"),
        ({"limit": 5}, "terms.objectives.0.limit"),
    ],
)
async def test_an_objective_is_refused_as_it_was_written_and_not_by_its_kind(
    sla_client: SlaClient, change: dict[str, Any], field: str
) -> None:
    first, second = sla_client.terms()["objectives"]
    answer = await sla_client.draft(objectives=[first | change, second])
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_public_holidays_are_written_into_the_terms_that_are_signed(
    sla_client: SlaClient, sla: ServiceUnderTest
) -> None:
    hours = {"timezone": "Europe/Paris", "hours": "24x7", "holidays": {"country": "FR"}}
    drafted = (await sla_client.draft(service_hours=hours, ends_on="2026-12-31")).json()
    terms = drafted["version"]["terms"]
    holidays = terms["service_hours"]["holidays"]
    assert {"on": "2026-07-14", "name": "National Day"} in holidays["days"]
    assert holidays["source"].startswith("holidays ")
    path, headers = f"/agreements/{drafted['id']}/terms", sla_client.manager | {"If-Match": '"1"'}
    again = (await sla.client.put(path, json=terms, headers=headers)).json()
    assert again["version"]["terms_sha256"] == drafted["version"]["terms_sha256"]
    fewer = holidays | {"days": [day for day in holidays["days"] if day["on"] != "2026-07-14"]}
    changed = terms | {"service_hours": terms["service_hours"] | {"holidays": fewer}}
    await sla_client.step(drafted, "proposals", {})
    countered = (await sla_client.step(drafted, "proposals", {"terms": changed}, sla_client.customer)).json()
    assert countered["version"]["terms"]["service_hours"]["holidays"] == fewer
    negotiation = (await sla.client.get(f"/agreements/{drafted['id']}/negotiation", headers=sla_client.manager)).json()
    (change,) = negotiation["record"][1]["changes"]
    assert change["sentence"] == "service_hours.holidays.days: removed on 2026-07-14, name National Day"


async def test_holidays_of_a_country_nobody_knows_are_refused(sla_client: SlaClient) -> None:
    hours = {"timezone": "Europe/Paris", "hours": "24x7", "holidays": {"country": "XX"}}
    refused = await sla_client.draft(service_hours=hours)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "terms.service_hours.holidays.country")


async def test_the_same_draft_sent_twice_is_drafted_once(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    body = {
        "customer_id": str(sla_client.customer_id),
        "offering_id": str(sla_client.offering_id),
        "terms": sla_client.terms(),
    }
    repeatable = sla_client.manager | {"Idempotency-Key": "draft-1"}
    first = await sla.client.post("/agreements", json=body, headers=repeatable)
    again = await sla.client.post("/agreements", json=body, headers=repeatable)
    assert again.json() == first.json()
    assert len((await sla.client.get("/agreements", headers=sla_client.manager)).json()["items"]) == 1


async def test_a_percentile_is_measured_by_a_histogram(sla_client: SlaClient, sla: ServiceUnderTest) -> None:
    percentile = {"name": "P95", "kind": "latency_percentile", "limit": "300", "target": "95"}
    wrong = await sla_client.draft(objectives=[percentile | {"indicator_id": str(sla_client.indicator_id)}])
    assert problem(wrong) == (422, "no-percentiles-measured")
    assert wrong.json()["errors"][0]["field"] == "terms.objectives.0.indicator_id"
    body = {"name": "Answer times", "kind": "histogram"}
    indicator = await sla.client.post("/indicators", json=body, headers=sla_client.manager)
    parties = {"customer_id": str(sla_client.customer_id), "offering_id": str(sla_client.offering_id)}
    terms = sla_client.written(objectives=[percentile | {"indicator_id": indicator.json()["id"]}])
    right = await sla.client.post("/agreements", json=parties | {"terms": terms}, headers=sla_client.manager)
    assert right.status_code == 201, right.text


ALL_YEAR = {"from": "01-01", "to": "12-31", "every": "year"}
MOST_OF_A_YEAR = {"from": "01-01", "to": "12-20", "every": "year"}
WEEKEND = {"timezone": "Europe/Paris", "hours": {"sat": [["09:00", "17:00"]], "sun": [["09:00", "17:00"]]}}


def solved(**fields: Any) -> dict[str, Any]:
    promise = {"name": "Solved", "kind": "resolution_time", "target": 90, "priorities": [1]}
    return {"objectives": [promise | fields]}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service_hours": {"timezone": "Europe/Paris", "hours": "24x7", "closures": [ALL_YEAR]}}, "service_hours"),
        ({"service_hours": WEEKEND, "starts_on": "2026-01-19", "ends_on": "2026-01-23"}, "service_hours"),
        (solved(within="PT4H", hours=WEEKEND | {"closures": [ALL_YEAR]}), "objectives.0.hours"),
        (solved(within="P400D", hours=WEEKEND), "objectives.0.within"),
        (
            solved(within_business_days=366, hours=WEEKEND | {"closures": [MOST_OF_A_YEAR]}),
            "objectives.0.within_business_days",
        ),
    ],
)
async def test_terms_in_whose_hours_nothing_would_ever_count_are_refused(
    sla_client: SlaClient, changes: dict[str, Any], field: str
) -> None:
    answer = await sla_client.draft(**changes)
    assert problem(answer) == (422, "hours-without-service")
    assert [error["field"] for error in answer.json()["errors"]] == [f"terms.{field}"]


async def test_hours_of_a_few_days_a_year_are_enough(sla_client: SlaClient) -> None:
    hours = {"timezone": "Europe/Paris", "hours": "24x7", "closures": [MOST_OF_A_YEAR]}
    answer = await sla_client.draft(service_hours=hours, **solved(within="PT40H"))
    assert answer.status_code == 201, answer.text
