"""Notifications of Alertmanager: once, again, late, in any order, by two of it; and what is refused."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from common.testing.fake_issuer import FakeClock
from published.sla import IndicatorWentSilent
from sla.corrections.store import lock_due_corrections
from sla.indicators.model import Indicator
from sla.indicators.silence_job import emit_silence_changes
from sla.indicators.store import list_ids_with_changed_silence
from tests.sla.alerts.conftest import LABELS, NONE, AlertClient, alert, at, notification

BOUND = {"selector": 'rapport_alert{alertname="ShopDown"}'}


async def test_an_alert_fires_and_is_over(alerts: AlertClient) -> None:
    answer = await alerts.push(alert(0))
    assert (answer.status_code, answer.json()) == (
        200,
        {"firing": 1, "resolved": 0, "incidents": [], "truncated_alerts": 0},
    )
    assert [firing["ends_at"] for firing in await alerts.firings(firing=True)] == [None]
    assert (await alerts.push(alert(0, 30))).json()["resolved"] == 1
    (firing,) = await alerts.firings()
    assert (firing["starts_at"], firing["ends_at"]) == ("2026-02-03T11:00:00Z", "2026-02-03T11:30:00Z")
    assert firing["labels"] == LABELS
    assert await alerts.firings(firing=True) == []


async def test_an_agreed_service_gets_an_incident_that_is_resolved_when_the_alert_is(
    alerts: AlertClient, agreement: dict[str, Any]
) -> None:
    (opened,) = (await alerts.push(alert(0))).json()["incidents"]
    incident = await alerts.get(f"/incidents/{opened}")
    assert (incident["state"], incident["title"], incident["priority"]) == ("open", "ShopDown", 1)
    assert incident["customer_id"] == agreement["customer_id"]
    assert (await alerts.push(alert(0, 30))).json()["incidents"] == [opened]
    assert (await alerts.get(f"/incidents/{opened}"))["state"] == "resolved"


@pytest.mark.usefixtures("agreement")
async def test_any_order_and_repetition_come_to_the_same(alerts: AlertClient) -> None:
    """Another replica of the monitor saw it five seconds earlier; another Alertmanager resolved it a minute later."""
    reports = [alert(0), alert(-5 / 60), alert(0, 30), alert(-5 / 60, 31)]
    for number, order in enumerate(itertools.permutations(reports)):
        fingerprint = f"{number:016x}"
        for document in (*order, *order):
            assert (await alerts.push(document | {"fingerprint": fingerprint})).status_code == 200
        (firing,) = await alerts.firings(fingerprint=fingerprint)
        assert (firing["starts_at"], firing["ends_at"]) == ("2026-02-03T10:59:55Z", "2026-02-03T11:31:00Z"), order
        (incident,) = [
            incident
            for incident in (await alerts.get("/incidents", limit=200))["items"]
            if incident["external_id"].startswith(fingerprint)
        ]
        assert incident["state"] == "resolved"


async def test_firing_again_is_another_firing(alerts: AlertClient) -> None:
    await alerts.push(alert(0, 10), alert(10, 20), alert(30))
    assert [firing["starts_at"][11:16] for firing in await alerts.firings()] == ["11:00", "11:10", "11:30"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startsAt": "yesterday"}, "alerts[1].startsAt"),
        ({"startsAt": at(71).isoformat()}, "alerts[1].startsAt"),
        ({"startsAt": NONE}, "alerts[1].startsAt"),
        ({"startsAt": "0001-01-01T00:00:00+14:00"}, "alerts[1].startsAt"),
        ({"startsAt": "9999-12-31T23:59:59-14:00"}, "alerts[1].startsAt"),
        ({"status": "resolved", "endsAt": NONE}, "alerts[1].endsAt"),
        ({"status": "resolved", "endsAt": at(-1).isoformat()}, "alerts[1].endsAt"),
        ({"status": "resolved", "endsAt": at(71).isoformat()}, "alerts[1].endsAt"),
        ({"status": "silenced"}, "alerts[1].status"),
        ({"labels": {"a": 1}}, "alerts[1].labels.a"),
        ({"labels": None}, "alerts[1].labels"),
        ({"fingerprint": "../.."}, "alerts[1].fingerprint"),
    ],
)
async def test_an_alert_that_breaks_a_rule_is_named_and_the_others_are_kept(
    alerts: AlertClient, changes: dict[str, Any], field: str
) -> None:
    good = alert(0) | {"fingerprint": "aa"}
    answer = await alerts.push(good, alert(0) | changes, alert(5) | {"fingerprint": "bb"})
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert [firing["fingerprint"] for firing in await alerts.firings()] == ["aa", "bb"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", None),
        (b"{", None),
        (b'{"version": "4", "alerts": [], "receiver": "\xff"}', None),
        (b"[" * 5000, None),
        (b"[]", "body"),
        (notification(alert(0), version="3"), "version"),
        (notification(alert(0), version=4), "version"),
        (notification(alerts={}), "alerts"),
        (notification(truncatedAlerts=-1), "truncatedAlerts"),
        (json.dumps({"version": "4"}).encode(), "alerts"),
    ],
)
async def test_a_body_that_is_no_notification_is_refused(alerts: AlertClient, body: bytes, field: str | None) -> None:
    answer = await alerts.push_raw(body)
    assert answer.status_code == 400, answer.text
    assert [error["field"] for error in answer.json().get("errors", [])] == ([field] if field else [])


async def test_fields_of_later_versions_and_nanoseconds_are_ignored(alerts: AlertClient) -> None:
    start = at(0).strftime("%Y-%m-%dT%H:%M:%S") + ".123456789+00:00"
    answer = await alerts.push(alert(0) | {"startsAt": start, "severityScore": 3}, newField=[1], truncatedAlerts=7)
    assert (answer.status_code, answer.json()["truncated_alerts"]) == (200, 7)
    assert (await alerts.firings())[0]["starts_at"] == "2026-02-03T11:00:00.123456Z"


async def test_roles_that_may_push_and_read(alerts: AlertClient) -> None:
    client, headers = alerts.sla_client.sla.client, alerts.headers
    for role, status in (("manager", 403), ("viewer", 403), ("customer", 403)):
        role_headers = headers(role, alerts.sla_client.customer_id) if role == "customer" else headers(role)
        assert (
            await client.post("/push/alertmanager", content=notification(), headers=role_headers)
        ).status_code == status
    assert (await client.post("/push/alertmanager", content=notification())).status_code == 401
    assert (await client.get("/alerts", headers=headers("customer", alerts.sla_client.customer_id))).status_code == 403
    created = await client.post("/api-keys", json={"name": "alertmanager"}, headers=headers("admin"))
    key = {"authorization": f"Bearer {created.json()['key']}"}
    assert (await client.post("/push/alertmanager", content=notification(alert(0)), headers=key)).status_code == 200
    assert (await client.get("/alerts", headers=key)).status_code == 403


@pytest.mark.usefixtures("agreement")
async def test_an_alert_that_alertmanager_does_not_end_is_ended_by_hand_and_stays_ended(alerts: AlertClient) -> None:
    (opened,) = (await alerts.push(alert(0))).json()["incidents"]
    (firing,) = await alerts.firings()
    path, client = f"/alerts/{firing['id']}/end", alerts.sla_client.sla.client
    match = alerts.headers("manager") | {"If-Match": f'"{firing["version"]}"'}

    async def end(minutes: float, **headers: str) -> Any:
        body = {"ended_at": at(minutes).isoformat(), "reason": "The notification was lost."}
        return await client.post(path, json=body, headers=match | headers)

    for minutes in (-1, 61):
        refused = await end(minutes)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "ended_at")
    assert (await end(20, **{"If-Match": '"9"'})).status_code == 412
    assert (await end(20, **alerts.headers("owner"))).status_code == 403
    answer = await end(20)
    assert (answer.status_code, answer.json()["end_reason"]) == (200, "The notification was lost.")
    assert (await alerts.get(f"/incidents/{opened}"))["state"] == "resolved"
    again = await end(25, **{"If-Match": answer.headers["etag"]})
    assert (again.status_code, again.json()["type"]) == (409, "/sla/v1/problems/alert-already-ended")
    await alerts.push(alert(0, 40))
    assert (await alerts.get(f"/alerts/{firing['id']}"))["ends_at"] == "2026-02-03T11:20:00Z"


async def test_an_availability_bound_to_an_alert_is_down_while_it_fires(alerts: AlertClient) -> None:
    indicator = (await alerts.bind()).json()["id"]
    other_indicator = (await alerts.bind('rapport_alert{alertname="Another"}')).json()["id"]
    await alerts.push(alert(10.5))
    assert await alerts.states(indicator, 9, 3) == ["unknown", "bad", "bad"]
    assert await alerts.states(indicator, 59, 3) == ["bad", "unknown", "unknown"]  # it still fires, at noon
    await alerts.push(alert(10.5, 12))
    assert await alerts.states(indicator, 9, 5) == ["unknown", "bad", "bad", "unknown", "unknown"]
    assert await alerts.states(other_indicator, 9, 5) == ["unknown"] * 5


async def test_only_an_availability_can_be_bound_to_alerts(alerts: AlertClient) -> None:
    answer = await alerts.bind(kind="gauge", good_when="above", threshold=1)
    assert (answer.status_code, answer.json()["type"]) == (422, "/sla/v1/problems/series-parts-mismatch")


async def test_no_alert_is_no_silence(alerts: AlertClient, clock: FakeClock) -> None:
    alert_only = (await alerts.bind(silent_after=60)).json()["id"]
    alert_and_probe = (await alerts.bind(silent_after=60, series=[BOUND, {"selector": "probe_success"}])).json()["id"]
    clock.now = datetime.now(UTC) + timedelta(hours=1)
    async with alerts.sla_client.sla.begin() as work:
        await emit_silence_changes(work, await list_ids_with_changed_silence(work))
        silent = {str(event.indicator_id) for event in work.events if isinstance(event, IndicatorWentSilent)}
    assert alert_and_probe in silent
    assert alert_only not in silent


async def list_corrections(alerts: AlertClient) -> list[tuple[str, str]]:
    async with alerts.sla_client.sla.begin() as work:
        due = await lock_due_corrections(work, 100)
        return [(row.window_from.strftime("%H:%M"), row.window_to.strftime("%H:%M")) for row in due]


async def test_downtime_that_is_reported_late_has_closed_periods_corrected(alerts: AlertClient) -> None:
    indicator = (await alerts.bind()).json()["id"]
    await replace(alerts.sla_client, indicator_id=UUID(indicator)).signed()
    await alerts.push(alert(55))
    assert await list_corrections(alerts) == []  # in time
    await alerts.push(alert(0, 20) | {"fingerprint": "aa"})
    assert await list_corrections(alerts) == [("11:00", "11:20")]
    await alerts.push(alert(0, 25) | {"fingerprint": "aa"})
    assert (await list_corrections(alerts))[1:] == [("11:20", "11:25")]
    await alerts.push(alert(0, 25) | {"fingerprint": "aa", "labels": LABELS | {"alertname": "Another"}})
    assert len(await list_corrections(alerts)) == 2


@pytest.mark.usefixtures("agreement")
@pytest.mark.parametrize("name", ["x" * 3000, " ", "\n", "\t" * 300, "", "ü" * 250])
async def test_any_name_of_an_alert_makes_a_title(alerts: AlertClient, name: str) -> None:
    answer = await alerts.push(alert(0) | {"labels": LABELS | {"alertname": name}})
    assert answer.status_code == 200, answer.text
    (opened,) = answer.json()["incidents"]
    assert 0 < len((await alerts.get(f"/incidents/{opened}"))["title"]) <= 200


@pytest.mark.usefixtures("agreement")
@pytest.mark.parametrize(
    "labels", [{"customer_id": "nobody"}, {"customer_id": ""}, {"service": "\n"}, {"severity": "ß"}]
)
async def test_labels_that_mean_nothing_are_no_error(alerts: AlertClient, labels: dict[str, str]) -> None:
    assert (await alerts.push(alert(0) | {"labels": LABELS | labels})).status_code == 200


@pytest.mark.usefixtures("agreement")
@pytest.mark.parametrize(
    ("changes", "field", "kept"),
    [
        ({"annotations": {"a": "x" * 20_001}}, "annotations", {"a": "x" * 19_999 + "…"}),
        ({"annotations": {"a" * 300: "b"}}, "annotations", {"a" * 199 + "…": "b"}),
        (
            {"annotations": {f"{number:03}": "" for number in range(300)}},
            "annotations",
            {f"{n:03}": "" for n in range(200)},
        ),
        ({"labels": LABELS | {"a": "x" * 100_000}}, "labels", LABELS | {"a": "x" * 19_999 + "…"}),
        ({"labels": LABELS | {"a": "be\x00fore"}}, "labels", LABELS | {"a": "be\ufffdfore"}),
        ({"generatorURL": "http://p/" + "x" * 30_000}, "links", {"generator": "http://p/" + "x" * 19_990 + "…"}),
        ({"generatorURL": ["no", "address"]}, "links", {}),
        ({"generatorURL": None}, "links", {}),
        ({"generatorURL": "javascript:alert(1)"}, "links", {}),
        ({"generatorURL": "HTTPS://prometheus/graph"}, "links", {"generator": "HTTPS://prometheus/graph"}),
    ],
)
async def test_what_a_machine_writes_too_long_or_oddly_is_cut_or_replaced_and_the_alert_kept(
    alerts: AlertClient, changes: dict[str, Any], field: str, kept: dict[str, str]
) -> None:
    long = "x" * 30_000
    answer = await alerts.push(
        alert(0) | changes, receiver=long, groupKey=long, externalURL=long, groupLabels={"a": long}
    )
    assert (answer.status_code, len(answer.json()["incidents"])) == (200, 1), answer.text
    assert [firing[field] for firing in await alerts.firings()] == [kept]
    assert (await alerts.push(alert(0, 10) | changes)).status_code == 200
    assert len(await alerts.firings(firing=False)) == 1


@pytest.mark.usefixtures("agreement")
async def test_an_indicator_whose_stored_selector_cannot_be_read_stops_no_alert(alerts: AlertClient) -> None:
    indicator = (await alerts.bind()).json()["id"]
    await replace(alerts.sla_client, indicator_id=UUID(indicator)).signed()
    unreadable = (await alerts.bind('rapport_alert{alertname="Other"}')).json()["id"]
    async with alerts.sla_client.sla.begin() as work:
        series = [{"selector": "rapport_alert{", "part": "value"}]
        (await work.get(Indicator, UUID(unreadable))).series = series

    answer = await alerts.push(alert(0, 20))

    assert (answer.status_code, len(answer.json()["incidents"])) == (200, 1), answer.text
    assert await list_corrections(alerts) == [("11:00", "11:20")]
    window = {"from": at(0).isoformat(), "to": at(5).isoformat()}
    headers = alerts.headers("manager")
    refused = await alerts.sla_client.sla.client.get(
        f"/indicators/{unreadable}/minutes", params=window, headers=headers
    )
    assert (refused.status_code, refused.json()["type"]) == (422, "/sla/v1/problems/invalid-selector")
