"""Histograms from push to minute: native and classic, what they observed, and refolded out of the log."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from sla.measurements import store
from sla.measurements.histograms.observations import Observations
from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
BEGIN = NOON - timedelta(hours=1)
METRIC = "http_request_duration_seconds"
SHOP = {"__name__": METRIC, "job": "shop"}
INDICATOR = {"kind": "histogram", "series": [{"selector": f'{METRIC}{{job="shop"}}'}]}


def ms(number: float) -> int:
    """Minutes from eleven."""
    return int(BEGIN.timestamp() * 1000 + 60_000 * number)


def native(number: float, fast: int, slow: int, **fields: Any) -> HistogramPoint:
    """So many up to half a second, and so many between two and four."""
    reading = HistogramReading(ms(number), **fields)
    return HistogramPoint.from_exponential(reading, schema=0, count=fast + slow, positive=[(-1, fast), (2, slow)])


def classic(number: float, fast: int, slow: int) -> list[Any]:
    counts = {"0.5": fast, "2": fast, "4.0": fast + slow, "+Inf": fast + slow}
    return [
        (SHOP | {"__name__": f"{METRIC}_bucket", "le": edge}, [(ms(number), float(count))])
        for edge, count in counts.items()
    ]


async def observed(monitored: MonitoredService, indicator: dict[str, Any], count: int) -> Observations:
    async with monitored.runtime.begin() as work:
        indicator_id = UUID(indicator["id"])
        return (
            await store.load_observations_by_indicator(
                work.session, [indicator_id], BEGIN, BEGIN + timedelta(minutes=count)
            )
        )[indicator_id]


@pytest.mark.parametrize("form", ["native", "classic", "both"])
async def test_a_latency_objective_on_a_histogram(monitored: MonitoredService, form: str) -> None:
    indicator = await monitored.define(threshold=3.0, **INDICATOR)
    for number, fast, slow in ((0, 5, 0), (1, 15, 0), (2, 20, 5), (3, 2, 1)):
        if form != "classic":
            answer = await monitored.push_histograms((SHOP, [native(number, fast, slow)]))
            assert answer.histograms == 1
        if form != "native":
            assert (await monitored.push(*classic(number, fast, slow))).status_code == 204
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, BEGIN, 5)
    assert (minutes["good"], minutes["total"]) == ([0, 10, 5, 2, 0], [0, 10, 10, 3, 0])
    assert minutes["state"] == ["good", "good", "bad", "bad", "unknown"]
    observations = await observed(monitored, indicator, 5)
    distribution = observations.distribution(np.ones(5, np.bool_))
    assert (distribution.count_up_to(Decimal(3)), distribution.count) == (17, 23)
    assert [distribution.percentile(Decimal(share)) for share in ("0.5", "0.95")] == [Decimal("0.5"), 4]
    assert observations.is_known.tolist() == [True, True, True, True, False]


async def test_a_classic_histogram_that_comes_in_pieces(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**INDICATOR)
    first, second = classic(0, 5, 0), classic(1, 9, 2)
    for series in (second[3], first[3], second[0], first[1], second[1], first[2], second[2], first[0]):
        await monitored.push(series)
        await monitored.roll_up()
    distribution = (await observed(monitored, indicator, 2)).distribution(np.ones(2, np.bool_))
    assert (distribution.count_up_to(Decimal("0.5")), distribution.count) == (4, 6)


async def test_single_values_are_observations(monitored: MonitoredService) -> None:
    indicator = await monitored.define(kind="histogram", threshold=0.5, series=[{"selector": "probe_duration_seconds"}])
    samples = [(ms(number / 4), value) for number, value in enumerate([0.1, 0.5, 0.2, 7.0])]
    await monitored.push(({"__name__": "probe_duration_seconds"}, samples))
    pushed = {"indicator": indicator["id"], "at": BEGIN.isoformat(), "value": 2.5}
    assert (await monitored.push_json(json.dumps({"samples": [pushed]}))).status_code == 202
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, BEGIN, 1)
    assert (minutes["good"], minutes["total"]) == ([3], [5])
    median = (await observed(monitored, indicator, 1)).distribution(np.ones(1, np.bool_)).percentile(Decimal("0.5"))
    assert median is not None
    assert Decimal("0.5") <= median < Decimal("0.502")


async def test_events_and_quality_are_counted(monitored: MonitoredService) -> None:
    volume = await monitored.define(kind="volume", series=[{"selector": "orders_total", "part": "total"}])
    quality = await monitored.define(kind="quality")
    await monitored.push(({"__name__": "orders_total"}, [(ms(number), 40.0 * number) for number in range(3)]))
    samples = [
        {"indicator": volume["id"], "at": BEGIN.isoformat(), "value": 7},
        {"indicator": quality["id"], "at": BEGIN.isoformat(), "good": 98, "total": 100},
    ]
    assert (await monitored.push_json(json.dumps({"samples": samples}))).status_code == 202
    await monitored.roll_up()
    minutes = await monitored.minutes(volume, BEGIN, 3)
    assert (minutes["good"], minutes["total"], minutes["state"][0]) == ([7, 40, 40], [7, 40, 40], "good")
    assert (await monitored.minutes(quality, BEGIN, 1))["good"] == [98]


@pytest.mark.parametrize(
    ("kind", "sample", "field"),
    [
        ("quality", {"value": 1}, "value"),
        ("volume", {"good": 1, "total": 1}, "total"),
        ("histogram", {"good": 1, "total": 1}, "total"),
    ],
)
async def test_what_a_kind_does_not_take_by_its_id(
    monitored: MonitoredService, kind: str, sample: dict[str, int], field: str
) -> None:
    definition = await monitored.define(kind=kind)
    body = {"samples": [{"indicator": definition["id"], "at": BEGIN.isoformat(), **sample}]}
    refused = await monitored.push_json(json.dumps(body))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, f"samples[0].{field}")


async def test_an_indicator_of_a_past_histogram_is_measured_from_the_log(monitored: MonitoredService) -> None:
    await monitored.push_histograms((SHOP, [native(number, number, 0) for number in range(5)]))
    await monitored.roll_up()
    indicator = await monitored.define(**INDICATOR)
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, BEGIN, 5))["total"] == [0, 1, 1, 1, 1]
    match = monitored.headers("manager") | {"If-Match": indicator["etag"]}
    path = f"/indicators/{indicator['id']}"
    refused = await monitored.client.patch(path, json={"threshold": 2.0}, headers=match)
    assert (refused.status_code, refused.json()["type"]) == (409, "/sla/v1/problems/indicator-already-measured")


async def test_histograms_ahead_of_time_are_refused_and_others_kept(monitored: MonitoredService) -> None:
    assert (await monitored.push_histograms((SHOP, [native(0, 1, 0), native(71, 2, 0)]))).histograms == 1


async def test_percentiles_over_http(monitored: MonitoredService) -> None:
    indicator = await monitored.define(threshold=3.0, **INDICATOR)
    await monitored.push_histograms((SHOP, [native(0, 0, 0), native(1, 93, 7)]))
    await monitored.roll_up()
    path, window = f"/indicators/{indicator['id']}/observations", {"from": BEGIN.isoformat(), "to": NOON.isoformat()}
    viewer = monitored.headers("viewer")
    percentiles = (await monitored.client.get(path, params=window, headers=viewer)).json()
    assert (percentiles["count"], percentiles["observed_minutes"]) == (100, 2)
    assert percentiles["up_to"] == {"limit": "3.0", "edges": ["2"], "count": 93, "percent": "93.0000"}
    assert [(percentile["share"], percentile["at_most"]) for percentile in percentiles["percentiles"][:3]] == [
        ("0.5", "0.5"),
        ("0.9", "0.5"),
        ("0.95", "4"),
    ]
    slower = await monitored.client.get(path, params=window | {"up_to": "4"}, headers=viewer)
    assert slower.json()["up_to"]["count"] == 100
    async with monitored.runtime.begin() as work:
        indicator_id = UUID(indicator["id"])
        assert (await store.load_observations_by_indicator(work.session, [indicator_id], BEGIN, NOON))[
            indicator_id
        ].digest() == percentiles["sha256"]
    probe = await monitored.define()
    refused = await monitored.client.get(f"/indicators/{probe['id']}/observations", params=window, headers=viewer)
    assert (refused.status_code, refused.json()["type"]) == (409, "/sla/v1/problems/indicator-is-not-a-histogram")
