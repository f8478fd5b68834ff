"""What came of a promise: its statement can be verified on its page, and its issue worked on."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.console.conftest import Browsing, list_actions, list_fields
from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House

NAME = "Order desk"


@pytest.fixture(scope="session")
def month() -> datetime:
    """The first instant of the last month."""
    this_month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (this_month - timedelta(days=1)).replace(day=1)


@pytest.fixture(scope="session")
def statement(house: House, month: datetime) -> Iterator[dict[str, Any]]:
    """The statement of a month in which the service was away for a day."""
    with Caller(house, house.token("manager")) as manager, Caller(house, house.token("admin")) as admin:
        series = [{"selector": 'probe_success{job="desk"}'}]
        body = {"name": NAME, "kind": "availability", "holds_for": 3600, "series": series}
        indicator = manager.post("/sla/v1/indicators", body)
        objective = {"name": "Availability", "kind": "availability", "indicator_id": indicator["id"], "target": "99.9"}
        terms = {
            "name": NAME,
            "service_hours": {"timezone": "UTC", "hours": "24x7"},
            "objectives": [objective | {"method": "time", "missing": "ignore"}],
            "starts_on": f"{month:%Y-%m-%d}",
        }
        agreement, _ = agree(house, manager, NAME, terms)
        key = admin.post("/sla/v1/api-keys", {"name": NAME})["key"]
        with Caller(house, key) as monitor:
            monitor.post("/sla/v1/push/samples", {"samples": _make_samples(month)}, 202)
        yield manager.patiently(f"/sla/v1/agreements/{agreement['id']}/statements", {"period": f"{month:%Y-%m}"})


def _make_samples(month: datetime) -> list[dict[str, Any]]:
    series = {"__name__": "probe_success", "job": "desk"}
    times = [month + timedelta(hours=hour) for hour in range(24 * 28)]
    return [{"series": series, "at": at.isoformat(), "value": 0 if at.day == 3 else 1} for at in times]


@pytest.fixture(scope="session")
def issue_id(house: House, statement: dict[str, Any]) -> str:
    with Caller(house, house.token("manager")) as manager:
        issues = manager.get("/sla/v1/issues", agreement_id=statement["agreement_id"])["items"]
        return str(issues[0]["id"])


def test_a_statement_is_verified_in_words(manager: Browsing, statement: dict[str, Any], month: datetime) -> None:
    address = f"/console/statements/{statement['id']}"
    assert f"{month:%B %Y}" in manager.open("/console/statements")
    page = manager.open(address)
    assert "missed" in page
    assert "0 of 1" in page
    assert 'data-label="Weight">1<' in page, "the performance can be computed again from what is shown"

    verified = manager.submit(page, f"{address}/verification")

    assert "The statement holds." in verified
    assert "Computed again from the stored measurements, it comes out the same." in verified


def test_a_scorecard_leads_to_what_its_figures_stand_on(
    house: House, manager: Browsing, statement: dict[str, Any], issue_id: str, month: datetime
) -> None:
    address = f"/console/customers/{statement['customer_id']}/scorecard?month={month:%Y-%m}"
    links = {
        f'href="/console/{path}"'
        for path in (
            f"statements/{statement['id']}",
            f"issues/{issue_id}",
            f"agreements/{statement['agreement_id']}",
        )
    }
    for _ in range(100):
        page = manager.open(address)
        if links <= set(re.findall(r'href="[^"]+"', page)):
            break
        time.sleep(0.1)

    assert links <= set(re.findall(r'href="[^"]+"', page))
    with Browsing(house.url) as customer:
        customer.sign_in("customer", statement["customer_id"], "grace")
        assert links <= set(re.findall(r'href="[^"]+"', customer.open(address)))


def test_an_issue_is_commented_on_assigned_and_resolved(
    house: House, manager: Browsing, statement: dict[str, Any], issue_id: str
) -> None:
    address = f"/console/issues/{issue_id}"
    with Browsing(house.url) as customer:
        customer.sign_in("customer", statement["customer_id"], "grace")
        assert address in customer.open("/"), "what was missed needs attention"
    assert address in manager.open("/console/issues")
    page = manager.open(address)
    commented = manager.submit(page, f"{address}/comment", text="Line one\n<i>Line two</i>", for_customer="on")
    assert "&lt;i&gt;Line two&lt;/i&gt;" in commented
    assert "seen by the customer" in commented

    assigned = manager.submit(
        commented, f"{address}/assignment", owner="chiara", plan="A second line.", due_on="2027-01-09"
    )
    assert "chiara" in assigned
    assert "9\u00a0Jan\u00a02027" in assigned

    stale = manager.submit(page, f"{address}/assignment", 412, owner="jonas", plan="")
    assert 'role="alert"' in stale
    assert 'value="jonas"' in stale

    planned = manager.submit(
        assigned, f"{address}/tasks", description="Order the line", assignee="jonas", task_due_on="2100-01-09"
    )
    assert "The task is planned." in planned
    refused = manager.submit(planned, f"{address}/resolution", 409, resolution="A second line is in place.")
    assert "First each task" in refused
    (done,) = [action for action in list_actions(planned) if action.endswith("/completion")]
    dropped = done.replace("/completion", "/withdrawal")
    assert f'formaction="{dropped}"' in planned
    outcome = f"outcome-{done.split('/')[-2]}"
    assert (
        "Say in the field of the task why it is dropped."
        in manager.post(dropped, 422, **list_fields(planned, done)).text
    )
    assigned = manager.submit(planned, done, **{outcome: "It is here."})
    assert "It is here." in assigned

    resolved = manager.submit(assigned, f"{address}/resolution", resolution="A second line is in place.")
    assert "The issue is resolved." in resolved
    assert f"{address}/assignment" not in list_actions(resolved)
    closed = manager.submit(resolved, f"{address}/closure")
    assert "The issue is closed." in closed


def test_a_customer_comments_without_seeing_what_is_internal(
    house: House, manager: Browsing, statement: dict[str, Any], issue_id: str
) -> None:
    address = f"/console/issues/{issue_id}"
    manager.submit(manager.open(address), f"{address}/comment", text="Between us: the vendor slept.")

    with Browsing(house.url) as customer:
        customer.sign_in("customer", statement["customer_id"], "grace")
        page = customer.submit(customer.open(address), f"{address}/comment", text="When will it be mended?")

    assert "When will it be mended?" in page
    assert "the vendor slept" not in page
    assert list_actions(page) == {"/console/sign-out", f"{address}/comment"}
