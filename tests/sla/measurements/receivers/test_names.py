"""Names and order of labels: a series is the same however it is written, whichever door it came by."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from tests.sla.measurements.conftest import MonitoredService
from tests.sla.measurements.receivers import exporter, wire
from tests.sla.measurements.receivers.wire import block, first, labelled, referring, sample, second

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
ELEVEN = NOON - timedelta(hours=1)
AT = int(ELEVEN.timestamp() * 1000)
CPU = [("__name__", "resource.cpu.usage"), ("my label", "größe ☃"), ("zone", "a")]
SELECTOR = '{"resource.cpu.usage", "my label"=~"größe.*", zone="a"}'


def in_first(labels: list[tuple[str, str]], at: int) -> bytes:
    return first(labelled(labels, sample(at, 1.0)))


def in_second(labels: list[tuple[str, str]], at: int) -> bytes:
    symbols = ["", *(text for pair in labels for text in pair)]
    return second(symbols, referring(range(1, len(symbols)), sample(at, 1.0)))


async def test_series_whose_labels_come_in_another_order_are_the_same(monitored: MonitoredService) -> None:
    for _ in range(2):
        for minute, order in enumerate(permutations(CPU)):
            for encode, kind in ((in_first, wire.FIRST), (in_second, wire.SECOND)):
                raw = encode([*order], AT + 60_000 * minute)
                answer = await monitored.push_raw(block(raw), **{"content-type": kind})
                assert (answer.status_code, wire.written(answer)) == (204, ("1", "0", "0")), answer.text
    rows = await monitored.rows("SELECT metric, labels FROM sla.series")
    assert [(row["metric"], json.loads(row["labels"])) for row in rows] == [("resource.cpu.usage", dict(CPU))]


async def test_a_label_without_a_value_is_no_label(monitored: MonitoredService) -> None:
    for labels in (CPU, [*CPU, ("rack", "")]):
        assert (await monitored.push_raw(block(in_first(labels, AT)))).status_code == 204
        series = {"series": dict(labels), "at": "2026-02-03T11:00:00Z", "value": 1}
        assert (await monitored.push_json(json.dumps({"samples": [series]}))).status_code == 202
    assert len(await monitored.rows("SELECT * FROM sla.series")) == 1


@pytest.mark.parametrize("door", ["first", "second", "json"])
async def test_names_that_are_any_text_are_taken_selected_and_measured(monitored: MonitoredService, door: str) -> None:
    probe = await monitored.define(series=[{"selector": SELECTOR}])
    if door == "json":
        body = {"samples": [{"series": dict(CPU), "at": "2026-02-03T11:00:00Z", "value": 1}]}
        assert (await monitored.push_json(json.dumps(body))).status_code == 202
    else:
        encode, kind = (in_first, wire.FIRST) if door == "first" else (in_second, wire.SECOND)
        assert (await monitored.push_raw(block(encode(CPU, AT)), **{"content-type": kind})).status_code == 204
    await monitored.roll_up()
    assert (await monitored.minutes(probe, ELEVEN, 1))["state"] == ["good"]


async def test_what_a_series_of_any_text_suggests_selects_it(monitored: MonitoredService) -> None:
    await monitored.push_raw(block(in_first(CPU, AT)))
    headers = monitored.headers("manager")
    answer = await monitored.client.get("/series", params={"metric": "resource.cpu.usage"}, headers=headers)
    selector = answer.json()["items"][0]["suggestion"]["selector"]
    assert selector == '{"resource.cpu.usage", "my label"="größe ☃", zone="a"}'
    answer = await monitored.client.post("/series/selections", json={"selector": selector}, headers=headers)
    assert [series["labels"] for series in answer.json()["matched"]] == [dict(CPU)]


async def test_opentelemetry_names_without_a_letter_of_ascii_stay_as_they_are(monitored: MonitoredService) -> None:
    metric = exporter.numbers("温度", (0, 1.0))
    for key in ("場所", "番号"):
        metric.gauge.data_points[0].attributes.add(key=key).value.string_value = key
    _, response = await exporter.push(monitored, exporter.request_of(metric))
    assert not response.partial_success.rejected_data_points, response
    labels = (await exporter.series(monitored))["温度"]
    assert (labels["場所"], labels["番号"]) == ("場所", "番号")
