"""Notifications of Uptime Kuma, Azure Monitor and CloudWatch, as they come."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from common.testing.fake_issuer import FakeClock
from sla.alerts import expiry_job
from tests.sla.alerts.states.conftest import StateClient

pytestmark = pytest.mark.usefixtures("agreement")

SAMPLES = Path(__file__).parent / "samples"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("order", [("down", "up"), ("up", "down"), ("up",)])
async def test_uptime_kuma(states: StateClient, order: tuple[str, ...]) -> None:
    """The heartbeat with which a monitor is up again says since when it was down, too."""
    for name in order:
        await states.push(sample(f"uptime-kuma-{name}"), path="/uptime-kuma")
    assert await states.spans() == [("Checkout", "down", "2026-02-03T11:05:12.431000Z", "2026-02-03T11:17:14.002000Z")]
    (firing,) = await states.alerts.firings()
    assert firing["source"] == "uptime-kuma"
    expected = {"service": "Web shop", "monitor": "7", "type": "http", "url": "https://shop.example/checkout"}
    assert firing["labels"] == expected | {"alertname": "Checkout", "state": "down", "severity": "critical"}
    assert len(firing["incident_ids"]) == 1


async def test_a_trial_of_uptime_kuma_and_a_monitor_under_maintenance_change_nothing(states: StateClient) -> None:
    down = sample("uptime-kuma-down")
    maintained = down | {"heartbeat": down["heartbeat"] | {"status": 3}}
    for document in (sample("uptime-kuma-test"), maintained):
        assert await states.push(document, path="/uptime-kuma") == {"up": 0, "down": 0, "degraded": 0, "incidents": []}


@pytest.mark.parametrize("part", ["alertContext", "customProperties"])
async def test_no_alert_of_azure_is_lost_for_what_explains_it(states: StateClient, part: str) -> None:
    for value in ([], "none", None, {"properties": []}):
        document = sample("azure-monitor-fired")
        document["data"][part] = value
        assert (await states.push(document, path="/azure-monitor"))["down"] == 1


async def test_an_alert_of_azure_that_is_resolved_without_a_time_is_resolved_now(states: StateClient) -> None:
    document = sample("azure-monitor-resolved")
    del document["data"]["essentials"]["resolvedDateTime"]
    await states.push(document, path="/azure-monitor")
    assert await states.spans() == [("WCUS-R2-Gen2", "down", "2026-02-03T10:58:24.371321Z", "2026-02-03T12:00:00Z")]


async def test_the_budget_of_azure_is_no_state(states: StateClient) -> None:
    answer = await states.push(sample("azure-monitor-budget"), path="/azure-monitor")
    assert answer == {"up": 0, "down": 0, "degraded": 0, "incidents": []}


async def test_two_monitors_of_one_name_are_two_things(states: StateClient) -> None:
    down = sample("uptime-kuma-down")
    await states.push(down, path="/uptime-kuma")
    await states.push(down | {"monitor": down["monitor"] | {"id": 8}}, path="/uptime-kuma")
    assert len(await states.spans()) == 2


@pytest.mark.parametrize("order", [("fired", "resolved"), ("resolved", "fired"), ("resolved",)])
async def test_azure_monitor(states: StateClient, order: tuple[str, ...]) -> None:
    for name in order:
        await states.push(sample(f"azure-monitor-{name}"), path="/azure-monitor")
    assert await states.spans() == [
        ("WCUS-R2-Gen2", "down", "2026-02-03T10:58:24.371321Z", "2026-02-03T11:03:16.224631Z")
    ]
    (incident,) = (await states.alerts.get("/incidents", source="azure-monitor"))["items"]
    assert incident["priority"] == 4


async def test_the_health_of_a_resource_of_azure(states: StateClient) -> None:
    down = sample("azure-monitor-health")
    await states.push(down, path="/azure-monitor")
    up = json.loads(json.dumps(down).replace('"Unavailable"', '"Available"').replace("11:05:03", "11:20:03"))
    up["data"]["essentials"]["alertId"] += "2"
    await states.push(up, path="/azure-monitor")
    assert [span[1:] for span in await states.spans()] == [
        ("down", "2026-02-03T11:05:03.343000Z", "2026-02-03T11:20:03.343000Z")
    ]
    other = json.loads(json.dumps(down).replace("currentHealthStatus", "statusCode"))
    assert (await states.push(other, path="/azure-monitor"))["down"] == 0


@pytest.mark.parametrize("order", [("alarm", "insufficient-data", "ok"), ("ok", "alarm")])
async def test_cloudwatch_by_sns(states: StateClient, order: tuple[str, ...]) -> None:
    for name in order:
        await states.push(sample(f"cloudwatch-{name}"), path="/cloudwatch?service=Web%20shop&severity=major")
    assert await states.spans() == [
        ("checkout-5xx", "down", "2026-02-03T11:05:24.006000Z", "2026-02-03T11:17:24.006000Z")
    ]
    (firing,) = await states.alerts.firings()
    assert firing["labels"]["LoadBalancer"] == "app/shop/50dc6c495c0c9188"
    (incident,) = (await states.alerts.get("/incidents", source="cloudwatch"))["items"]
    assert incident["priority"] == 2


async def test_cloudwatch_by_sns_with_raw_delivery_as_plain_text_and_a_password(states: StateClient) -> None:
    client = states.alerts.sla_client.sla.client
    key = (await client.post("/api-keys", json={"name": "sns"}, headers=states.alerts.headers("admin"))).json()["key"]
    content, address = sample("cloudwatch-alarm")["Message"], "/push/states/cloudwatch"
    headers = {"content-type": "text/plain; charset=UTF-8", "x-amz-sns-rawdelivery": "true"}
    answer = await client.post(address, content=content, headers=headers, auth=("rapport", key))
    assert (answer.status_code, answer.json()["down"]) == (200, 1)


async def test_a_subscription_of_sns_is_shown_until_it_cannot_be_confirmed_any_more(
    states: StateClient, clock: FakeClock
) -> None:
    await states.push(sample("sns-subscription"), path="/cloudwatch?service=Web%20shop")
    (firing,) = await states.alerts.firings(firing=True)
    assert firing["labels"]["topic"] == "arn:aws:sns:eu-central-1:123456789012:alarms"
    assert firing["links"] == {"generator": sample("sns-subscription")["SubscribeURL"]}
    assert firing["incident_ids"] == []

    clock.now += timedelta(days=2, seconds=1)
    await expiry_job.periodic_job().run(states.alerts.sla_client.sla.runtime)
    assert await states.alerts.firings(firing=True) == []


async def test_what_is_of_another_form_is_refused(states: StateClient) -> None:
    assert (await states.post("/nagios", "{}")).status_code == 422
    answer = await states.post("/cloudwatch", '{"Type": "Notification", "Message": "Hello"}')
    assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/states-unreadable")
    assert [error["field"] for error in answer.json()["errors"]] == ["Message"]
    assert (await states.post("/uptime-kuma", "Hello")).status_code == 400
