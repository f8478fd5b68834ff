"""What docs/monitoring.md says is done as it says, with the real programs, and Rapport has what they sent."""

import asyncio
import json
import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from rapport.processes.ports import HOST, find_free_port
from tests.journeys.caller import Caller
from tests.journeys.conftest import rapport
from tests.senders.conftest import PATIENCE, Receiver, find_built_program, until
from tests.senders.documented.page import fill_in, list_blocks, list_definitions
from tests.senders.documented.programs import (
    DocumentedAlertmanager,
    DocumentedCollector,
    DocumentedCommand,
    DocumentedPrometheus,
    build_shell_environment,
)
from tests.senders.serving import serving

pytestmark = pytest.mark.senders

PROGRAMS = {"prometheus", "alertmanager", "collector", "vmagent-scrapes", "vmagent", "grafana", "scrape", "rules"}
COMMANDS = {"variables", "key", "limits", "samples", "text", "states"}
INDICATOR_STEPS = ("series", "selection", "trial", "indicator", "minutes")


def test_every_block_of_the_page_is_tried_here() -> None:
    assert set(list_blocks()) == PROGRAMS | COMMANDS | {*INDICATOR_STEPS}


@pytest.fixture
def fill(receiver: Receiver) -> Callable[[str], str]:
    return lambda name: fill_in(name, receiver.between.url, receiver.key)


@pytest.mark.parametrize("version", [2, 3])
async def test_prometheus(receiver: Receiver, fill: Callable[[str], str], home: Path, version: int) -> None:
    indicator = receiver.define(kind="availability", series=[{"selector": 'up{job="shop"}'}])
    began, program = time.time(), find_built_program("prometheus") if version == 3 else None
    async with DocumentedPrometheus(home / f"documented-{version}", fill("prometheus"), program=program) as prometheus:
        await until(lambda: 204 in receiver.between.answers, expected=True)
        await until(lambda: receiver.sums(indicator, began)[1] > 0, expected=True)
        values = await prometheus.list_values('up{job="shop"}')
    assert values
    expected = "good" if values[0] == 1 else "bad"
    assert expected in receiver.minutes(indicator, began)["state"]


async def test_alertmanager(receiver: Receiver, fill: Callable[[str], str], home: Path) -> None:
    name = f"Documented {time.time_ns()}"
    alert = {"labels": {"alertname": name, "severity": "critical"}, "startsAt": datetime.now(UTC).isoformat()}
    async with DocumentedAlertmanager(home / "documented-alerts", fill("alertmanager")) as alertmanager:
        await alertmanager.post_alert(alert)
        await until(lambda: list_ends(receiver, name), [None])
        await alertmanager.post_alert(alert | {"endsAt": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()})
        await until(lambda: None in list_ends(receiver, name), expected=False)


async def test_opentelemetry_collector(receiver: Receiver, fill: Callable[[str], str], home: Path) -> None:
    used = receiver.define(kind="availability", series=[{"selector": 'system_memory_usage_bytes{state="used"}'}])
    began, program = time.time(), find_built_program("collector")
    async with DocumentedCollector(home / "documented-collector", program, fill("collector")):
        await until(lambda: receiver.sums(used, began)[0] > 0, expected=True)


async def test_vmagent(receiver: Receiver, fill: Callable[[str], str], home: Path) -> None:
    indicator = receiver.define(kind="availability", series=[{"selector": 'up{job="warehouse"}'}])
    began, program = time.time(), find_built_program("vmagent")
    variables = {"URL": receiver.between.url, "KEY": receiver.key}
    files = {"scrapes.yml": fill("vmagent-scrapes")}
    async with DocumentedCommand(home / "documented-vmagent", program, fill("vmagent"), variables, files):
        await until(lambda: receiver.sums(indicator, began)[1] > 0, expected=True)


async def test_what_grafana_posts_to_its_contact_point(receiver: Receiver, fill: Callable[[str], str]) -> None:
    (contact_point,) = yaml.safe_load(fill("grafana"))["contactPoints"]
    (webhook,) = contact_point["receivers"]
    settings, name = webhook["settings"], f"Documented {time.time_ns()}"
    assert (webhook["type"], settings["httpMethod"], webhook["disableResolveMessage"]) == ("webhook", "POST", False)
    credentials = f"{settings['authorization_scheme']} {settings['authorization_credentials']}"
    started, ended = datetime.now(UTC) - timedelta(minutes=2), datetime.now(UTC)
    url = settings["url"].replace(receiver.between.url, receiver.house.url)  # the test posts once, as it is no Grafana
    async with httpx.AsyncClient(headers={"Authorization": credentials}, trust_env=False) as grafana:
        for state, ends_at in (("firing", None), ("resolved", ended)):
            answer = await grafana.post(url, json=build_notification(name, state, started, ends_at))
            assert answer.status_code == 200, answer.text
    assert list_ends(receiver, name) != [None]


def build_notification(name: str, state: str, starts_at: datetime, ends_at: datetime | None) -> dict[str, Any]:
    """Build a notification as the documentation of Grafana's webhook shows it."""
    alert = {
        "status": state,
        "labels": {"alertname": name, "grafana_folder": "Web shop"},
        "annotations": {"description": "The checkout fails."},
        "startsAt": starts_at.isoformat(),
        "endsAt": ends_at.isoformat() if ends_at else "0001-01-01T00:00:00Z",
        "values": {"B": 44.23943737541908, "C": 1},
        "valueString": "[ var='B' labels={} value=44.23943737541908 ], [ var='C' labels={} value=1 ]",
        "generatorURL": "https://grafana.example/alerting/grafana/1afz29v7z/view",
        "fingerprint": "c6eadffa33fcdf37",
        "silenceURL": "https://grafana.example/alerting/silence/new?alertmanager=grafana",
        "dashboardURL": "",
        "panelURL": "",
        "imageURL": "",
    }
    return {
        "receiver": "Rapport",
        "status": state,
        "orgId": 1,
        "alerts": [alert],
        "groupLabels": {},
        "commonLabels": alert["labels"],
        "commonAnnotations": alert["annotations"],
        "externalURL": "https://grafana.example/",
        "version": "1",
        "groupKey": '{}:{alertname="Checkout"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:1] Checkout",
        "state": "alerting" if state == "firing" else "ok",
        "message": "**Firing**",
    }


async def test_a_key_and_its_limits_by_curl(receiver: Receiver) -> None:
    admin = receiver.house.token("admin")
    environment = build_shell_environment(receiver.house.url, ADMIN=admin)
    created = json.loads(await run("key", environment))
    assert created["key"].startswith("rpk_")
    await run("limits", environment | {"KEY_ID": created["id"]})
    with Caller(receiver.house, admin) as caller:
        limits = caller.get(f"/sla/v1/api-keys/{created['id']}/limits")
    assert (limits["max_series"], limits["samples_per_minute"]) == (2000, 60000)


@pytest.mark.parametrize(
    ("block", "selector"),
    [
        ("samples", 'backup_succeeded{job="backup"}'),
        ("text", 'backup_size_bytes{job="backup"}'),
        ("states", 'rapport_alert{alertname="checkout", state="down"}'),
    ],
)
async def test_what_a_script_sends_by_curl(receiver: Receiver, block: str, selector: str) -> None:
    indicator = receiver.define(kind="availability", series=[{"selector": selector}])
    began = time.time()
    await run(block, build_shell_environment(receiver.house.url, KEY=receiver.key))
    expected = "bad" if block == "states" else "good"
    await until(lambda: expected in receiver.minutes(indicator, began)["state"], expected=True)


async def test_a_script_waits_for_a_rapport_that_is_just_starting(receiver: Receiver) -> None:
    port = find_free_port()
    sending = asyncio.create_task(run("samples", build_shell_environment(f"http://{HOST}:{port}", KEY=receiver.key)))
    await asyncio.sleep(1.5)
    with serving(receiver.between.pass_on, port):
        assert json.loads(await sending) == {"accepted": 1}


async def test_the_tokens_of_somebody_who_tries_rapport(receiver: Receiver) -> None:
    """The commands are those of a clone; `rapport` finds the instance of this test by its environment."""
    command = list_blocks()["variables"].replace(".venv/bin/rapport", rapport()) + "echo $ADMIN; echo $MANAGER"
    done = await asyncio.to_thread(
        subprocess.run, ["bash", "-euc", command], env=receiver.house.environment, capture_output=True, text=True
    )
    admin, manager = done.stdout.split()
    with Caller(receiver.house, admin) as caller:
        caller.get("/sla/v1/api-keys")
    with Caller(receiver.house, manager) as caller:
        caller.get("/sla/v1/series")


async def test_from_a_series_to_an_indicator(receiver: Receiver) -> None:
    variables = {"KEY": receiver.key, "MANAGER": receiver.house.token("manager")}
    environment = build_shell_environment(receiver.house.url, **variables)
    await run("samples", environment)

    listed, selected, tried, defined = [json.loads(await run(step, environment)) for step in INDICATOR_STEPS[:-1]]
    assert [series["labels"]["job"] for series in listed["items"]] == ["backup"]
    assert [series["id"] for series in selected["matched"]] == [listed["items"][0]["id"]]
    assert "good" in tried["minutes"]["state"]

    environment |= {"INDICATOR": defined["id"]}
    deadline = time.monotonic() + PATIENCE
    while "good" not in json.loads(await run("minutes", environment))["state"]:
        assert time.monotonic() < deadline
        await asyncio.sleep(1)


def test_each_definition_of_the_page_can_be_tried(receiver: Receiver) -> None:
    definitions = list_definitions()
    assert {definition["kind"] for definition in definitions} == {
        "availability",
        "ratio",
        "histogram",
        "latency",
        "gauge",
    }
    window = {"from": "2026-02-03T11:00:00Z", "to": "2026-02-03T11:01:00Z"}
    for definition in definitions:
        tried = receiver.manager.post("/sla/v1/indicators/trials", {"indicator": definition, **window}, expect=200)
        assert tried["minutes"]["state"] == ["unknown"]


async def test_a_prometheus_scrapes_rapport_and_evaluates_the_rules(receiver: Receiver, home: Path) -> None:
    """Rules are of figures that there are: each finds some, but those of what Prometheus itself has."""
    await run("samples", build_shell_environment(receiver.house.url, KEY=receiver.key))
    rules = home / "documented-rules.yml"
    rules.write_text(fill_in("rules", receiver.house.url, receiver.key), encoding="utf-8")
    target = receiver.house.url.removeprefix("http://")
    text = fill_in("scrape", "", "").replace("localhost:8000", target) + f"rule_files: [{rules}]\n"
    text += "global: {scrape_interval: 2s, evaluation_interval: 2s}\n"
    async with DocumentedPrometheus(home / "documented-scrapes", text) as prometheus:
        figures = ("rapport_push_samples_total", "rapport_http_requests_total", 'up{job="rapport"}')
        for figure in figures:
            await until_values(prometheus, figure)
        answer = (await prometheus.client.get("/api/v1/rules")).json()["data"]["groups"]
        exposed = (await prometheus.client.get("/api/v1/metadata")).json()["data"]
    assert [rule["lastError"] for group in answer for rule in group["rules"] if "lastError" in rule] == []
    named = set(re.findall(r"rapport_\w+", " ".join(rule["query"] for group in answer for rule in group["rules"])))
    assert {name for name in named if name.removesuffix("_total") not in exposed and name not in exposed} == set()


async def until_values(prometheus: DocumentedPrometheus, selector: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await prometheus.list_values(selector):
        assert time.monotonic() < deadline, selector
        await asyncio.sleep(0.5)


async def run(block: str, environment: dict[str, str]) -> str:
    """Run a command of the page by bash, and return what it prints."""
    command = ["bash", "-euo", "pipefail", "-c", list_blocks()[block]]
    done = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def list_ends(receiver: Receiver, name: str) -> list[str | None]:
    firings = receiver.manager.get("/sla/v1/alerts", limit=200)["items"]
    return [firing["ends_at"] for firing in firings if firing["labels"]["alertname"] == name]
