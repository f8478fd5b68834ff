"""A real Prometheus writes Rapport's own figures to Rapport: the stack keeps an agreement about itself."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.caller import Caller, agree
from tests.journeys.conftest import House, free_port

pytestmark = pytest.mark.prometheus

CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: rapport
    metrics_path: /sla/metrics
    static_configs: [{{targets: ["{target}"]}}]
remote_write:
  - url: http://{target}/sla/v1/push/prometheus
    authorization: {{credentials: "{key}"}}
    queue_config: {{batch_send_deadline: 1s, min_backoff: 100ms, max_backoff: 1s}}
"""
ANSWERS = "Answers that are no failures"
INDICATORS: dict[str, dict[str, Any]] = {
    "The sla service is ready": {
        "kind": "availability",
        "series": [{"selector": 'rapport_ready{job="rapport",service="sla"}'}],
        "holds_for": 5,
    },
    ANSWERS: {
        "kind": "ratio",
        "series": [
            {"selector": 'rapport_http_requests_total{job="rapport"}', "part": "total"},
            {"selector": 'rapport_http_requests_total{job="rapport",status=~"5.."}', "part": "bad"},
        ],
        "holds_for": 60,
    },
    "Answers within a second": {
        "kind": "ratio",
        "series": [
            {"selector": 'rapport_http_request_seconds_count{job="rapport"}', "part": "total"},
            {"selector": 'rapport_http_request_seconds_bucket{job="rapport",le="1.0"}', "part": "good"},
        ],
        "holds_for": 60,
    },
}


class Prometheus:
    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, expression: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression})
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def own(self, name: str) -> float:
        """A figure about Prometheus itself, summed over its labels."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name}{{", f"{name} ")))


@pytest.fixture(scope="module")
def installed() -> str:
    found = shutil.which("prometheus")
    if found is None:
        why = "Prometheus is not installed (Debian package prometheus): remote write from a real sender is not covered"
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    return found


@pytest.fixture
def prometheus(installed: str, house: House, tmp_path: Path) -> Iterator[Prometheus]:
    with Caller(house, house.token("admin")) as admin:
        key = admin.post("/sla/v1/api-keys", {"name": "prometheus"})["key"]
    target = house.url.removeprefix("http://")
    (tmp_path / "prometheus.yml").write_text(CONFIGURATION.format(target=target, key=key))
    port = free_port()
    options = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", f"--web.listen-address=127.0.0.1:{port}"]
    with (tmp_path / "prometheus.log").open("wb") as log:
        process = subprocess.Popen([installed, *options], cwd=tmp_path, stdout=log, stderr=log)
    try:
        yield Prometheus(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(30)


def kill_postgres(house: House) -> None:
    """The hard way; Rapport starts it again, and answers 503 until then."""
    postmaster = next(house.data.glob("postgres/**/postmaster.pid"))
    os.kill(int(postmaster.read_text().splitlines()[0]), signal.SIGKILL)


def until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.5)


def answers(prometheus: Prometheus) -> bool:
    try:
        return bool(prometheus.query("rapport_ready"))
    except httpx.TransportError:
        return False


def test_the_stack_keeps_an_agreement_about_itself(house: House, prometheus: Prometheus) -> None:
    with Caller(house, house.token("manager")) as manager:
        indicators = {
            name: manager.post("/sla/v1/indicators", {"name": name} | fields)["id"]
            for name, fields in INDICATORS.items()
        }
        agreement, _ = agree(house, manager, "Rapport itself", _terms(indicators))
        until(lambda: answers(prometheus))
        began = datetime.now(UTC)
        time.sleep(8)
        kill_postgres(house)
        until(lambda: prometheus.own("prometheus_remote_storage_samples_retried_total") > 0)
        until(lambda: httpx.get(f"{house.url}/readyz").status_code == 200)
        ended = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        sent = "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"
        until(lambda: prometheus.own(sent) > ended.timestamp() + 2, seconds=120)

        assert prometheus.own("prometheus_remote_storage_samples_failed_total") == 0
        assert prometheus.own("prometheus_remote_storage_samples_dropped_total") == 0
        total = INDICATORS[ANSWERS]["series"][0]["selector"]
        expected = held_by(prometheus, total, ended)
        until(lambda: counted(manager, indicators[ANSWERS], began, ended) == expected > 0, seconds=20)
        found = manager.get(f"/sla/v1/agreements/{agreement['id']}/compliance", period=began.strftime("%Y-%m"))
        kept = {one["name"]: one for one in found["objectives"]}
        assert kept["The sla service is ready"]["verdict"] == "missed"
        assert float(kept["Answers within a second"]["attained"]) > 0


def held_by(prometheus: Prometheus, selector: str, end: datetime) -> int:
    """What the counters counted until `end`, by the samples that Prometheus itself holds."""
    held = [
        [float(value) for at, value in series["values"] if at < end.timestamp()]
        for series in prometheus.query(f"{selector}[1h]")
    ]
    return sum(int(values[-1] - values[0]) for values in held if values)


def counted(manager: Caller, indicator: str, began: datetime, end: datetime) -> int:
    """The same, by the minutes of Rapport."""
    start = began.replace(second=0, microsecond=0) - timedelta(minutes=5)
    window = {"from": start.isoformat(), "to": end.isoformat()}
    return sum(manager.get(f"/sla/v1/indicators/{indicator}/minutes", **window)["total"])


def _terms(indicators: dict[str, str]) -> dict[str, Any]:
    def objective(name: str, method: str) -> dict[str, Any]:
        target = {"indicator_id": indicators[name], "target": "99.9", "method": method, "missing": "ignore"}
        return {"name": name, "kind": INDICATORS[name]["kind"]} | target

    return {
        "name": "Rapport itself",
        "service_hours": {"timezone": "UTC", "hours": "24x7", "closures": []},
        "objectives": [
            objective("The sla service is ready", "time"),
            objective(ANSWERS, "occurrences"),
            objective("Answers within a second", "occurrences"),
        ],
        "starts_on": datetime.now(UTC).date().replace(day=1).isoformat(),
    }
