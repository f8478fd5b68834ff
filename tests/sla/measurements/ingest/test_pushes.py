"""Pushes over HTTP: what is kept, what is refused and how, and that repetition and order change nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import cramjam
import pytest

from common.http import health
from sla.measurements.receivers.remote_write_pb2 import Label, Sample, TimeSeries, WriteRequest
from sla.measurements.samples import STALE_MARKER
from tests.sla.measurements.conftest import MonitoredService

NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
AT = int(NOON.timestamp() * 1000)
UP = {"__name__": "probe_success", "job": "shop"}
PROBE = {"series": [{"selector": "probe_success{job='shop'}"}]}


def minute(number: int) -> int:
    return AT - 3_600_000 + 60_000 * number


async def test_a_push_is_logged_rolled_up_and_shown(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    answer = await monitored.push((UP, [(minute(0), 1.0), (minute(1), 0.0), (minute(2), float(STALE_MARKER))]))
    assert (answer.status_code, answer.content) == (204, b"")
    await monitored.roll_up()
    minutes = await monitored.minutes(indicator, NOON - timedelta(hours=1), 4)
    assert minutes["state"] == ["good", "bad", "unknown", "unknown"]
    assert (minutes["good"], minutes["total"]) == ([1, 0, 0, 0], [1, 1, 0, 0])
    assert await monitored.rows("SELECT * FROM sla.push_pending") == []


async def test_what_was_pushed_before_an_indicator_was_defined_is_measured(monitored: MonitoredService) -> None:
    await monitored.push((UP, [(minute(0), 1.0)]))
    await monitored.roll_up()
    indicator = await monitored.define(**PROBE)
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, NOON - timedelta(hours=1), 1))["state"] == ["good"]


async def test_a_refold_from_the_log_gives_the_same_bytes(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    for number in range(120):
        await monitored.push((UP, [(minute(number - 60), number % 7 > 1)]))
    await monitored.roll_up()
    before = await monitored.stored()
    await monitored.rows("DELETE FROM sla.packed_hours")
    await monitored.rows("DELETE FROM sla.sample_hours")
    path = f"/indicators/{indicator['id']}/refolds"
    assert (await monitored.client.post(path, headers=monitored.headers("admin"))).status_code == 202
    await monitored.roll_up()
    assert await monitored.stored() == before
    assert len(before[0]) == 2


async def test_two_replicas_of_one_prometheus_are_one_series(monitored: MonitoredService) -> None:
    await monitored.define(**PROBE)
    for replica in ("a", "b"):
        await monitored.push((UP | {"prometheus_replica": replica}, [(minute(0), 1.0)]))
    assert [row["labels"] for row in await monitored.rows("SELECT labels FROM sla.series")] == [
        '{"job": "shop", "__name__": "probe_success"}'
    ]


async def test_many_pushes_at_once_share_commits_and_keep_all(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    answers = await asyncio.gather(*(monitored.push((UP, [(minute(number), 1.0)])) for number in range(50)))
    assert {answer.status_code for answer in answers} == {204}
    await asyncio.gather(*(monitored.roll_up() for _ in range(3)))
    await monitored.roll_up()
    assert sum((await monitored.minutes(indicator, NOON - timedelta(hours=1), 50))["total"]) == 50


async def test_a_retired_indicator_takes_nothing_later(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    await monitored.push((UP, [(minute(59), 1.0)]))
    match = monitored.headers("manager") | {"If-Match": indicator["etag"]}
    path = f"/indicators/{indicator['id']}/retirement"
    assert (await monitored.client.post(path, headers=match)).status_code == 200
    monitored.clock.advance(timedelta(minutes=10))
    await monitored.push((UP, [(minute(66), 1.0)]))
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, NOON - timedelta(minutes=1), 10))["total"] == [1, 1, 1, 1, 1, *[0] * 5]


async def test_valid_samples_are_kept_when_others_are_refused(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    answer = await monitored.push(
        (UP, [(minute(0), 1.0), (AT + 11 * 60_000, 1.0)]), ({"job": "nameless"}, [(minute(0), 1.0)])
    )
    assert answer.status_code == 400
    assert "sample 1" in answer.json()["detail"]
    assert "timeseries 2" in answer.json()["detail"]
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, NOON - timedelta(hours=1), 1))["total"] == [1]


@pytest.mark.parametrize(
    ("names", "detail"),
    [
        (["__name__", "job", "job"], "twice"),
        (["__indicator__", "__name__"], "reserved for samples"),
    ],
)
async def test_labels_are_unique_and_not_reserved(monitored: MonitoredService, names: list[str], detail: str) -> None:
    labels = [Label(name=name, value="probe").SerializeToString() for name in names]
    written = TimeSeries(labels=labels, samples=[Sample(value=1, timestamp=AT)]).SerializeToString()
    body = bytes(cramjam.snappy.compress_raw(WriteRequest(timeseries=[written]).SerializeToString()))
    for _ in range(2):
        answer = await monitored.push_raw(body)
        assert answer.status_code == 400
        assert detail in answer.json()["detail"]


@pytest.mark.parametrize(
    ("http_headers", "status"),
    [
        ({"content-type": "application/x-protobuf;proto=io.prometheus.write.v3.Request"}, 415),
        ({"content-type": "application/json"}, 415),
        ({"content-encoding": "gzip"}, 415),
        ({"content-encoding": ""}, 415),
        ({"content-type": 'application/x-protobuf; proto="prometheus.WriteRequest"'}, 204),
        ({"content-type": "Application/X-Protobuf"}, 204),
    ],
)
async def test_types_and_encodings(monitored: MonitoredService, http_headers: dict[str, str], status: int) -> None:
    answer = await monitored.push((UP, [(minute(0), 1.0)]), **http_headers)
    assert answer.status_code == status
    if status == 415:
        assert "application/x-protobuf" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no snappy at all", 400),
        (b"", 400),
        (bytes(cramjam.snappy.compress_raw(b"\xff\xff\xff")), 400),
        (bytes(cramjam.snappy.compress_raw(bytes(33 * 1024 * 1024))), 413),
        (bytes(cramjam.snappy.compress_raw(b"")), 204),
        (bytes(cramjam.snappy.compress_raw(WriteRequest(timeseries=[b"\x0a\xff"]).SerializeToString())), 400),
    ],
)
async def test_bodies_that_cannot_be_read(monitored: MonitoredService, body: bytes, status: int) -> None:
    assert (await monitored.push_raw(body)).status_code == status


async def test_a_monitor_pushes_with_its_key_and_nobody_without(monitored: MonitoredService) -> None:
    body = {"name": "prometheus-frankfurt"}
    answer = await monitored.client.post("/api-keys", json=body, headers=monitored.headers("admin"))
    key = {"Authorization": f"Bearer {answer.json()['key']}"}
    assert (await monitored.push((UP, [(minute(0), 1.0)]), **key)).status_code == 204
    sender = (await monitored.rows("SELECT sender FROM sla.push_batches"))[0]["sender"]
    assert sender == f"key:{answer.json()['prefix']}"
    assert (await monitored.push((UP, [(minute(0), 1.0)]), **monitored.headers("viewer"))).status_code == 403
    assert (await monitored.push((UP, [(minute(0), 1.0)]), Authorization="Bearer x")).status_code == 401


async def test_late_samples_are_noted(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    await monitored.push((UP, [(AT - 30_000, 1.0)]))
    await monitored.roll_up()
    assert await monitored.rows("SELECT * FROM sla.late_arrivals") == []
    await monitored.push((UP, [(minute(-600), 0.0)]))
    await monitored.roll_up()
    late = await monitored.rows("SELECT indicator_id, hour FROM sla.late_arrivals")
    assert [(str(row["indicator_id"]), row["hour"]) for row in late] == [
        (indicator["id"], NOON - timedelta(hours=11)),
    ]


async def test_an_hour_that_a_statement_rests_on_is_noted_however_new_it_is(monitored: MonitoredService) -> None:
    """A push that was accepted just before a closing and is rolled up after it, or a clock that ran ahead."""
    indicator = await monitored.define(**PROBE)
    await monitored.push((UP, [(AT - 30_000, 1.0)]))
    await monitored.rows("UPDATE sla.stated_until SET until = $1", NOON)
    await monitored.roll_up()
    late = await monitored.rows("SELECT indicator_id, hour FROM sla.late_arrivals")
    assert [(str(row["indicator_id"]), row["hour"]) for row in late] == [(indicator["id"], NOON - timedelta(hours=1))]


async def test_a_damaged_push_holds_up_no_other_and_counts_once_repaired(
    monitored: MonitoredService,
) -> None:
    indicator = await monitored.define(**PROBE)
    await monitored.push((UP, [(minute(0), 1.0)]))
    (before,) = await monitored.rows("SELECT id, packed FROM sla.push_batches")
    await monitored.rows("UPDATE sla.push_batches SET packed = 'nonsense'")
    await monitored.push((UP, [(minute(1), 1.0)]))
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, NOON - timedelta(hours=1), 2))["total"] == [0, 1]
    assert [row["problem"] for row in await monitored.rows("SELECT problem FROM sla.push_pending")] != [None]
    (failed_item,) = await health.list_failed_items(monitored.runtime)
    assert (failed_item["duty"], failed_item["item"], failed_item["attempts"]) == (
        "roll-up-measurements",
        f"batch {before['id']}",
        1,
    )
    await monitored.rows("UPDATE sla.push_batches SET packed = $2 WHERE id = $1", *before)
    await monitored.roll_up()  # it is left alone for a while
    assert (await monitored.minutes(indicator, NOON - timedelta(hours=1), 2))["total"] == [0, 1]
    monitored.clock.advance(timedelta(minutes=1))
    await monitored.roll_up()
    assert (await monitored.minutes(indicator, NOON - timedelta(hours=1), 2))["total"] == [1, 1]
    assert await health.list_failed_items(monitored.runtime) == []


async def test_an_indicator_that_fails_holds_up_no_other_and_loses_nothing(
    monitored: MonitoredService,
) -> None:
    ill, well = await monitored.define(**PROBE), await monitored.define(series=[{"selector": "fine"}])
    start = NOON - timedelta(hours=1)
    await monitored.push((UP, [(minute(0), 1.0)]), ({"__name__": "fine"}, [(minute(0), 1.0)]))
    await monitored.roll_up()
    select_hour = "SELECT hour, samples FROM sla.sample_hours WHERE indicator_id = $1"
    (sound_hour,) = await monitored.rows(select_hour, UUID(ill["id"]))
    update_hour = "UPDATE sla.sample_hours SET samples = $3 WHERE indicator_id = $1 AND hour = $2"
    await monitored.rows(update_hour, UUID(ill["id"]), sound_hour["hour"], b"nonsense")
    for number in (1, 2):
        await monitored.push((UP, [(minute(number), 0.0)]), ({"__name__": "fine"}, [(minute(number), 0.0)]))
        await monitored.roll_up()
    assert (await monitored.minutes(well, start, 3))["good"] == [1, 0, 0]
    assert (await monitored.minutes(ill, start, 3))["good"] == [1, 1, 1]  # as the first sample holds
    assert await monitored.rows("SELECT * FROM sla.push_pending") == []
    (failed_item,) = await health.list_failed_items(monitored.runtime)
    (refold,) = await monitored.rows("SELECT id FROM sla.refolds WHERE done_at IS NULL")
    assert (failed_item["duty"], failed_item["item"]) == ("roll-up-measurements", str(refold["id"]))
    await monitored.rows(update_hour, UUID(ill["id"]), sound_hour["hour"], sound_hour["samples"])
    monitored.clock.advance(timedelta(minutes=2))
    await monitored.roll_up()
    assert (await monitored.minutes(ill, start, 3))["good"] == [1, 0, 0]
    assert await health.list_failed_items(monitored.runtime) == []
    assert await monitored.rows("SELECT * FROM sla.refolds WHERE done_at IS NULL") == []


async def test_an_indicator_whose_selector_is_refused_holds_up_no_other_and_loses_nothing(
    monitored: MonitoredService,
) -> None:
    ill, well = await monitored.define(**PROBE), await monitored.define(series=[{"selector": "fine"}])
    await monitored.roll_up()
    (sound,) = await monitored.rows("SELECT series FROM sla.indicators WHERE id = $1", UUID(ill["id"]))
    update_series = "UPDATE sla.indicators SET series = $2, version = version + 1 WHERE id = $1"
    await monitored.rows(update_series, UUID(ill["id"]), '[{"selector": "probe_success{", "part": "value"}]')
    await monitored.push((UP, [(minute(0), 1.0)]), ({"__name__": "fine"}, [(minute(0), 1.0)]))

    await monitored.roll_up()

    start = NOON - timedelta(hours=1)
    assert (await monitored.minutes(well, start, 1))["good"] == [1]
    assert await monitored.rows("SELECT * FROM sla.push_pending") == []
    (failed_item,) = await health.list_failed_items(monitored.runtime)
    (refold,) = await monitored.rows("SELECT id FROM sla.refolds WHERE done_at IS NULL")
    assert (failed_item["duty"], failed_item["item"]) == ("roll-up-measurements", str(refold["id"]))
    assert failed_item["reason"].startswith("InvalidSelector (")
    listed = await monitored.client.get("/series", headers=monitored.headers("viewer"))
    assert [series["indicators"] for series in listed.json()["items"]] == [[], [well["id"]]]

    await monitored.rows(update_series, UUID(ill["id"]), sound["series"])
    monitored.clock.advance(timedelta(minutes=2))
    await monitored.roll_up()

    assert (await monitored.minutes(ill, start, 1))["good"] == [1]
    assert await health.list_failed_items(monitored.runtime) == []


async def test_samples_spread_over_years_are_rolled_up(monitored: MonitoredService) -> None:
    indicator = await monitored.define(**PROBE)
    await monitored.push((UP, [(minute(60 * number), 1.0) for number in range(-3000, 0)]))
    await monitored.roll_up()
    rows = await monitored.rows("SELECT count(*) AS hours FROM sla.packed_hours")
    assert rows[0]["hours"] == 3000
    assert (await monitored.minutes(indicator, NOON - timedelta(hours=1001), 1))["state"] == ["good"]
