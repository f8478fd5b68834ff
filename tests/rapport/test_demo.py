"""`rapport demo`: a sample organisation with something to show everywhere, however often it is told."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from rapport.demo.context import TIME_ZONE
from tests.rapport.processes import Up, call

LISTS = (
    "/catalog/v1/services",
    "/catalog/v1/offerings",
    "/engagement/v1/customers",
    "/feedback/v1/surveys",
    "/sla/v1/agreements",
    "/sla/v1/agreement-templates",
    "/sla/v1/alert-priorities",
    "/sla/v1/alerts",
    "/sla/v1/backtests",
    "/sla/v1/causes",
    "/sla/v1/closure-calendars",
    "/sla/v1/contracts",
    "/sla/v1/customer-importances",
    "/sla/v1/improvements",
    "/sla/v1/incidents",
    "/sla/v1/indicators",
    "/sla/v1/issues",
    "/sla/v1/maintenance",
    "/sla/v1/requirements",
    "/sla/v1/statements",
    "/sla/v1/waivers",
)
MONTHS, SIGNED = 3, 8

Items = list[dict[str, Any]]

FILLING_SECONDS = 300
"""After which filling three months of history counts as hanging; how long it takes depends on the machine."""


class Sample:
    """What a manager sees."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def read(self, path: str, method: str = "GET", **query: str) -> Any:
        answer = self._client.request(method, path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def listed(self, path: str, **query: str) -> Items:
        return [*self._pages(path, query)]

    def _pages(self, path: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        page = self.read(path, limit="200", **query)
        yield from page["items"]
        while page["next"]:
            page = self.read(path, limit="200", cursor=page["next"], **query)
            yield from page["items"]

    def agreements(self) -> dict[str, dict[str, Any]]:
        return {agreement["name"]: agreement for agreement in self.listed("/sla/v1/agreements")}

    def states(self, path: str, name: str = "title") -> dict[str, str]:
        return {item[name]: item["state"] for item in self.listed(path)}


@pytest.fixture
def rapport(up: Callable[..., Up]) -> Up:
    rapport = up()
    rapport.wait_ready()
    first = call("demo", "--data", rapport.data, seconds=FILLING_SECONDS)
    assert first.returncode == 0, first.stderr
    printed = first.stdout + first.stderr
    assert "Rapport: " not in printed  # what a chapter complains of
    (link,) = [line.strip() for line in printed.splitlines() if "/feedback/v1/answers/" in line]
    assert "Send my answer" in httpx.get(link, headers={"Accept": "text/html"}).text
    assert "/scorecard\n" in printed
    return rapport


@pytest.fixture
def sample(rapport: Up) -> Iterator[Sample]:
    manager = rapport.token("--role", "manager")
    with httpx.Client(base_url=rapport.url, headers=manager, timeout=60) as client:
        yield Sample(client)


def test_the_sample_organisation_has_something_to_show_everywhere(rapport: Up, sample: Sample) -> None:
    counts = {path: len(sample.listed(path)) for path in LISTS}
    assert all(counts.values()), counts
    assert (counts["/engagement/v1/customers"], counts["/catalog/v1/offerings"]) == (4, 5)
    _check_agreements(sample)
    _check_statements(sample)
    _check_incidents(sample)
    _check_exclusions(sample)
    _check_requirements(sample)
    _check_contract(sample)
    _check_issues_and_improvements(sample)
    second = call("demo", "--data", rapport.data, seconds=FILLING_SECONDS)
    assert second.returncode == 0, second.stderr
    assert {path: len(sample.listed(path)) for path in LISTS} == counts
    doctor = call("doctor", "--data", rapport.data)
    assert doctor.returncode == 0, doctor.stdout


def _check_agreements(sample: Sample) -> None:
    agreements = sample.agreements()
    assert Counter(agreement["kind"] for agreement in agreements.values()) == {
        "sla": 7,
        "ola": 1,
        "underpinning_contract": 1,
    }
    active = [agreement for agreement in agreements.values() if agreement["state"] == "active"]
    assert (len(active), agreements["Desk for Finance"]["state"]) == (SIGNED, "counter_proposed")
    reports = agreements["Reports for Finance"]
    assert reports["in_force"] == 2
    now = sample.read(f"/sla/v1/agreements/{reports['id']}/compliance")
    assert [objective["kind"] for objective in now["objectives"]] == ["latency", "latency_percentile"]
    erp, desk = (f"/sla/v1/agreements/{agreements[name]['id']}" for name in ("ERP for Logistics", "Desk for Logistics"))
    assert len(sample.read(f"{erp}/underpinnings")["parts"]) == 2
    assert sample.read(f"{erp}/feasibility", "POST")["feasibility"] == "at_risk"
    assert [notice["kind"] for notice in sample.listed(f"{desk}/notices")] == ["suspension"]
    (trial,) = sample.listed("/sla/v1/backtests", agreement_id=agreements["Desk for Finance"]["id"])
    assert trial["shared"]
    (calendar,) = sample.listed("/sla/v1/closure-calendars")
    closures = sample.read(f"/sla/v1/closure-calendars/{calendar['id']}")["closures"]
    assert {closure["name"] for closure in closures} == {"Christmas Eve", "Stocktaking"}


def _check_statements(sample: Sample) -> None:
    statements = sample.listed("/sla/v1/statements")
    revisions = Counter(statement["revision"] for statement in statements)
    assert revisions[1] == MONTHS * SIGNED
    assert revisions[2] >= 1, "a waiver was granted, so a month is stated again"
    paths = [f"/sla/v1/statements/{statement['id']}" for statement in statements]
    assert all(sample.read(f"{path}/verification", "POST")["verified"] for path in paths)
    objectives = [row for path in paths for row in sample.read(path)["document"]["result"]["objectives"]]
    assert all(objective["credit_steps"] for objective in objectives)
    assert {"0", "5"} <= {objective["credit_percent"] for objective in objectives}


def _check_incidents(sample: Sample) -> None:
    incidents = sample.listed("/sla/v1/incidents")
    assert {incident["priority"] for incident in incidents} == {1, 2, 3, 4}
    assert {incident["state"] for incident in incidents} >= {"paused", "closed"}
    assert 0 < len(sample.listed("/sla/v1/incidents", has_sla="false")) < len(incidents)
    clocks = [clock for incident in incidents for clock in sample.read(f"/sla/v1/incidents/{incident['id']}")["clocks"]]
    assert {clock["kind"] for clock in clocks} == {"response_time", "next_answer_time", "resolution_time"}
    assert {clock["verdict"] for clock in clocks} == {"in_time", "late", "running"}
    assert [alert["labels"]["alertname"] for alert in sample.listed("/sla/v1/alerts", firing="true")] == ["DiskFilling"]


def _check_exclusions(sample: Sample) -> None:
    assert sample.states("/sla/v1/maintenance") == {
        "Firmware of the load balancer": "approved",
        "Certificate exchange": "under_way",
        "Database upgrade": "approved",
        "Move to the new rack": "cancelled",
        "Yearly power test": "announced",
    }
    assert _exclusion_outcomes(sample, "ERP for Logistics") == {"Database upgrade": "excluded"}
    assert _exclusion_outcomes(sample, "Web shop for Sales") == {
        "Firmware of the load balancer": "short_notice",
        "Yearly power test": "not_approved",
    }
    assert sorted(waiver["state"] for waiver in sample.listed("/sla/v1/waivers")) == ["granted", "requested"]


def _exclusion_outcomes(sample: Sample, agreement: str) -> dict[str, str]:
    """What becomes of maintenance in the months around it, by its title."""
    all_work = {maintenance["id"]: maintenance for maintenance in sample.listed("/sla/v1/maintenance")}
    edges = [
        window[edge]
        for maintenance in all_work.values()
        for window in maintenance["windows"]
        for edge in ("from", "to")
    ]
    path = f"/sla/v1/agreements/{sample.agreements()[agreement]['id']}/exclusions"
    items = sample.read(path, **{"from": min(edges), "to": max(edges)})["items"]
    return {all_work[item["id"]]["title"]: item["outcome"] for item in items if item["cause"] == "maintenance"}


def _check_requirements(sample: Sample) -> None:
    states = Counter(sample.states("/sla/v1/requirements").values())
    assert states == {"answered": 4, "submitted": 1, "refused": 1}


def _check_contract(sample: Sample) -> None:
    today = datetime.now(ZoneInfo(TIME_ZONE)).date()  # a contract is signed on a day of its zone
    (contract,) = sample.listed("/sla/v1/contracts", on=str(today))
    assert (contract["state"], len(contract["fees"]), len(contract["agreement_ids"])) == ("active", 2, 2)
    assert contract["term"]["notice_by"] > contract["on"]
    owed = [occurrence for obligation in contract["obligations"] for occurrence in obligation["occurrences"]]
    assert Counter((obligation["fulfilled_on"] is not None, obligation["overdue"]) for obligation in owed) == {
        (True, False): 1,
        (False, True): 1,
        (False, False): 1,
    }
    assert [amendment["number"] for amendment in sample.read(f"/sla/v1/contracts/{contract['id']}/amendments")] == [2]


def _check_issues_and_improvements(sample: Sample) -> None:
    issues = [sample.read(f"/sla/v1/issues/{issue['id']}") for issue in sample.listed("/sla/v1/issues")]
    assert all(issue["owner"] for issue in issues)
    assert {issue["state"] for issue in issues} >= {"in_progress", "resolved"}
    (issue,) = [candidate for candidate in issues if candidate["cause_id"]]
    assert [task["done_at"] is not None for task in issue["tasks"]] == [True, False]
    improvements = sample.states("/sla/v1/improvements")
    assert (improvements["A second queue for large orders"], improvements["A night shift at the desk"]) == (
        "in_progress",
        "rejected",
    )
    (begun,) = [
        improvement for improvement in sample.listed("/sla/v1/improvements") if improvement["state"] == "in_progress"
    ]
    assert sample.read(f"/sla/v1/improvements/{begun['id']}/effect")["points"]
