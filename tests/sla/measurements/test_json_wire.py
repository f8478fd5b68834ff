"""JSON samples that take long to refuse, or are meant to."""

import json
import time

import pytest

from tests.sla.measurements.conftest import MonitoredService

AT = "2026-02-03T11:00:00Z"


async def test_a_series_of_very_many_labels_is_refused_at_once(monitored: MonitoredService) -> None:
    labels = ", ".join(f'"l{number}": ""' for number in range(200_000))
    sample = f'{{"series": {{{labels}}}, "at": "{AT}", "value": 1}}'
    began = time.process_time()
    answer = await monitored.push_json(f'{{"samples": [{sample}]}}')
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "samples[0].series")
    assert time.process_time() - began < 10


@pytest.mark.parametrize("depth", [100, 500, 800, 900, 950, 980, 2000])
@pytest.mark.parametrize("padding", [0, 300 * 1024])
async def test_however_deep_it_is(monitored: MonitoredService, depth: int, padding: int) -> None:
    """Also in a thread, where larger bodies are read."""
    body = '{"samples": ' + "[" * depth + "]" * depth + "}" + " " * padding
    assert (await monitored.push_json(body)).status_code in (400, 422)


async def test_long_ago_and_the_edge_of_what_may_lie_ahead(monitored: MonitoredService) -> None:
    sample = {"series": {"__name__": "up"}, "value": 1}
    for at, status in (
        ("1970-01-01T00:00:00Z", 202),
        ("2026-02-03T12:10:00Z", 202),
        ("2026-02-03T12:10:00.001Z", 422),
        ("9999-12-31T23:59:59Z", 422),
        ("0001-01-01T00:00:00+14:00", 422),
        ("2026-02-30T00:00:00Z", 422),
    ):
        answer = await monitored.push_json(json.dumps({"samples": [sample | {"at": at}]}))
        assert answer.status_code == status, at
    await monitored.define(series=[{"selector": "up"}])
    await monitored.roll_up()
    assert await monitored.rows("SELECT * FROM sla.push_pending") == []
