"""A draft is tried on real metrics before anybody signs it; the statements of the same months then say the same."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House
from tests.journeys.test_real_data import UTC_AROUND_THE_CLOCK, Reading, counter, percent, push, readings

MONTHS = ("2014-03", "2014-04", "2014-05")
EVERY = timedelta(minutes=5)


@pytest.fixture(scope="module")
def owner(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("manager")) as caller:
        yield caller


@pytest.fixture(scope="module")
def prometheus(house: House) -> Iterator[Caller]:
    with Caller(house, house.token("admin")) as admin:
        key = admin.post("/sla/v1/api-keys", {"name": f"monitor {uuid4().hex[:6]}"})["key"]
    with Caller(house, key) as caller:
        yield caller


@pytest.fixture(scope="module")
def measured(shared: Path, owner: Caller, prometheus: Caller) -> dict[str, str]:
    """Indicators by name: two weeks of March, and two of April."""
    tag = uuid4().hex[:8]
    values = {"ec2_request_latency_system_failure": ("latency", 50.0), "rds_cpu_utilization_e47b3b": ("gauge", 20.0)}
    ids: dict[str, str] = {}
    for name, (kind, threshold) in values.items():
        judged = {"threshold": threshold, "good_when": "at_most"}
        rules = [{"selector": f"{name}_{tag}"}]
        new = {"name": f"{name}_{tag}", "kind": kind, "holds_for": 300, "series": rules} | judged
        ids[kind] = owner.post("/sla/v1/indicators", new)["id"]
        push(prometheus, {"__name__": f"{name}_{tag}"}, readings(shared, f"{name}.csv"), seed=5)
    rules = [{"selector": f"elb_{tag}_{part}", "part": part} for part in ("total", "bad")]
    new = {"name": f"elb_{tag}", "kind": "ratio", "holds_for": 300, "series": rules}
    ids["ratio"] = owner.post("/sla/v1/indicators", new)["id"]
    requests = readings(shared, "elb_request_count_8c0756.csv")
    for part, counts in increases(requests).items():
        push(prometheus, {"__name__": f"elb_{tag}_{part}"}, counter(requests, counts), seed=6)
    return ids


def increases(requests: list[Reading]) -> dict[str, list[int]]:
    """The requests are real; that every 170th fails is made up."""
    return {"total": [int(value) for _, value in requests], "bad": [int(value) // 170 for _, value in requests]}


@pytest.fixture(scope="module")
def terms(measured: dict[str, str]) -> dict[str, Any]:
    """99.5 % of everything, with credits."""
    methods = {"latency": "time", "gauge": "ratio_timeslices", "ratio": "occurrences"}
    objectives = [
        {
            "id": str(uuid4()),
            "name": kind,
            "kind": kind,
            "indicator_id": measured[kind],
            "target": "99.5",
            "method": method,
            "missing": "ignore",
            "coverage_floor": "0",
        }
        for kind, method in methods.items()
    ]
    ladder = [{"below": "99.5", "percent": "5"}, {"below": "99", "percent": "10"}, {"below": "95", "percent": "25"}]
    return {
        "name": f"Real data {uuid4().hex[:6]}",
        "service_hours": UTC_AROUND_THE_CLOCK,
        "objectives": objectives,
        "starts_on": "2014-03-01",
        "credits": {"ladder": ladder, "cap": "30"},
        "monthly_charge": {"amount": "4200.00", "currency": "EUR"},
    }


def test_a_back_test_of_a_draft_equals_the_statements(house: House, owner: Caller, terms: dict[str, Any]) -> None:
    request = {"terms": terms, "from": "2014-03-01", "to": "2014-05-31"}
    tried = owner.patiently("/sla/v1/backtests", request)["document"]
    assert [period["period"] for period in tried["periods"]] == list(MONTHS)
    agreement, _ = agree(house, owner, terms["name"], terms)
    assert agreement["version"]["terms_sha256"] == tried["terms_sha256"]
    credit = Decimal(0)
    for month in tried["periods"]:
        path = f"/sla/v1/agreements/{agreement['id']}/statements"
        stated = owner.patiently(path, {"period": month["period"]})["document"]["result"]
        assert stated == month["result"]
        credit += Decimal(stated["credit"])
    assert Decimal(tried["credit"]) == credit > 0
    assert tried["periods_missed"] == ["2014-03", "2014-04"]
    assert tried["sentences"][0].startswith("The terms would have been missed in 2 of 3 months")


def test_the_ladder_and_the_methods_are_those_of_a_direct_reading(
    shared: Path, owner: Caller, terms: dict[str, Any]
) -> None:
    request = {"terms": terms, "from": "2014-03-01", "to": "2014-05-31"}
    objectives = {
        objective["name"]: objective
        for objective in owner.patiently("/sla/v1/backtests", request)["document"]["objectives"]
    }
    requests = readings(shared, "elb_request_count_8c0756.csv")
    counts = increases(requests)
    positions = [n for n, ((before, _), (at, _)) in enumerate(pairwise(requests), start=1) if at - before <= EVERY]
    total, bad = (sum(counts[part][n] for n in positions) for part in ("total", "bad"))
    attained = Fraction(total - bad, total)
    methods = {method["method"]: method for method in objectives["ratio"]["methods"]}
    assert methods["occurrences"]["periods"][1]["attained"] == percent(attained)
    kept_share = Fraction(objectives["ratio"]["kept_in_all"])
    assert kept_share <= attained * 100 < kept_share + Fraction(1, 10_000)
    assert objectives["ratio"]["missed"] == ([] if attained >= Fraction(995, 1000) else ["2014-04"])
    good, missed = set[datetime](), set[datetime]()
    for at, value in readings(shared, "ec2_request_latency_system_failure.csv"):
        (good if value <= 50.0 else missed).update(at + timedelta(minutes=minute) for minute in range(5))
    share = Fraction(len(good - missed), len(good | missed))
    latency = {method["method"]: method["periods"][0]["attained"] for method in objectives["latency"]["methods"]}
    assert latency["timeslices"] == percent(share)
    assert objectives["latency"]["judged"] == 1
    assert objectives["latency"]["not_measured"] == ["2014-04", "2014-05"]
