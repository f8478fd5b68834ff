"""What came of a promise: its statement can be verified on its page, and its issue worked on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.console.conftest import Browsing, list_actions
from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House

NAME = "Order desk"


@pytest.fixture(scope="module")
def month() -> datetime:
    """The first instant of the last month."""
    this_month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (this_month - timedelta(days=1)).replace(day=1)


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def issue_id(house: House, statement: dict[str, Any]) -> str:
    with Caller(house, house.token("manager")) as manager:
        issues = manager.get("/sla/v1/issues", agreement_id=statement["agreement_id"])["items"]
        return str(issues[0]["id"])


def test_a_statement_is_verified_in_words(manager: Browsing, statement: dict[str, Any], month: datetime) -> None:
    address = f"/console/statements/{statement['id']}"
    assert f"{month:%Y-%m}" in manager.open("/console/statements")
    page = manager.open(address)
    assert "missed" in page
    assert "0 of 1" in page

    verified = manager.submit(page, f"{address}/verification")

    assert "The statement holds." in verified
    assert "Computed again from the stored measurements, it comes out the same." in verified


def test_an_issue_is_commented_on_assigned_and_resolved(manager: Browsing, issue_id: str) -> None:
    address = f"/console/issues/{issue_id}"
    assert address in manager.open("/console/issues")
    assert address in manager.open("/"), "what was missed needs attention"
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
