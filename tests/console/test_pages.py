"""Service managers and customers work through the console: every page shows and does what the interface lets them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.console.conftest import Browsing, list_actions, list_fields
from tests.journeys.caller import Caller
from tests.journeys.conftest import House

TERMS: dict[str, Any] = {
    "name": "Web shop, gold",
    "service_hours": {"timezone": "Europe/Paris", "hours": "24x7"},
    "starts_on": "2026-09-01",
    "credits": {"ladder": [{"below": "99.9", "percent": "5"}]},
    "monthly_charge": {"amount": "1200.00", "currency": "EUR"},
}


@dataclass
class World:
    """Two customers, one with a draft of an agreement and an open survey."""

    customer_id: str
    stranger_id: str
    agreement_id: str
    survey_id: str


@pytest.fixture(scope="module")
def staff(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("manager")) as caller:
        yield caller


@pytest.fixture
def world(staff: Caller, request: pytest.FixtureRequest) -> World:
    name = request.node.name[:60]
    service = staff.post("/catalog/v1/services", {"name": f"Shop <{name}>", "owner": "Ada Lovelace"})
    price = {"amount": "1200.00", "currency": "EUR", "unit": "month"}
    offered = {"service_id": service["id"], "name": f"Gold {name}", "tier": "gold", "price": price}
    offering = staff.post("/catalog/v1/offerings", offered)
    staff.post(f"/catalog/v1/offerings/{offering['id']}/publication")
    customer, stranger = (staff.post("/engagement/v1/customers", {"name": f"{part} {name}"})["id"] for part in "AB")
    person = {"name": "=Grace+Hopper", "email": "grace@sales.example", "role": "key user"}
    staff.post(f"/engagement/v1/customers/{customer}/people", person)
    indicator = staff.post("/sla/v1/indicators", _indicator(name))
    objective = {"name": "Availability", "kind": "availability", "indicator_id": indicator["id"], "target": "99.9"}
    objective |= {"method": "time", "missing": "ignore"}
    draft = {"customer_id": customer, "offering_id": offering["id"], "terms": TERMS | {"objectives": [objective]}}
    agreement = staff.patiently("/sla/v1/agreements", draft)
    survey = staff.post("/feedback/v1/surveys", {"name": f"How was it? {name}"})
    return World(customer, stranger, agreement["id"], survey["id"])


def _indicator(name: str) -> dict[str, Any]:
    series = [{"selector": f'probe_success{{job="{name}"}}'}]
    return {"name": f"Answers of {name}", "kind": "availability", "holds_for": 1800, "series": series}


@pytest.fixture
def grace(house: House, world: World) -> Iterator[Browsing]:
    with Browsing(house.url) as browsing:
        browsing.sign_in("customer", world.customer_id, "grace")
        yield browsing


@pytest.fixture
def viewer(house: House) -> Iterator[Browsing]:
    with Browsing(house.url) as browsing:
        browsing.sign_in("viewer", name="victor")
        yield browsing


def test_an_agreement_is_proposed_accepted_and_signed_on_its_page(
    manager: Browsing, grace: Browsing, world: World, staff: Caller
) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    draft = manager.open(address)
    assert "The service is available at least 99.9\u00a0% of the time, counted by minutes." in draft
    assert "1,200.00\u00a0EUR" in draft

    proposed = manager.submit(draft, f"{address}/proposal", comment="As discussed <b>yesterday</b>.")
    assert "The terms are proposed." in proposed
    assert f"{address}/acceptance" not in list_actions(proposed), "nobody accepts their own proposal"
    assert "your answer to the proposal" in grace.open("/")

    page = grace.open(address)
    assert "As discussed &lt;b&gt;yesterday&lt;/b&gt;." in page
    accepted = grace.submit(page, f"{address}/acceptance", comment="Fine with us.")
    assert "waits for your signature" in accepted
    signed = grace.submit(accepted, f"{address}/signature")
    assert "You have signed for your side." in signed
    assert f"{address}/signature" not in list_actions(signed)
    manager.submit(manager.open(address), f"{address}/signature")

    agreement = staff.get(f"/sla/v1/agreements/{world.agreement_id}")
    assert agreement["state"] == "active"
    assert {signature["subject"] for signature in agreement["version"]["signatures"]} == {"mira", "grace"}


def test_a_form_that_is_sent_twice_acts_once(manager: Browsing, world: World, staff: Caller) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    draft = manager.open(address)

    for _ in range(2):
        assert "The terms are proposed." in manager.submit(draft, f"{address}/proposal")

    record = staff.get(f"/sla/v1/agreements/{world.agreement_id}/negotiation")["record"]
    assert [entry["step"] for entry in record] == ["proposal"]


def test_an_objection_names_objectives_and_a_reason(
    manager: Browsing, grace: Browsing, world: World, staff: Caller
) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    manager.submit(manager.open(address), f"{address}/proposal")
    page = grace.open(address)

    refused = grace.submit(page, f"{address}/objection", 422, reason="Too little.")
    assert "Too little." in refused, "what was written is there to be sent again"
    assert "Tick each objective that you object to." in refused

    objective = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["version"]["terms"]["objectives"][0]["id"]
    fields = {f"objective-{objective}": "on", "reason": "Too little."}
    objected = grace.submit(page, f"{address}/objection", **fields)
    assert "Your objection is recorded." in objected
    assert "Availability: Too little." in objected
    assert "This agreement waits for the answer of IT." in objected


def test_other_terms_are_proposed_and_the_change_is_named(
    manager: Browsing, grace: Browsing, world: World, staff: Caller
) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    manager.submit(manager.open(address), f"{address}/proposal")
    page = grace.open(address)
    objective = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["version"]["terms"]["objectives"][0]["id"]

    refused = grace.submit(page, f"{address}/counter-proposal", 422, **{f"target-{objective}": "a lot"})
    assert 'value="a lot"' in refused
    fields = {f"target-{objective}": "99.95", "charge": "1300", "comment": "We need more."}
    countered = grace.submit(page, f"{address}/counter-proposal", **fields)

    assert "Your terms are on the table." in countered
    assert "Availability, target: 99.9 → 99.95" in countered
    page = manager.open(address)
    assert "Availability, target: 99.9 → 99.95" in page
    assert "1,300.00\u00a0EUR" in page
    assert "waits for your answer to the proposal" in page


def test_whoever_may_only_read_sees_no_button(viewer: Browsing, manager: Browsing, world: World) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    assert f"{address}/proposal" in list_actions(manager.open(address))
    assert list_actions(viewer.open(address)) == {"/console/sign-out"}
    assert list_actions(viewer.open(f"/console/surveys/{world.survey_id}")) == {"/console/sign-out"}


def test_what_is_not_offered_is_refused_all_the_same(viewer: Browsing, world: World, staff: Caller) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    page = viewer.open(address)
    key = page.partition('name="form_key" value="')[2].partition('"')[0]

    refused = viewer.post(f"{address}/proposal", 403, form_key=key, form_id="0123456789abcdef").text

    assert 'role="alert"' in refused
    assert staff.get(f"/sla/v1/agreements/{world.agreement_id}")["state"] == "draft"


def test_a_customer_sees_its_own_world_only(grace: Browsing, world: World) -> None:
    overview = grace.open("/")
    assert "/console/surveys" not in overview
    assert world.stranger_id not in overview
    grace.open(f"/console/customers/{world.customer_id}")

    grace.open(f"/console/customers/{world.stranger_id}", 404)
    grace.open(f"/console/customers/{world.stranger_id}/scorecard", 404)
    grace.open(f"/console/agreements/{world.agreement_id}", 404)  # a draft is its author's
    assert "Nothing has been proposed to you yet." in grace.open("/console/agreements")


def test_a_scorecard_is_reportings_own_page_with_a_way_back(manager: Browsing, world: World) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    answer = manager.client.get(f"/console/customers/{world.customer_id}/scorecard?month={month}")

    assert answer.status_code == 200
    assert "How to verify this scorecard" in answer.text
    assert answer.text.index('aria-label="Rapport"') < answer.text.index("<h1>")
    assert '<a href="?period=' in answer.text
    assert "form-action 'self'" in answer.headers["content-security-policy"]


def test_a_scorecard_leads_to_the_months_before_it(manager: Browsing, world: World) -> None:
    page = manager.open(f"/console/customers/{world.customer_id}/scorecard?period=2026-03")
    assert "March 2026" in page
    assert '<a href="?period=2026-02" rel="prev">' in page


def test_months_lead_on_but_not_beyond_the_present(manager: Browsing) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    assert 'rel="next"' not in manager.open(f"/?month={month}")
    assert 'rel="next"' not in manager.open("/?month=2098-01")
    assert 'rel="next"' in manager.open("/?month=2025-01")
    manager.open("/?month=%3Cscript%3E")


def test_the_catalog_shows_what_is_offered_and_what_it_costs(manager: Browsing, world: World) -> None:
    page = manager.open("/console/catalog")

    assert "Shop &lt;" in page
    assert "1,200.00\u00a0EUR per month" in page
    assert world.customer_id


def test_people_are_invited_with_a_file_for_a_mail_merge(manager: Browsing, world: World, staff: Caller) -> None:
    address = f"/console/surveys/{world.survey_id}"
    opened = manager.submit(manager.open(address), f"{address}/opening")
    assert "The survey is open" in opened
    invite = f"/feedback/v1/surveys/{world.survey_id}/invitations"
    _wait_until_known(staff, world)

    answer = manager.post(f"{address}/invitations", **_invitation(opened, address, world))

    assert answer.headers["content-disposition"] == 'attachment; filename="invitations.csv"'
    assert answer.headers["cache-control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["name"] == "'=Grace+Hopper", "a spreadsheet would compute it"
    assert row["email"] == "grace@sales.example"
    assert row["link"].startswith("http")
    assert staff.get(invite)["items"], "feedback knows the invitation"
    assert "Hopper" not in str(staff.get(invite)), "and not the name"
    page = manager.open(address)
    again = manager.post(f"{address}/invitations", **_invitation(page, address, world)).text
    assert "Everybody at this customer was invited before" in again

    closed = manager.submit(page, f"{address}/closing")
    assert "The survey is closed" in closed


def _invitation(page: str, address: str, world: World) -> dict[str, str]:
    return list_fields(page, f"{address}/invitations") | {"customer_id": world.customer_id}


def _wait_until_known(staff: Caller, world: World) -> None:
    """Wait until feedback has heard of the customer's person."""
    survey = staff.post("/feedback/v1/surveys", {"name": f"Known yet? {world.survey_id}"})
    staff.post(f"/feedback/v1/surveys/{survey['id']}/opening", expect=200)
    invitations = f"/feedback/v1/surveys/{survey['id']}/invitations"
    for _ in range(100):
        answer = staff.client.post(invitations, json={"customer_id": world.customer_id})
        if answer.status_code == 201 and answer.json()["links"]:
            return
    pytest.fail("feedback has not heard of the person")


def test_maintenance_is_approved_by_somebody_else(
    manager: Browsing, viewer: Browsing, house: House, world: World, staff: Caller
) -> None:
    offering = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["offering_id"]
    window = {"from": "2027-01-02T03:00:00Z", "to": "2027-01-02T05:00:00Z"}
    body = {"title": "Power <test>", "reason": "Once a year.", "affects": {"offering_ids": [offering]}}
    with Caller(house, house.token("manager", "--subject", "mira")) as announcer:
        planned = announcer.patiently("/sla/v1/maintenance", body | {"windows": [window]})
    address = f"/console/maintenance/{planned['id']}"
    assert address not in manager.open("/"), "mira has announced it herself"
    assert list_actions(manager.open(address)) == {"/console/sign-out"}
    assert list_actions(viewer.open(address)) == {"/console/sign-out"}

    with Browsing(house.url) as second:
        second.sign_in("manager", name="jonas")
        assert address in second.open("/")
        approved = second.submit(second.open(address), f"{address}/approval")

    assert "You have approved the maintenance for your side." in approved
    assert "jonas approved it for IT" in approved
    assert "Power &lt;test&gt;" in approved
