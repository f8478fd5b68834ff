"""A real Prometheus watches Rapport itself and pushes what it sees to it: Rapport's own quality becomes a statement."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any
from uuid import UUID

import psutil
import pytest

from common.auth.principal import Principal, Role
from common.database.connections import Database
from common.settings import DatabaseSettings, Settings
from rapport.data_dir import DataDirectory
from sla.compliance.statements import actions
from sla.main import service
from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House
from tests.processes import descendants, signal_all
from tests.senders.expectation import Counts, increases, probes
from tests.senders.prometheus import Prometheus

HOLDS = 30
WINDOW = 900
"""Seconds that are asked of Prometheus: more than the test takes."""
INDICATORS: dict[str, dict[str, Any]] = {
    "up": {"kind": "availability", "holds_for": 5, "series": [{"selector": 'up{job="rapport"}'}]},
    "answers": {
        "kind": "ratio",
        "holds_for": HOLDS,
        "series": [
            {"selector": 'rapport_http_requests_total{status!~"5.."}', "part": "good"},
            {"selector": 'rapport_http_requests_total{status=~"5.."}', "part": "bad"},
        ],
    },
    "fast": {
        "kind": "ratio",
        "holds_for": HOLDS,
        "series": [
            {"selector": 'rapport_http_request_seconds_bucket{le="0.25"}', "part": "good"},
            {"selector": "rapport_http_request_seconds_count", "part": "total"},
        ],
    },
}

pytestmark = pytest.mark.senders


@dataclass
class Watched:
    house: House
    manager: Caller
    prometheus: Prometheus
    indicators: Mapping[str, str]
    agreement: dict[str, Any]

    def read_minutes(self, name: str, first: int, last: int) -> dict[str, Any]:
        """The minutes from first to last, both included, as Rapport has them."""
        start = datetime.fromtimestamp(first * 60, UTC)
        end = datetime.fromtimestamp((last + 1) * 60, UTC)
        place = f"/sla/v1/indicators/{self.indicators[name]}/minutes"
        minutes: dict[str, Any] = self.manager.get(place, **{"from": start.isoformat(), "to": end.isoformat()})
        return minutes

    @property
    def postgres(self) -> list[psutil.Process]:
        running = DataDirectory(self.house.data).find_instance()
        assert running, "Rapport does not run"
        return descendants(running.pid, "postgres")


@pytest.fixture
async def watched(house: House, home: Path) -> AsyncIterator[Watched]:
    await clear_of_the_end_of_the_month()
    with Caller(house, house.token("manager")) as manager, Caller(house, house.token("admin")) as admin:
        key = admin.post("/sla/v1/api-keys", {"name": "prometheus"})["key"]
        indicators = {
            name: manager.post("/sla/v1/indicators", {"name": name} | definition)["id"]
            for name, definition in INDICATORS.items()
        }
        agreement, _ = agree(house, manager, "Rapport itself", terms(indicators))
        push_url = f"{house.url}/sla/v1/push/prometheus"
        target = house.url.removeprefix("http://")
        async with Prometheus(home / "prometheus", target, push_url, key) as prometheus:
            yield Watched(house, manager, prometheus, indicators, agreement)


async def clear_of_the_end_of_the_month() -> None:
    """All that is measured is to lie in one review period."""
    now = datetime.now(UTC)
    remaining = first_of_next(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)) - now
    if remaining < timedelta(minutes=10):
        await asyncio.sleep(remaining.total_seconds() + 1)


def terms(indicators: Mapping[str, str]) -> dict[str, Any]:
    promised = (("up", "availability", "time", "99.9"), ("answers", "ratio", "occurrences", "99"))
    objectives = [
        {"name": name, "kind": kind, "indicator_id": indicators[name], "target": target, "method": method}
        for name, kind, method, target in (*promised, ("fast", "latency", "occurrences", "95"))
    ]
    return {
        "name": "Rapport itself",
        "service_hours": {"timezone": "UTC", "hours": "24x7", "closures": []},
        "objectives": [objective | {"missing": "ignore", "coverage_floor": "0"} for objective in objectives],
        "starts_on": datetime.now(UTC).date().replace(day=1).isoformat(),
    }


async def until_minute(number: int) -> None:
    await asyncio.sleep(max(0, number * 60 - time.time()))


async def postgres_stands_still(watched: Watched, seconds: float) -> None:
    processes = watched.postgres
    signal_all(processes, SIGSTOP)
    await asyncio.sleep(seconds)
    signal_all(processes, SIGCONT)


async def postgres_is_killed(watched: Watched) -> None:
    """The stack starts it again by itself."""
    servers: list[psutil.Process] = []
    async with asyncio.timeout(30):
        while not servers:
            servers = watched.postgres
            await asyncio.sleep(0.1)
    signal_all(servers[:1], SIGKILL)
    await asyncio.sleep(5)


async def test_its_own_availability_and_latency_become_a_statement_and_an_outage_loses_nothing(
    watched: Watched,
) -> None:
    first = int(time.time() // 60) + 1
    last = first + 1
    await until_minute(first)
    await asyncio.sleep(5)
    await postgres_stands_still(watched, 12)
    await postgres_is_killed(watched)
    await postgres_is_killed(watched)
    await until_minute(last + 1)

    await everything_is_there(watched, first, last)
    assert await watched.prometheus.own("prometheus_remote_storage_samples_retried_total") > 0
    assert await watched.prometheus.own("prometheus_remote_storage_samples_failed_total") == 0
    compliance_is_shown(watched)
    await watched.prometheus.stop()  # nobody closes a period while its measurements still come in
    await statement_is_right(watched)


async def everything_is_there(watched: Watched, first: int, last: int) -> None:
    """Rapport's minutes are those of what Prometheus holds; what was refused for a while has come by now."""
    window = range(first, last + 1)
    deadline = time.monotonic() + 120
    while True:
        expected = await held_by_prometheus(watched.prometheus)
        views = {name: watched.read_minutes(name, first, last) for name in INDICATORS}
        actual = {name: (view["good"], view["total"]) for name, view in views.items()}
        right = {
            name: tuple([counts.get(minute, 0) for minute in window] for counts in two)
            for name, two in expected.items()
        }
        if actual == right:
            break
        assert time.monotonic() < deadline, f"Prometheus holds {right}, Rapport shows {actual}"
        await asyncio.sleep(1)
    assert all(total > 0 for _, totals in actual.values() for total in totals), actual
    good, total = actual["answers"]
    assert sum(good) < sum(total), "the outage did not show"


async def held_by_prometheus(prometheus: Prometheus) -> dict[str, tuple[Counts, Counts]]:
    async def count_increases(selector: str) -> Counts:
        return increases(await prometheus.series(selector, WINDOW), HOLDS)

    good = await count_increases('rapport_http_requests_total{status!~"5.."}')
    bad = await count_increases('rapport_http_requests_total{status=~"5.."}')
    return {
        "up": probes(await prometheus.series('up{job="rapport"}', WINDOW)),
        "answers": (good, {minute: good.get(minute, 0) + bad.get(minute, 0) for minute in good.keys() | bad.keys()}),
        "fast": (
            await count_increases('rapport_http_request_seconds_bucket{le="0.25"}'),
            await count_increases("rapport_http_request_seconds_count"),
        ),
    }


def compliance_is_shown(watched: Watched) -> None:
    """The open month, as it stands."""
    compliance = watched.manager.get(f"/sla/v1/agreements/{watched.agreement['id']}/compliance")
    assert [objective["name"] for objective in compliance["objectives"]] == list(INDICATORS)
    assert all(objective["attained"] is not None for objective in compliance["objectives"]), compliance


async def statement_is_right(watched: Watched) -> None:
    """A month later the period is closed. Only the clock is moved: the agreement and the minutes are real."""
    month = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    statement_id = await closed_a_month_later(watched, month)
    document = watched.manager.get(f"/sla/v1/statements/{statement_id}")["document"]
    objectives = {objective["name"]: objective for objective in document["result"]["objectives"]}
    minutes = (first_of_next(month) - month) // timedelta(minutes=1)
    assert document["result"]["minutes"]["in_period"] == minutes

    now = int(time.time() // 60)
    for name, objective in objectives.items():
        view = watched.read_minutes(name, now - 29, now)
        measured = sum(state != "unknown" for state in view["state"])
        assert objective["unmeasured_minutes"] == minutes - measured, name
    up, answers = objectives["up"], watched.read_minutes("answers", now - 29, now)
    assert up["bad"] == watched.read_minutes("up", now - 29, now)["state"].count("bad")
    assert objectives["answers"]["in_scope"] == sum(answers["total"])
    assert objectives["answers"]["bad"] == sum(answers["total"]) - sum(answers["good"])
    proof = watched.manager.post(f"/sla/v1/statements/{statement_id}/verification", expect=200)
    assert proof["verified"], proof


async def closed_a_month_later(watched: Watched, month: datetime) -> UUID:
    home = DataDirectory(watched.house.data)
    running = home.find_instance()
    assert running, "Rapport does not run"
    url = f"postgresql://sla:{home.get_or_create_secret('sla')}@127.0.0.1:{running.postgres_port}/rapport"
    database = Database(DatabaseSettings(url=url))
    then = first_of_next(month) + timedelta(days=1)
    runtime = service().build_runtime(Settings(environment="test"), database, lambda: then)
    manager = Principal(subject="manager", roles=frozenset({Role.manager}))
    try:
        async with runtime.begin(manager) as work:
            return (await actions.close_period(work, UUID(watched.agreement["id"]), f"{month:%Y-%m}")).id
    finally:
        await database.close()


def first_of_next(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)
