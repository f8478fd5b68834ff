"""Keys with limits: other series, too many of them and too many samples are refused as senders expect."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from opentelemetry.proto.metrics.v1 import metrics_pb2 as otlp
from prometheus_client import REGISTRY

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers.exporter import START, numbers, push, request_of

NOON_MS = 1_770_120_000_000


class LimitedKey:
    """An API key with limits, and what is pushed with it."""

    def __init__(self, monitored: MonitoredService, key: Mapping[str, Any]) -> None:
        self.monitored, self.id, self._key = monitored, key["id"], key["key"]
        self.path = f"/api-keys/{self.id}/limits"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"}

    async def limit(self, **limits: Any) -> httpx.Response:
        headers = self.monitored.headers("admin")
        return await self.monitored.client.put(self.path, json=limits, headers=headers)

    async def push(self, *series: Mapping[str, str], at: int = NOON_MS) -> httpx.Response:
        return await self.monitored.push(*((labels, [(at, 1.0)]) for labels in series), **self.headers)

    async def push_json(self, *samples: Mapping[str, Any]) -> httpx.Response:
        body = {"samples": samples}
        return await self.monitored.client.post("/push/samples", json=body, headers=self.headers)


@pytest.fixture
async def key(monitored: MonitoredService) -> LimitedKey:
    answer = await monitored.client.post("/api-keys", json={"name": "shop"}, headers=monitored.headers("admin"))
    return LimitedKey(monitored, answer.json())


def metric(name: str, **labels: str) -> dict[str, str]:
    return {"__name__": name} | labels


async def list_metrics(monitored: MonitoredService) -> list[str]:
    return [row["metric"] for row in await monitored.rows("SELECT metric FROM sla.series ORDER BY metric")]


async def test_series_that_the_limits_do_not_select_are_refused_by_name_and_the_others_written(key: LimitedKey) -> None:
    answer = await key.limit(series=['{team="shop"}', "up"])
    assert answer.status_code == 200, answer.text

    answer = await key.push(metric("up"), metric("orders", team="shop"), metric("orders", team="bank"))

    assert answer.status_code == 400
    assert 'orders{team="bank"}: the limits of this key do not include it' in answer.json()["detail"]
    assert answer.headers["X-Prometheus-Remote-Write-Samples-Written"] == "2"
    assert await list_metrics(key.monitored) == ["orders", "up"]


async def test_what_another_sender_pushed_before_is_refused_all_the_same(key: LimitedKey) -> None:
    await key.limit(series=["up"])
    await key.monitored.push((metric("orders", team="bank"), [(NOON_MS, 1.0)]))

    answers = [await key.push(metric("orders", team="bank")) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [400, 400]


async def test_a_key_may_push_to_its_indicators_by_id_and_by_their_series_only(key: LimitedKey) -> None:
    own_indicator = await key.monitored.define(series=[{"selector": "probe_success{job='shop'}", "part": "value"}])
    another_indicator = await key.monitored.define(name="another")
    await key.limit(indicators=[own_indicator["id"]])

    assert (await key.push_json({"indicator": own_indicator["id"], "value": 1})).status_code == 202
    assert (await key.push_json({"indicator": another_indicator["id"], "value": 1})).status_code == 400
    assert (await key.push(metric("probe_success", job="shop"))).status_code == 204
    assert (await key.push(metric("probe_success", job="bank"))).status_code == 400


async def test_a_key_whose_indicators_cannot_be_read_may_push_nothing(key: LimitedKey) -> None:
    indicator = await key.monitored.define(series=[{"selector": "probe_success", "part": "value"}])
    unreadable = [{"selector": "probe_success{", "part": "value"}]
    await key.limit(indicators=[indicator["id"]])
    await key.monitored.rows("UPDATE sla.indicators SET series = $1", orjson.dumps(unreadable).decode())

    assert (await key.push(metric("probe_success"))).status_code == 400


async def test_new_series_beyond_the_limit_are_refused_and_known_ones_written(key: LimitedKey) -> None:
    await key.monitored.push((metric("of_another_key"), [(NOON_MS, 1.0)]))
    await key.limit(max_series=2)
    assert (await key.push(metric("first"), metric("second"), metric("of_another_key"))).status_code == 204

    answer = await key.push(metric("third"), metric("first"), at=NOON_MS + 1000)

    assert answer.status_code == 400
    assert "third: it is new, and this key has added as many series as its limits allow" in answer.json()["detail"]
    assert answer.headers["X-Prometheus-Remote-Write-Samples-Written"] == "1"
    limits = await key.monitored.client.get(key.path, headers=key.monitored.headers("manager"))
    assert limits.json() == {
        "series": [],
        "indicators": [],
        "samples_per_minute": None,
        "max_series": 2,
        "series_added": 2,
    }


async def test_too_many_samples_a_minute_are_answered_429_and_say_how_long_to_wait(key: LimitedKey) -> None:
    await key.limit(samples_per_minute=2)
    assert (await key.push(metric("a"), metric("b"))).status_code == 204

    answer = await key.push(metric("a"), at=NOON_MS + 1000)

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    assert answer.json()["type"] == "/sla/v1/problems/too-many-samples"
    key.monitored.clock.now += timedelta(seconds=30)
    assert (await key.push(metric("a"), at=NOON_MS + 1000)).status_code == 204


async def test_opentelemetry_is_told_of_limits_in_its_own_words(key: LimitedKey) -> None:
    await key.limit(series=["up"], samples_per_minute=1)
    point = {"asDouble": 1.0, "timeUnixNano": str(NOON_MS * 10**6)}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "load", "gauge": {"dataPoints": [point]}}]}]}]}

    async def export() -> httpx.Response:
        return await key.monitored.client.post("/push/otlp/v1/metrics", json=body, headers=key.headers)

    refused = (await export()).json()["partialSuccess"]
    assert refused["rejectedDataPoints"] == "1"
    assert "the limits of this key do not include it" in refused["errorMessage"]

    await key.push(metric("up"))
    answer = await export()
    assert (answer.status_code, answer.json()["code"]) == (429, 8)


async def test_a_sample_of_two_series_is_written_as_a_whole_or_not_at_all(key: LimitedKey) -> None:
    ratio = await key.monitored.define(
        kind="ratio", series=[{"selector": "a", "part": "good"}, {"selector": "b", "part": "total"}]
    )
    await key.limit(max_series=1)

    answer = await key.push_json({"indicator": ratio["id"], "good": 1, "total": 2})

    assert answer.status_code == 400
    assert await key.monitored.rows("SELECT FROM sla.push_batches") == []


async def test_fields_of_a_point_are_written_that_the_limits_select_though_others_are_refused(key: LimitedKey) -> None:
    await key.limit(series=["cpu_usage_idle", "cpu_usage_user"])

    answer = await key.monitored.client.post(
        "/push/influx", content=f"cpu usage_idle=90,usage_system=1,usage_user=3 {NOON_MS}000000", headers=key.headers
    )

    assert answer.status_code == 400
    assert answer.json()["detail"] == "cpu_usage_system: the limits of this key do not include it"
    assert await list_metrics(key.monitored) == ["cpu_usage_idle", "cpu_usage_user"]
    assert [row["samples"] for row in await key.monitored.rows("SELECT samples FROM sla.push_batches")] == [2]


async def test_a_data_point_of_several_series_is_refused_once(key: LimitedKey) -> None:
    await key.limit(series=["up"])
    quantiles = [otlp.SummaryDataPoint.ValueAtQuantile(quantile=0.5, value=1)]
    point = otlp.SummaryDataPoint(time_unix_nano=START, count=1, quantile_values=quantiles)
    request = request_of(otlp.Metric(name="size", summary=otlp.Summary(data_points=[point])), numbers("up", (0, 1)))

    _, response = await push(key.monitored, request, **key.headers)

    assert response.partial_success.rejected_data_points == 1
    assert await list_metrics(key.monitored) == ["up"]


async def test_a_push_larger_than_a_minutes_samples_is_too_large(key: LimitedKey) -> None:
    await key.limit(samples_per_minute=1)

    assert (await key.push(metric("a"), metric("b"))).status_code == 413
    assert (await key.push(metric("a"))).status_code == 204


@pytest.mark.parametrize("path", ["/push/alertmanager", "/push/api/v2/alerts", "/incidents"])
async def test_a_key_with_limits_pushes_neither_alerts_nor_incidents(key: LimitedKey, path: str) -> None:
    await key.limit(max_series=10)

    answer = await key.monitored.client.post(path, json={}, headers=key.headers)

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs a key with the scope push; the scope of this one is push:samples."


async def test_limits_that_are_changed_or_lifted_hold_within_half_a_minute(key: LimitedKey) -> None:
    await key.limit(series=["up"])
    assert (await key.push(metric("down"))).status_code == 400

    await key.limit(series=["down"])
    key.monitored.clock.now += timedelta(seconds=21)
    assert (await key.push(metric("down"))).status_code == 204
    assert (await key.push(metric("up"))).status_code == 400

    answer = await key.monitored.client.delete(key.path, headers=key.monitored.headers("admin"))
    assert answer.status_code == 204
    key.monitored.clock.now += timedelta(seconds=21)
    assert (await key.push(metric("up"))).status_code == 204
    answer = await key.monitored.client.get(key.path, headers=key.monitored.headers("admin"))
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"series": ["{"]}, "series.0"),
        ({"series": ["{}"]}, "series.0"),
        ({"series": ["rate(up[5m])"]}, "series.0"),
        ({"indicators": [str(uuid4())]}, "indicators.0"),
        ({"max_series": 0}, "max_series"),
        ({"samples_per_minute": -1}, "samples_per_minute"),
    ],
)
async def test_limits_that_cannot_hold_are_refused_by_field(
    key: LimitedKey, limits: dict[str, Any], field: str
) -> None:
    answer = await key.limit(**limits)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_only_administrators_set_limits_and_revoked_keys_have_none(key: LimitedKey) -> None:
    client, headers = key.monitored.client, key.monitored.headers
    assert (await client.put(key.path, json={}, headers=headers("manager"))).status_code == 403
    assert (await client.put(key.path, json={}, headers=key.headers)).status_code == 403

    await client.delete(f"/api-keys/{key.id}", headers=headers("admin"))
    answer = await key.limit(max_series=1)

    assert answer.status_code == 409
    assert answer.json()["type"] == "/sla/v1/problems/key-revoked"


async def test_what_was_written_and_refused_of_each_key_is_a_figure(key: LimitedKey) -> None:
    prefix = (await key.monitored.rows("SELECT prefix FROM sla.api_keys"))[0]["prefix"]
    await key.limit(series=["up"])
    await key.push(metric("up"), metric("orders"), metric("sales"))
    figures = {
        outcome: REGISTRY.get_sample_value("rapport_push_samples_total", {"key": prefix, "outcome": outcome})
        for outcome in ("written", "refused")
    }
    assert figures == {"written": 1, "refused": 2}
