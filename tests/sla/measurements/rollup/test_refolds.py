"""Refolds over HTTP: rolling the log of pushes up again stores the same bytes, for a window or all of it."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from sla.measurements.histograms.point import HistogramPoint, HistogramReading
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
BEGIN = NOON - timedelta(hours=5)
SERIES = [{"selector": "requests", "part": "total"}, {"selector": 'requests{code="500"}', "part": "bad"}]
DEFINED = (
    {"series": [{"selector": "probe_success"}]},
    {"kind": "ratio", "series": SERIES},
    {"kind": "histogram", "threshold": 0.5, "series": [{"selector": "answer_seconds"}]},
    {"kind": "latency", "threshold": 0.5, "series": [{"selector": "slow_seconds"}], "holds_for": 60},
    {"kind": "volume", "series": [{"selector": "requests", "part": "total"}]},
)


async def push_much(monitored: MonitoredService) -> None:
    """Five hours of everything, by two replicas, in any order, a third of it again, rolled up now and then."""
    chance = np.random.default_rng(11)
    at = int(BEGIN.timestamp() * 1000)
    samples = [
        (name, at + 20_000 * step + int(chance.integers(3)) * 1000, value)
        for step in range(900)
        for name, value in (
            ({"__name__": "probe_success"}, float(chance.random() > 0.1)),
            ({"__name__": "requests", "code": "200"}, float(step % 400)),
            ({"__name__": "requests", "code": "500"}, float(step % 400 // 7)),
            ({"__name__": "slow_seconds"}, float(chance.exponential(0.4))),
            *(
                ({"__name__": "answer_seconds_bucket", "le": edge, "n": "1"}, float(step * share))
                for edge, share in (("0.5", 3), ("1.0", 5), ("+Inf", 6))
            ),
        )
    ]
    points = [
        HistogramPoint.from_exponential(
            HistogramReading(at + 20_000 * step, sum=math.nan),
            schema=2 - step // 400,
            count=9 * step,
            positive=[(-4, 7 * step), (1, step)],
        )
        for step in range(900)
    ]
    order = chance.permutation(len(samples)).tolist()
    batches: list[Any] = [
        [samples[place] for place in order[first : first + 300]] for first in range(0, len(order), 300)
    ]
    batches += [[points[place] for place in chance.permutation(900).tolist()[:150]] for _ in range(12)]
    again = [*range(len(batches)), *chance.choice(len(batches), len(batches) // 3).tolist()]
    for number, batch_number in enumerate(chance.permutation(again).tolist()):
        batch, replica = batches[batch_number], {"prometheus_replica": "ab"[number % 2]}
        if isinstance(batch[0], HistogramPoint):
            await monitored.push_histograms(({"__name__": "answer_seconds"} | replica, batch))
        else:
            await monitored.push(*((labels | replica, [(instant, value)]) for labels, instant, value in batch))
        if number % 5 == 0:
            await monitored.roll_up()
    await monitored.roll_up()


async def refold(
    monitored: MonitoredService, indicator: dict[str, Any], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    path = f"/indicators/{indicator['id']}/refolds"
    answer = await monitored.client.post(path, json=body, headers=monitored.headers("admin"))
    assert answer.status_code == 202, answer.text
    await monitored.roll_up()
    listed = await monitored.client.get(path, headers=monitored.headers("viewer"))
    return next(job for job in listed.json()["items"] if job["id"] == answer.json()["id"])  # type: ignore[no-any-return]


async def test_a_refold_stores_the_same_bytes(monitored: MonitoredService) -> None:
    indicators = [await monitored.define(**fields) for fields in DEFINED]
    await push_much(monitored)
    before = await monitored.stored()
    assert (len(before[0]), len(before[2])) == (5 * len(DEFINED), 5)
    for indicator in indicators:
        assert (await refold(monitored, indicator))["hours_changed"] == 0
    await monitored.rows("TRUNCATE sla.sample_hours, sla.packed_hours, sla.observed_hours")
    for indicator in indicators:
        refolded = await refold(monitored, indicator)
        assert refolded["hours_changed"] >= 5
        assert refolded["done_at"] is not None
    assert await monitored.stored() == before


async def test_a_refold_computes_minutes_anew_from_the_samples_that_are_stored(monitored: MonitoredService) -> None:
    indicator = await monitored.define(series=[{"selector": "up"}])
    await monitored.push(({"__name__": "up"}, [(int(BEGIN.timestamp() * 1000), 1.0)]))
    await monitored.roll_up()
    before = await monitored.stored()
    await monitored.rows("UPDATE sla.packed_hours SET minutes = set_byte(minutes, 1, 7)")

    refolded = await refold(monitored, indicator)

    assert (refolded["hours_changed"], await monitored.stored()) == (1, before)


async def test_the_refold_of_a_retired_indicator_that_cannot_be_read_is_done(monitored: MonitoredService) -> None:
    indicator = await monitored.define(series=[{"selector": "up"}])
    broken = """UPDATE sla.indicators SET series = '[{"selector": "up{", "part": "value"}]', version = version + 1"""
    await monitored.rows(broken)
    await monitored.push(({"__name__": "up"}, [(int(BEGIN.timestamp() * 1000), 1.0)]))
    await monitored.roll_up()
    failed = await monitored.rows("SELECT FROM sla.setbacks")
    await monitored.rows("UPDATE sla.indicators SET retired_at = now(), version = version + 1")

    monitored.clock.advance(timedelta(hours=3))
    await monitored.roll_up()

    query = "SELECT FROM sla.refolds WHERE indicator_id = $1 AND done_at IS NULL"
    waiting = await monitored.rows(query, indicator["id"])
    assert (waiting, await monitored.rows("SELECT FROM sla.setbacks")) == ([], [])
    assert failed


async def test_a_refold_of_a_window_changes_only_its_hours(monitored: MonitoredService) -> None:
    indicator = await monitored.define(series=[{"selector": "up"}])
    samples = [(int((BEGIN + timedelta(minutes=20 * step)).timestamp() * 1000), 1.0) for step in range(15)]
    await monitored.push(({"__name__": "up"}, samples))
    await monitored.roll_up()
    await monitored.rows("DELETE FROM sla.packed_hours")
    await monitored.rows("DELETE FROM sla.sample_hours")
    window = {"from": (BEGIN + timedelta(hours=1)).isoformat(), "to": (BEGIN + timedelta(hours=2)).isoformat()}
    refolded = await refold(monitored, indicator, window)
    assert (refolded["batches"], refolded["hours_changed"], refolded["requested_by"]) == (1, 1, "admin")
    assert [row["hour"] for row in await monitored.rows("SELECT hour FROM sla.packed_hours")] == [
        BEGIN + timedelta(hours=1)
    ]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"from": "2026-02-03T10:00:00Z", "to": "2026-02-03T10:00:00Z"}, 422),
        ({"from": "2026-02-03"}, 422),
        ({"since": "2026-02-03T10:00:00Z"}, 422),
        ({"from": "2026-02-03T10:00:00Z"}, 202),
        ({}, 202),
    ],
)
async def test_windows_of_refolds(monitored: MonitoredService, body: dict[str, str], status: int) -> None:
    indicator = await monitored.define()
    path = f"/indicators/{indicator['id']}/refolds"
    assert (await monitored.client.post(path, json=body, headers=monitored.headers("admin"))).status_code == status


async def test_only_admins_request_refolds_and_only_of_existing_indicators(monitored: MonitoredService) -> None:
    indicator = await monitored.define()
    path = f"/indicators/{indicator['id']}/refolds"
    assert (await monitored.client.post(path, headers=monitored.headers("manager"))).status_code == 403
    nobody = "/indicators/01900000-0000-7000-8000-000000000001/refolds"
    assert (await monitored.client.post(nobody, headers=monitored.headers("admin"))).status_code == 404
    assert (await monitored.client.get(nobody, headers=monitored.headers("viewer"))).status_code == 404


async def test_a_new_name_causes_no_refold(monitored: MonitoredService) -> None:
    indicator = await monitored.define()
    path, match = f"/indicators/{indicator['id']}", monitored.headers("manager") | {"If-Match": indicator["etag"]}
    body = {"name": "Other", "description": "x", "unit": "s", "silent_after": 3600}
    changed = await monitored.client.patch(path, json=body, headers=match)
    assert changed.status_code == 200
    assert len(await monitored.rows("SELECT FROM sla.refolds")) == 1
    match["If-Match"] = changed.headers["etag"]
    assert (await monitored.client.patch(path, json={"holds_for": 60}, headers=match)).status_code == 200
    assert len(await monitored.rows("SELECT FROM sla.refolds")) == 2
