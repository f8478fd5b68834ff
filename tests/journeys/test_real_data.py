"""Real metrics as a real Prometheus pushes them, shuffled, repeated and late, against a direct reading of the files."""

import csv
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House
from tests.sla.measurements.conftest import write_request

Reading = tuple[datetime, float]
MINUTE, EVERY = timedelta(minutes=1), timedelta(minutes=5)
UTC_AROUND_THE_CLOCK = {"timezone": "UTC", "hours": "24x7", "closures": []}


def readings(shared: Path, name: str) -> list[Reading]:
    with (shared / "data" / "metrics" / name).open() as file:
        rows = [(datetime.fromisoformat(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
    return [(at.replace(tzinfo=UTC), value) for at, value in rows]


def push(monitor: Caller, labels: dict[str, str], data: Iterable[Reading], seed: int) -> None:
    """Batches of 300 samples in any order; every third comes twice, from another replica."""
    chance = random.Random(seed)
    samples = [(int(at.timestamp() * 1000), value) for at, value in data]
    chance.shuffle(samples)
    batches = [samples[start : start + 300] for start in range(0, len(samples), 300)]
    batches += batches[::3]
    chance.shuffle(batches)
    for number, batch in enumerate(batches):
        body = write_request((labels | {"prometheus_replica": "ab"[number % 2]}, batch))
        kind = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        answer = monitor.client.post("/sla/v1/push/prometheus", content=body, headers=kind)
        assert answer.status_code == 204, answer.text


def percent(share: Fraction) -> str:
    """Four places, cut down, as a statement prints it; from the exact share."""
    return str(Decimal(share.numerator * 10**6 // share.denominator).scaleb(-4))


@pytest.fixture(scope="module")
def manager(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("manager")) as caller:
        yield caller


@pytest.fixture(scope="module")
def monitor(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("admin")) as admin:
        key = admin.post("/sla/v1/api-keys", {"name": f"monitor {uuid4().hex[:6]}"})["key"]
    with Caller(house, key) as caller:
        yield caller


def stated(manager: Caller, agreement: dict[str, Any], period: str) -> dict[str, Any]:
    statement = manager.patiently(f"/sla/v1/agreements/{agreement['id']}/statements", {"period": period})
    proof = manager.post(f"/sla/v1/statements/{statement['id']}/verification", expect=200)
    assert proof["verified"], proof
    return dict(statement["document"]["result"]["objectives"][0])


def terms(name: str, starts_on: str, **objective: Any) -> dict[str, Any]:
    return {
        "name": name,
        "service_hours": UTC_AROUND_THE_CLOCK,
        "objectives": [{"name": name, "missing": "ignore", "coverage_floor": "0"} | objective],
        "starts_on": starts_on,
    }


def test_latency_of_a_server_that_fails(house: House, shared: Path, manager: Caller, monitor: Caller) -> None:
    data = readings(shared, "ec2_request_latency_system_failure.csv")
    name = f"ec2_latency_{uuid4().hex[:8]}"
    rule = {"selector": f'{name}{{job="ec2"}}'}
    new = {"name": name, "kind": "latency", "threshold": 50.0, "holds_for": 300, "series": [rule]}
    indicator = manager.post("/sla/v1/indicators", new)
    objective = {"kind": "latency", "indicator_id": indicator["id"], "target": "95", "method": "time"}
    agreement, _ = agree(house, manager, name, terms(name, "2014-03-01", **objective))
    push(monitor, {"__name__": name, "job": "ec2"}, data, seed=1)

    good: set[datetime] = set()
    bad: set[datetime] = set()
    for at, value in data:
        (good if value <= 50.0 else bad).update(at + minute * MINUTE for minute in range(5))
    expected = Fraction(len(good - bad), len(good | bad))
    statement = stated(manager, agreement, "2014-03")
    assert (statement["attained"], statement["bad"]) == (percent(expected), len(bad))
    assert statement["verdict"] == ("met" if expected >= Fraction(95, 100) else "missed")
    assert statement["unknown"] == 31 * 24 * 60 - len(good | bad)


def test_requests_of_a_load_balancer(house: House, shared: Path, manager: Caller, monitor: Caller) -> None:
    """The requests are real; that every 17th fails is made up. Both counters start anew now and then."""
    data = readings(shared, "elb_request_count_8c0756.csv")
    name = f"elb_{uuid4().hex[:8]}"
    increases = {"total": [int(value) for _, value in data], "bad": [int(value) // 17 for _, value in data]}
    rules = [{"selector": f"{name}_{part}", "part": part} for part in increases]
    new = {"name": name, "kind": "ratio", "holds_for": 300, "series": rules}
    indicator = manager.post("/sla/v1/indicators", new)
    objective = {"kind": "ratio", "indicator_id": indicator["id"], "target": "94.5", "method": "occurrences"}
    agreement, _ = agree(house, manager, name, terms(name, "2014-04-01", **objective))
    for part, counts in increases.items():
        push(monitor, {"__name__": f"{name}_{part}"}, counter(data, counts), seed=2)

    positions = [n for n, ((before, _), (at, _)) in enumerate(pairwise(data), start=1) if at - before <= EVERY]
    total = sum(increases["total"][n] for n in positions)
    bad = sum(increases["bad"][n] for n in positions)
    statement = stated(manager, agreement, "2014-04")
    assert (statement["in_scope"], statement["bad"]) == (total, bad)
    assert statement["attained"] == percent(Fraction(total - bad, total))
    assert statement["verdict"] == ("met" if Fraction(total - bad, total) >= Fraction(945, 1000) else "missed")


def counter(data: list[Reading], increases: list[int]) -> list[Reading]:
    """What a counter shows that counts these; it starts anew where that can be seen: the count falls."""
    count, slices = 0, []
    for number, ((at, _), increase) in enumerate(zip(data, increases, strict=True)):
        count = increase if number % 500 == 499 and increase < count else count + increase
        slices.append((at, float(count)))
    return slices
