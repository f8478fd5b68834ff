"""A service manager begins things in the console: agreements, changes, surveys, maintenance, incidents from a file."""

import re
from typing import Any

import pytest

from console.agreements.actions import fill_in_terms
from console.agreements.drafts import build_fill_in
from tests.console.conftest import Browsing, list_actions, list_fields
from tests.console.test_pages import World, grace, staff, viewer, world
from tests.journeys.caller import Caller

__all__ = ["grace", "staff", "viewer", "world"]

OWN_HEADERS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def active(manager: Browsing, grace: Browsing, world: World, staff: Caller) -> dict[str, Any]:
    """The agreement of the world, signed by both sides."""
    address = f"/console/agreements/{world.agreement_id}"
    manager.submit(manager.open(address), f"{address}/proposal")
    grace.submit(grace.open(address), f"{address}/acceptance")
    for browsing in (manager, grace):
        browsing.submit(browsing.open(address), f"{address}/signature")
    agreement: dict[str, Any] = staff.get(f"/sla/v1/agreements/{world.agreement_id}")
    assert agreement["state"] == "active"
    return agreement


def test_an_agreement_is_drafted_from_a_template(manager: Browsing, world: World, staff: Caller) -> None:
    terms = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["version"]["terms"]
    offering = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["offering_id"]
    (objective,) = terms["objectives"]
    left_out = {"starts_on": None, "objectives": [{"name": "Availability", "kind": "availability", "target": "99.5"}]}
    kept = {name: terms[name] for name in ("name", "service_hours", "monthly_charge", "credits")}
    body = {"name": f"Template {world.survey_id}", "terms": kept | left_out}
    body["terms"].pop("starts_on")
    body["terms"]["objectives"][0] |= {"method": "time", "missing": "ignore"}
    template = staff.post("/sla/v1/agreement-templates", body)
    staff.post(f"/sla/v1/agreement-templates/{template['id']}/publication")
    assert "/console/agreements/new" in manager.open("/console/agreements")
    assert template["id"] in manager.open("/console/agreements/new")
    page = manager.open(f"/console/agreements/new?template_id={template['id']}")
    assert "Availability: indicator" in page

    fields = {"customer_id": world.stranger_id, "offering_id": offering, "fill-starts_on": "2027-01-01"}
    refused = manager.submit(page, "/console/agreements/new", 422, **fields)
    assert 'value="2027-01-01"' in refused, "what was written is there to be sent again"
    fields |= {"fill-name": "Drafted here", "fill-objectives.Availability.indicator_id": objective["indicator_id"]}
    drafted = manager.submit(page, "/console/agreements/new", **fields)

    assert "The draft is here." in drafted
    assert "<h1>Drafted here</h1>" in drafted
    assert "The service is available at least 99.5\u00a0% of the time" in drafted
    assert any(action.endswith("/proposal") for action in list_actions(drafted))


def test_an_agreement_is_copied_for_another_customer(manager: Browsing, world: World) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    fields = {"customer_id": world.stranger_id, "fill-name": "The same for B", "fill-starts_on": "2027-02-01"}

    copied = manager.submit(manager.open(address), f"{address}/copy", **fields)

    assert "<h1>The same for B</h1>" in copied
    assert "from 1\u00a0Feb\u00a02027" in copied
    assert f"/console/customers/{world.stranger_id}" in copied


def test_a_change_of_an_agreement_is_drafted_while_the_terms_stay_in_force(
    manager: Browsing, active: dict[str, Any], world: World
) -> None:
    address = f"/console/agreements/{world.agreement_id}"
    objective = active["version"]["terms"]["objectives"][0]["id"]
    fields = {f"target-{objective}": "99.5", "charge": "1100", "starts_on": "2100-01-01"}

    drafted = manager.submit(manager.open(address), f"{address}/amendment", **fields)

    assert "version 1 is in force" in drafted
    assert "Availability, target: 99.9 → 99.5" in drafted
    assert "monthly charge, amount: 1200.00 → 1100" in drafted
    assert f"{address}/proposal" in list_actions(drafted)


def test_what_is_left_empty_is_left_to_the_template() -> None:
    form = {
        "fill-starts_on": "2027-01-01",
        "fill-objectives.Solved in 4.5 h.target": " 90 ",
        "fill-name": " ",
        "x": "1",
    }
    filled = {"starts_on": "2027-01-01", "objectives": [{"name": "Solved in 4.5 h", "target": "90"}]}
    assert build_fill_in(form) == filled


def test_a_survey_is_drafted_and_opened(manager: Browsing, viewer: Browsing) -> None:
    page = manager.open("/console/surveys")
    assert list_actions(viewer.open("/console/surveys")) == {"/console/sign-out"}
    fields = {"name": "How was <2026>?", "question": "Were you content?", "smallest_n": "many"}

    refused = manager.submit(page, "/console/surveys", 422, **fields)
    assert "Write as a whole number how many people must have answered." in refused
    drafted = manager.submit(page, "/console/surveys", **fields | {"smallest_n": "6"})

    assert "The survey is drafted." in drafted
    assert "How was &lt;2026&gt;?" in drafted
    (opening,) = [action for action in list_actions(drafted) if action.endswith("/opening")]
    assert "The survey is open" in manager.submit(drafted, opening)


def test_maintenance_is_announced_in_local_time_and_says_what_it_affects(
    manager: Browsing, world: World, staff: Caller
) -> None:
    offering = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["offering_id"]
    page = manager.open("/console/maintenance")
    fields = {
        "title": "New rack",
        "reason": "The old one is full.",
        "from": "2100-01-02T22:00",
        "to": "2100-01-03T01:00",
    }
    for wrong in ({"zone": "Paris"}, {"zone": "UTC", "from": "soon"}, {"zone": "UTC", f"offering-{offering}": ""}):
        ticked = {} if f"offering-{offering}" in wrong else {f"offering-{offering}": "on"}
        wrong.pop(f"offering-{offering}", None)
        refused = manager.submit(page, "/console/maintenance", 422, **fields | ticked | wrong)
        assert 'value="New rack"' in refused

    announced = manager.submit(
        page, "/console/maintenance", **fields, zone="Europe/Paris", **{f"offering-{offering}": "on"}
    )

    assert "The maintenance is announced." in announced
    assert "2\u00a0Jan\u00a02100, 21:00\u00a0UTC" in announced
    assert "<li>Gold test_maintenance_is_announced" in announced
    assert "waits for approval" in announced


def test_incidents_come_from_a_file_and_show_their_times(manager: Browsing, world: World, staff: Caller) -> None:
    offering = staff.get(f"/sla/v1/agreements/{world.agreement_id}")["offering"]["name"]
    customer = staff.get(f"/engagement/v1/customers/{world.customer_id}")["name"]
    lines = [
        "Number,Short description,Priority,Company,Service offering,Opened,Resolved",
        f"A-{world.survey_id},Mail <hangs>,2 - High,{customer},{offering},2026-11-03 09:15,2026-11-03 11:40",
        f"B-{world.survey_id},Mail is slow,2 - High,Nobody & Sons,{offering},2026-11-03 10:02,",
    ]

    checked = _send_file(manager, lines, "check", source="desk", zone="Europe/Paris")
    assert "Nothing is imported: 1 of 2 lines have to be looked at." in checked
    assert "Line 3" in checked
    assert "Nobody &amp; Sons" in checked
    imported = _send_file(manager, lines, "import", source="desk", zone="Europe/Paris", mode="good_lines")
    assert "1 of 2 lines are imported." in imported

    address = re.findall(r'href="(/console/incidents/[0-9a-f-]{36})">Mail &lt;hangs&gt;', imported)[0]
    incident = manager.open(address)
    assert "3\u00a0Nov\u00a02026, 08:15\u00a0UTC" in incident
    assert customer.replace("<", "&lt;") in incident


def test_a_file_of_another_page_is_refused(manager: Browsing) -> None:
    fields = list_fields(manager.open("/console/incidents"), "/console/incidents/imports")
    answer = manager.client.post(
        "/console/incidents/imports",
        data=fields | {"source": "desk"},
        files={"file": ("export.csv", b"Number\n1\n", "text/csv")},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert "Choose the file." in _send_file(manager, [], "check", expect=422, source="desk")


def _send_file(manager: Browsing, lines: list[str], button: str, expect: int = 200, **fields: str) -> str:
    hidden = list_fields(manager.open("/console/incidents"), "/console/incidents/imports")
    answer = manager.client.post(
        "/console/incidents/imports",
        data=hidden | fields | {button: ""},
        files={"file": ("export.csv", "\n".join(lines).encode(), "text/csv")},
        headers=OWN_HEADERS | {"Origin": manager.url},
    )
    assert answer.status_code == expect, answer.text[-3000:]
    return answer.text


def test_a_charge_for_terms_without_one_lacks_its_currency_which_the_service_asks_for() -> None:
    terms = fill_in_terms({"objectives": [], "monthly_charge": None}, {"charge": " 1100 "})
    assert terms["monthly_charge"] == {"amount": "1100"}
