"""A statement on real metrics: restated for a late batch and for a waiver, exported, signed, and checked offline."""

import json
import subprocess
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House, rapport
from tests.journeys.test_real_data import MINUTE, UTC_AROUND_THE_CLOCK, Reading, percent, push, readings

THRESHOLD = 50.0
LATE = 150
"""Readings at the end of the file that come after the month was closed."""
PATIENCE = 90.0
CHARGE = Decimal("4200.00")


@dataclass
class Month:
    """March of the server, agreed on with credits; its statements, oldest revision first."""

    house: House
    manager: Caller
    monitor: Caller
    labels: dict[str, str]
    data: list[Reading]
    agreement: dict[str, Any]
    customer_id: str

    @property
    def customer(self) -> Caller:
        options = ("--customer", self.customer_id, "--subject", f"customer of {self.agreement['name']}")
        return Caller(self.house, self.house.token("customer", *options))

    def statements(self) -> list[dict[str, Any]]:
        listed = self.manager.get("/sla/v1/statements", agreement_id=self.agreement["id"])["items"]
        return [self.manager.get(f"/sla/v1/statements/{statement['id']}") for statement in listed]


@pytest.fixture(scope="module")
def month(house: House, shared: Path) -> Iterator[Month]:
    data = readings(shared, "ec2_request_latency_system_failure.csv")
    name = f"evidence_{uuid4().hex[:8]}"
    with Caller(house, house.token("manager")) as manager, Caller(house, house.token("admin")) as admin:
        rules = [{"selector": name}]
        new = {"name": name, "kind": "latency", "threshold": THRESHOLD, "holds_for": 300, "series": rules}
        indicator = manager.post("/sla/v1/indicators", new)
        objective = {
            "name": "Answers in time",
            "kind": "latency",
            "indicator_id": indicator["id"],
            "target": "99.5",
            "method": "time",
            "missing": "ignore",
            "coverage_floor": "0",
        }
        terms = {
            "name": name,
            "service_hours": UTC_AROUND_THE_CLOCK,
            "objectives": [objective],
            "starts_on": "2014-03-01",
            "ends_on": "2014-03-31",
            "credits": {"ladder": [{"below": "99.5", "percent": "5"}, {"below": "98.8", "percent": "10"}]},
            "monthly_charge": {"amount": str(CHARGE), "currency": "EUR"},
        }
        agreement, customer = agree(house, manager, name, terms)
        month = Month(house, manager, admin, {"__name__": name}, data, agreement, customer)
        push(admin, month.labels, data[:-LATE], seed=3)
        manager.patiently(f"/sla/v1/agreements/{agreement['id']}/statements", {"period": "2014-03"})
        yield month


def minutes(data: Iterable[Reading], left_out: tuple[datetime, datetime] | None = None) -> tuple[int, int]:
    """Bad ones and all, read directly from the file."""
    good: set[datetime] = set()
    bad: set[datetime] = set()
    for at, value in data:
        (good if value <= THRESHOLD else bad).update(at + minute * MINUTE for minute in range(5))
    if left_out:
        start, end = left_out
        good, bad = ({minute for minute in measured if not start <= minute < end} for measured in (good, bad))
    return len(bad), len(good | bad)


def of(statement: dict[str, Any]) -> dict[str, Any]:
    return dict(statement["document"]["result"]["objectives"][0])


def test_a_month_is_restated_with_the_difference_and_every_revision_can_be_checked_offline(
    month: Month, tmp_path: Path
) -> None:
    first = month.statements()[0]
    bad, measured = minutes(month.data[:-LATE])
    assert (of(first)["bad"], of(first)["attained"]) == (bad, percent(Fraction(measured - bad, measured)))

    push(month.monitor, month.labels, month.data[-LATE:], seed=4)
    second = restated(month, 2)
    worse, more = minutes(month.data)
    assert (of(second)["bad"], of(second)["attained"]) == (worse, percent(Fraction(more - worse, more)))
    changes = second["document"]["correction"]["changes"]
    assert changes["objectives"][0]["bad"] == worse - bad > 0
    assert Decimal(changes["credit"]["difference"]) == credit(second) - credit(first) == CHARGE * 5 / 100

    window = outage(month.data)
    request = {
        "window": {"from": window[0].isoformat(), "to": window[1].isoformat()},
        "reason": "The customer's own load test",
        "evidence": ["Plan of the load test"],
    }
    waiver = month.manager.post(f"/sla/v1/agreements/{month.agreement['id']}/waivers", request)
    with month.customer as customer:
        customer.post(f"/sla/v1/waivers/{waiver['id']}/approval")
    third = restated(month, 3)
    remaining, measured = minutes(month.data, window)
    assert (of(third)["bad"], of(third)["attained"]) == (remaining, percent(Fraction(measured - remaining, measured)))
    assert of(third)["attained_without_waivers"] == of(second)["attained"]
    assert third["document"]["result"]["exclusions"][0]["id"] == waiver["id"]
    assert credit(third) < credit(second)

    files = [exported(month, statement, tmp_path) for statement in month.statements()]
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(month.manager.get("/sla/v1/statement-keys")))
    assert verify(keys, *files).returncode == 0
    for statement, file in zip(month.statements(), files, strict=True):
        assert month.manager.post(f"/sla/v1/statements/{statement['id']}/verification", expect=200)["untouched"]
        forged = tmp_path / f"forged-{file.name}"
        attained = of(statement)["attained"]
        digit = "1" if attained[-1] != "1" else "2"
        forged.write_text(file.read_text().replace(f'"attained":"{attained}"', f'"attained":"{attained[:-1]}{digit}"'))
        assert forged.read_text() != file.read_text()
        assert verify(keys, forged).returncode == 1
    newest = month.manager.post(f"/sla/v1/statements/{third['id']}/verification", expect=200)
    assert newest["verified"], newest


def restated(month: Month, revision: int) -> dict[str, Any]:
    """Asked for, so that nobody waits for the clock; it may as well have happened by itself."""
    deadline = time.monotonic() + PATIENCE
    while len(statements := month.statements()) < revision:
        assert time.monotonic() < deadline, f"there is no revision {revision}"
        again = f"/sla/v1/statements/{statements[-1]['id']}/restatement"
        answer = month.manager.client.post(again, json={"reason": "Something was learnt since."})
        assert answer.status_code in (201, 409, 503), answer.text
        time.sleep(0.5)
    return statements[-1]


def credit(statement: dict[str, Any]) -> Decimal:
    return Decimal(statement["document"]["result"]["credit"])


def outage(data: list[Reading]) -> tuple[datetime, datetime]:
    """The day in which the server was slowest for longest."""
    slow: dict[datetime, int] = {}
    for at, value in data:
        day = datetime(at.year, at.month, at.day, tzinfo=UTC)
        slow[day] = slow.get(day, 0) + (value > THRESHOLD)
    worst = max(slow, key=lambda day: slow[day])
    return worst, worst + timedelta(days=1)


def exported(month: Month, statement: dict[str, Any], folder: Path) -> Path:
    answer = month.manager.client.get(f"/sla/v1/statements/{statement['id']}/export")
    assert answer.status_code == 200, answer.text
    file = folder / f"statement-{statement['number']}.json"
    file.write_text(json.dumps(answer.json(), separators=(",", ":")))
    return file


def verify(keys: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    command = [rapport(), "verify", *map(str, files), "--key", str(keys)]
    return subprocess.run(command, check=False, capture_output=True, text=True)
