"""`rapport demo`: a sample organisation with something to show everywhere, however often it is told."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.rapport.processes import Up, call

LISTS = (
    "/catalog/v1/services",
    "/catalog/v1/offerings",
    "/engagement/v1/customers",
    "/feedback/v1/surveys",
    "/sla/v1/agreements",
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


class Shown:
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
        return {one["name"]: one for one in self.listed("/sla/v1/agreements")}

    def states(self, path: str, name: str = "title") -> dict[str, str]:
        return {one[name]: one["state"] for one in self.listed(path)}


@pytest.fixture
def rapport(up: Callable[..., Up]) -> Up:
    one = up()
    one.wait_ready()
    first = call("demo", "--data", one.data, seconds=FILLING_SECONDS)
    assert first.returncode == 0, first.stderr
    assert "Rapport: " not in first.stdout + first.stderr  # what a chapter complains of
    return one


@pytest.fixture
def shown(rapport: Up) -> Iterator[Shown]:
    manager = rapport.token("--role", "manager")
    with httpx.Client(base_url=rapport.url, headers=manager, timeout=60) as client:
        yield Shown(client)


def test_the_sample_organisation_has_something_to_show_everywhere(rapport: Up, shown: Shown) -> None:
    told = {path: len(shown.listed(path)) for path in LISTS}
    assert all(told.values()), told
    assert (told["/engagement/v1/customers"], told["/catalog/v1/offerings"]) == (4, 5)
    _agreed(shown)
    _stated(shown)
    _happened(shown)
    _taken_out(shown)
    _wanted(shown)
    _contracted(shown)
    _mended(shown)
    second = call("demo", "--data", rapport.data, seconds=FILLING_SECONDS)
    assert second.returncode == 0, second.stderr
    assert {path: len(shown.listed(path)) for path in LISTS} == told
    doctor = call("doctor", "--data", rapport.data)
    assert doctor.returncode == 0, doctor.stdout


def _agreed(shown: Shown) -> None:
    agreements = shown.agreements()
    assert Counter(one["kind"] for one in agreements.values()) == {"sla": 7, "ola": 1, "underpinning_contract": 1}
    active = [one for one in agreements.values() if one["state"] == "active"]
    assert (len(active), agreements["Desk for Finance"]["state"]) == (SIGNED, "counter_proposed")
    reports = agreements["Reports for Finance"]
    assert reports["in_force"] == 2
    now = shown.read(f"/sla/v1/agreements/{reports['id']}/compliance")
    assert [one["kind"] for one in now["objectives"]] == ["latency", "latency_percentile"]
    erp, desk = (f"/sla/v1/agreements/{agreements[name]['id']}" for name in ("ERP for Logistics", "Desk for Logistics"))
    assert len(shown.read(f"{erp}/underpinnings")["parts"]) == 2
    assert shown.read(f"{erp}/feasibility", "POST")["feasibility"] == "at_risk"
    assert [one["kind"] for one in shown.listed(f"{desk}/notices")] == ["suspension"]
    (trial,) = shown.listed("/sla/v1/backtests", agreement_id=agreements["Desk for Finance"]["id"])
    assert trial["shared"]
    (calendar,) = shown.listed("/sla/v1/closure-calendars")
    closures = shown.read(f"/sla/v1/closure-calendars/{calendar['id']}")["closures"]
    assert {one["name"] for one in closures} == {"Christmas Eve", "Stocktaking"}


def _stated(shown: Shown) -> None:
    revisions = Counter(one["revision"] for one in shown.listed("/sla/v1/statements"))
    assert revisions[1] == MONTHS * SIGNED
    assert revisions[2] >= 1, "a waiver was granted, so a month is stated again"


def _happened(shown: Shown) -> None:
    incidents = shown.listed("/sla/v1/incidents")
    assert {one["priority"] for one in incidents} == {1, 2, 3, 4}
    assert {one["state"] for one in incidents} >= {"paused", "closed"}
    assert 0 < len(shown.listed("/sla/v1/incidents", has_sla="false")) < len(incidents)
    clocks = [clock for one in incidents for clock in shown.read(f"/sla/v1/incidents/{one['id']}")["clocks"]]
    assert {one["kind"] for one in clocks} == {"response_time", "resolution_time"}
    assert {one["verdict"] for one in clocks} == {"in_time", "late", "running"}
    assert [one["labels"]["alertname"] for one in shown.listed("/sla/v1/alerts", firing="true")] == ["DiskFilling"]


def _taken_out(shown: Shown) -> None:
    assert shown.states("/sla/v1/maintenance") == {
        "Firmware of the load balancer": "approved",
        "Certificate exchange": "under_way",
        "Database upgrade": "approved",
        "Move to the new rack": "cancelled",
        "Yearly power test": "announced",
    }
    assert _exclusion_outcomes(shown, "ERP for Logistics") == {"Database upgrade": "excluded"}
    assert _exclusion_outcomes(shown, "Web shop for Sales") == {
        "Firmware of the load balancer": "short_notice",
        "Yearly power test": "not_approved",
    }
    assert sorted(one["state"] for one in shown.listed("/sla/v1/waivers")) == ["granted", "requested"]


def _exclusion_outcomes(shown: Shown, agreement: str) -> dict[str, str]:
    """What becomes of maintenance in the months around it, by its title."""
    all_work = {one["id"]: one for one in shown.listed("/sla/v1/maintenance")}
    edges = [window[edge] for one in all_work.values() for window in one["windows"] for edge in ("from", "to")]
    path = f"/sla/v1/agreements/{shown.agreements()[agreement]['id']}/exclusions"
    items = shown.read(path, **{"from": min(edges), "to": max(edges)})["items"]
    return {all_work[one["id"]]["title"]: one["outcome"] for one in items if one["cause"] == "maintenance"}


def _wanted(shown: Shown) -> None:
    states = Counter(shown.states("/sla/v1/requirements").values())
    assert states == {"answered": 4, "submitted": 1, "refused": 1}


def _contracted(shown: Shown) -> None:
    (contract,) = shown.listed("/sla/v1/contracts")
    assert (contract["state"], len(contract["fees"]), len(contract["agreement_ids"])) == ("active", 2, 2)
    assert contract["term"]["notice_by"] > contract["on"]
    owed = [occurrence for obligation in contract["obligations"] for occurrence in obligation["occurrences"]]
    assert Counter((one["fulfilled_on"] is not None, one["overdue"]) for one in owed) == {
        (True, False): 1,
        (False, True): 1,
        (False, False): 1,
    }
    assert [one["number"] for one in shown.read(f"/sla/v1/contracts/{contract['id']}/amendments")] == [2]


def _mended(shown: Shown) -> None:
    issues = [shown.read(f"/sla/v1/issues/{one['id']}") for one in shown.listed("/sla/v1/issues")]
    assert all(one["owner"] for one in issues)
    assert {one["state"] for one in issues} >= {"in_progress", "resolved"}
    (told,) = [one for one in issues if one["cause_id"]]
    assert [one["done_at"] is not None for one in told["tasks"]] == [True, False]
    improvements = shown.states("/sla/v1/improvements")
    assert (improvements["A second queue for large orders"], improvements["A night shift at the desk"]) == (
        "in_progress",
        "rejected",
    )
    (begun,) = [one for one in shown.listed("/sla/v1/improvements") if one["state"] == "in_progress"]
    assert shown.read(f"/sla/v1/improvements/{begun['id']}/effect")["points"]
