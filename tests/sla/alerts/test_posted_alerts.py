"""Alerts that rulers post themselves, in the form of Alertmanager's API v2: they fire until they expire."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from common.testing.fake_issuer import FakeClock
from sla.alerts import expiry_job
from sla.alerts.posted_alerts import compute_fingerprint
from tests.sla.alerts.conftest import LABELS, NONE, AlertClient, alert, at

pytestmark = pytest.mark.usefixtures("agreement")

PATH = "/push/api/v2/alerts"


def posted(start: float | None, until: float | None, **changes: Any) -> dict[str, Any]:
    """Return an alert as a ruler posts it, with times in minutes after eleven."""
    fields = {
        "labels": LABELS,
        "annotations": {"summary": "The shop does not answer."},
        "startsAt": NONE if start is None else at(start).isoformat(),
        "endsAt": NONE if until is None else at(until).isoformat(),
        "generatorURL": "http://prometheus/graph?g0.expr=up",
    }
    return fields | changes


async def post(alerts: AlertClient, *documents: Any, **headers: str) -> httpx.Response:
    headers = {"content-type": "application/json"} | (headers or alerts.headers("admin"))
    return await alerts.sla_client.sla.client.post(PATH, content=json.dumps(documents), headers=headers)


async def expire(alerts: AlertClient) -> None:
    await expiry_job.periodic_job().run(alerts.sla_client.sla.runtime)


async def read_spans(alerts: AlertClient) -> list[tuple[str, str | None]]:
    """Return when the alert fired, which is when its incidents were open."""
    firings = await alerts.firings()
    spans = [(firing["starts_at"], firing["ends_at"]) for firing in firings]
    incidents = [await alerts.get(f"/incidents/{key}") for firing in firings for key in firing["incident_ids"]]
    assert [(incident["opened_at"], incident["resolved_at"]) for incident in incidents] == spans
    return spans


def instant(minutes: float) -> str:
    return at(minutes).isoformat().replace("+00:00", "Z")


async def test_an_alert_fires_as_long_as_it_is_posted(alerts: AlertClient, clock: FakeClock) -> None:
    for minutes in (0, 1, 2, 3):
        clock.now = at(60 + minutes)
        answer = await post(alerts, posted(58, 64 + minutes))
        assert (answer.status_code, answer.json()["firing"]) == (200, 1), answer.text
        await expire(alerts)
    (firing,) = await alerts.firings(firing=True)
    assert firing["links"] == {"generator": "http://prometheus/graph?g0.expr=up"}
    clock.now = at(70)
    await expire(alerts)
    assert await read_spans(alerts) == [(instant(58), instant(67))]


async def test_a_resolved_alert_is_posted_with_its_end(alerts: AlertClient) -> None:
    await post(alerts, posted(50, 64))
    answer = await post(alerts, posted(50, 59))
    assert answer.json()["resolved"] == 1
    assert await read_spans(alerts) == [(instant(50), instant(59))]


async def test_times_that_are_left_out_are_those_of_alertmanager(alerts: AlertClient, clock: FakeClock) -> None:
    times = [posted(None, None, labels=LABELS | {"n": "1"}), posted(None, 55, labels=LABELS | {"n": "2"})]
    without = {name: value for name, value in posted(50, None, labels=LABELS | {"n": "3"}).items() if name != "endsAt"}
    await post(alerts, *times, without)
    assert await read_spans(alerts) == [(instant(60), None), (instant(50), None)]
    clock.now = at(66)
    await expire(alerts)
    assert [end for _, end in await read_spans(alerts)] == [instant(65), instant(65)]


async def test_an_end_without_a_start_ends_what_fires_and_is_no_firing(alerts: AlertClient) -> None:
    assert (await post(alerts, posted(None, 40))).json()["incidents"] == []
    assert await read_spans(alerts) == []
    await post(alerts, posted(45, 64))
    assert len((await post(alerts, posted(None, 50))).json()["incidents"]) == 1
    assert await read_spans(alerts) == [(instant(45), instant(50))]


async def test_an_alert_that_expired_fires_again_as_soon_as_it_is_posted(alerts: AlertClient, clock: FakeClock) -> None:
    await post(alerts, posted(50, 64))
    clock.now = at(65)
    await expire(alerts)
    await post(alerts, posted(50, 69))
    assert await read_spans(alerts) == [(instant(50), None)]
    await expire(alerts)
    assert await read_spans(alerts) == [(instant(50), None)]
    clock.now = at(69)
    await expire(alerts)
    assert await read_spans(alerts) == [(instant(50), instant(69))]


async def test_an_alert_is_one_whether_a_ruler_or_alertmanager_reports_it(alerts: AlertClient) -> None:
    await post(alerts, posted(50, 64))
    await alerts.push(alert(50) | {"fingerprint": compute_fingerprint(LABELS)})
    await alerts.push(alert(50, 58) | {"fingerprint": compute_fingerprint(LABELS)})
    assert await read_spans(alerts) == [(instant(50), instant(58))]


async def test_labels_without_a_value_are_none(alerts: AlertClient) -> None:
    await post(alerts, posted(50, 64), posted(50, 59, labels=LABELS | {"empty": ""}))
    assert await read_spans(alerts) == [(instant(50), instant(59))]


@pytest.mark.parametrize("name", ["annotations", "endsAt", "startsAt", "generatorURL"])
async def test_what_is_null_is_left_out(alerts: AlertClient, name: str) -> None:
    answer = await post(alerts, posted(50, 64, **{name: None}))
    assert (answer.status_code, answer.json()["firing"]) == (200, 1), answer.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"labels": {}}, "[1].labels"),
        ({"labels": {"a": ""}}, "[1].labels"),
        ({"labels": None}, "[1].labels"),
        ({"startsAt": at(71).isoformat()}, "[1].startsAt"),
        ({"startsAt": "yesterday"}, "[1].startsAt"),
        ({"startsAt": at(50).isoformat(), "endsAt": at(49).isoformat()}, "[1].endsAt"),
    ],
)
async def test_an_alert_that_breaks_a_rule_is_named_and_the_others_are_kept(
    alerts: AlertClient, changes: dict[str, Any], field: str
) -> None:
    first, last = (posted(50, 64, labels=LABELS | {"n": n}) for n in "13")
    answer = await post(alerts, first, posted(50, 64) | changes, last)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert [firing["labels"]["n"] for firing in await alerts.firings()] == ["1", "3"]


async def test_what_is_no_array_is_refused(alerts: AlertClient) -> None:
    headers = {"content-type": "application/json"} | alerts.headers("admin")
    for body in (b"", b"{}", b"null", b"[" * 5000):
        answer = await alerts.sla_client.sla.client.post(PATH, content=body, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (400, "/sla/v1/problems/alerts-unreadable")


async def test_what_unfolds_is_refused_before_it_takes_memory(alerts: AlertClient) -> None:
    for path in (PATH, "/push/alertmanager"):
        content = b"[" + b"[]," * 1_000_001 + b"[]]"
        answer = await alerts.sla_client.sla.client.post(path, content=content, headers=alerts.headers("admin"))
        assert (answer.status_code, answer.json()["type"]) == (413, "/sla/v1/problems/too-large")


async def test_only_monitors_post_alerts(alerts: AlertClient) -> None:
    assert (await post(alerts, posted(50, 64), **alerts.headers("manager"))).status_code == 403
    client = alerts.sla_client.sla.client
    key = (await client.post("/api-keys", json={"name": "ruler"}, headers=alerts.headers("admin"))).json()["key"]
    assert (await post(alerts, posted(50, 64), authorization=f"Bearer {key}")).status_code == 200


def test_the_fingerprint_is_that_of_alertmanager() -> None:
    """These are of a real one; `tests/senders/test_alertmanager.py` compares another."""
    labels = {"severity": "critical", "A": "x", "alertname": "ShopDown", "service": "Täglicher Laden"}
    assert compute_fingerprint(labels) == "64d58f2cfe180e79"
    assert compute_fingerprint({"a": "b"}) == "d2b371819297f98a"


async def test_alerts_that_do_not_expire_are_left_alone(alerts: AlertClient, clock: FakeClock) -> None:
    await alerts.push(alert(0))
    clock.now += timedelta(days=1)
    await expire(alerts)
    assert await read_spans(alerts) == [(instant(0), None)]
