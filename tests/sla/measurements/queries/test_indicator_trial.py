"""Dry runs of indicators and selectors, and what a series is guessed to be."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sla.indicators.suggestions import suggest_indicator
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from sla.measurements.queries import indicator_trial
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
BEGIN = NOON - timedelta(hours=2)
AT = int(BEGIN.timestamp() * 1000)
RATIO = {
    "name": "Shop answers",
    "kind": "ratio",
    "series": [
        {"selector": "requests_total", "part": "total"},
        {"selector": 'requests_total{code="500"}', "part": "bad"},
    ],
}
LATENCY = {"name": "Shop is fast", "kind": "histogram", "threshold": 1.0, "series": [{"selector": "answer_seconds"}]}


async def push(monitored: MonitoredService) -> None:
    for step in range(100):
        counts = [
            ({"__name__": "requests_total", "code": code}, float(step // n)) for code, n in (("200", 1), ("500", 9))
        ]
        await monitored.push(*((labels, [(AT + 60_000 * step, value)]) for labels, value in counts))
        point = HistogramPoint.from_exponential(
            HistogramReading(AT + 60_000 * step, sum=math.nan), schema=0, count=step * 3, positive=[(0, step)]
        )
        await monitored.push_histograms(({"__name__": "answer_seconds"}, [point]))
    await monitored.roll_up()


async def rehearse(monitored: MonitoredService, indicator: dict[str, Any], begin: datetime, end: datetime) -> Any:
    body = {"indicator": indicator, "from": begin.isoformat(), "to": end.isoformat()}
    return await monitored.client.post("/indicators/trials", json=body, headers=monitored.headers("manager"))


@pytest.mark.parametrize("definition", [RATIO, LATENCY])
async def test_a_dry_run_tells_what_is_then_measured(monitored: MonitoredService, definition: dict[str, Any]) -> None:
    await push(monitored)
    begin, end = BEGIN + timedelta(minutes=17), BEGIN + timedelta(minutes=120)
    answer = await rehearse(monitored, definition, begin, end)
    assert answer.status_code == 200, answer.text
    trial = answer.json()
    assert await monitored.rows("SELECT FROM sla.indicators") == []
    indicator = await monitored.define(**definition)
    await monitored.roll_up()
    measured = await monitored.minutes(indicator, begin, 103)
    assert trial["minutes"] == measured | {"indicator_id": None}
    assert sum(measured["total"]) > 80
    assert measured["state"].count("unknown") == 20
    assert trial["series_count"] == len(trial["series"]) == len(definition["series"])


@pytest.mark.parametrize(
    ("fields", "begin", "end", "field"),
    [
        ({}, BEGIN + timedelta(seconds=1), NOON, "from"),
        ({}, NOON, BEGIN, "to"),
        ({}, NOON - timedelta(days=8), NOON, "to"),
        ({"kind": "latency", "series": []}, BEGIN, NOON, "threshold"),
        ({"series": [{"selector": "up{", "part": "total"}]}, BEGIN, NOON, "series[0].selector"),
    ],
)
async def test_dry_runs_that_are_refused(
    monitored: MonitoredService, fields: dict[str, Any], begin: datetime, end: datetime, field: str
) -> None:
    refused = await rehearse(monitored, RATIO | fields, begin, end)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_a_dry_run_does_not_read_the_whole_log(
    monitored: MonitoredService, monkeypatch: pytest.MonkeyPatch
) -> None:
    await push(monitored)
    monkeypatch.setattr(indicator_trial, "PUSHES_PER_READ", 10)
    monkeypatch.setattr(indicator_trial, "MAX_PUSHES", 50)
    refused = await rehearse(monitored, RATIO, BEGIN, NOON)
    assert (refused.status_code, refused.json()["type"]) == (422, "/sla/v1/problems/trial-too-large")


async def test_a_batch_that_cannot_be_read_is_left_out(monitored: MonitoredService) -> None:
    await push(monitored)
    await monitored.rows("UPDATE sla.push_batches SET packed = 'nonsense' WHERE id % 10 = 0")
    answer = await rehearse(monitored, RATIO, BEGIN, NOON)
    assert answer.status_code == 200


async def test_a_selection_shows_the_series_that_a_selector_matches(monitored: MonitoredService) -> None:
    await push(monitored)
    manager = monitored.headers("manager")
    for selector in ("requests_total{code='500'}", "answer_seconds"):
        answer = await monitored.client.post("/series/selections", json={"selector": selector}, headers=manager)
        (series,) = answer.json()["matched"]
        assert series["histogram"] is (selector == "answer_seconds")


async def test_series_that_are_bound_to_nothing_come_with_a_guess(monitored: MonitoredService) -> None:
    await push(monitored)
    await monitored.define(**LATENCY)
    listed = await monitored.client.get("/series", headers=monitored.headers("viewer"))
    guesses = {
        (series["labels"]["__name__"], series["labels"].get("code")): series["suggestion"]
        for series in listed.json()["items"]
    }
    assert guesses["answer_seconds", None] is None
    assert (guesses["requests_total", "200"]["kind"], guesses["requests_total", "200"]["part"]) == ("ratio", "total")
    assert guesses["requests_total", "200"]["selector"] == "requests_total"


@pytest.mark.parametrize(
    ("labels", "histogram", "kind", "selector", "unit"),
    [
        ({"__name__": "up", "instance": "a:1", "job": "shop"}, False, "availability", 'up{job="shop"}', ""),
        ({"__name__": "probe_success"}, False, "availability", "probe_success", ""),
        ({"__name__": "rpc_seconds_bucket", "le": "1", "m": 'a"b'}, False, "histogram", r'rpc_seconds{m="a\"b"}', "s"),
        ({"__name__": "rpc_seconds"}, True, "histogram", "rpc_seconds", "s"),
        ({"__name__": "rpc_seconds"}, False, "latency", "rpc_seconds", "s"),
        ({"__name__": "orders_total"}, False, "volume", "orders_total", ""),
        ({"__name__": "requests_total", "status": "200"}, False, "ratio", "requests_total", ""),
        ({"__name__": "queue_length"}, False, "gauge", "queue_length", ""),
    ],
)
def test_what_a_series_might_be(
    labels: dict[str, str],
    histogram: bool,
    kind: str,
    selector: str,
    unit: str,
) -> None:
    guess = suggest_indicator(labels, histogram=histogram)
    assert (guess.kind, guess.selector, guess.unit) == (kind, selector, unit)
