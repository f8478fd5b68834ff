"""Notifications as Alertmanager may send them: repeated, in any order, with fields missing or from other versions."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import orjson
import pytest

from tests.sla.alerts.conftest import NOON, AlertClient, alert, at

NANOSECONDS = "2026-02-03T11:00:00.123456789Z"


async def read_intervals(alerts: AlertClient) -> list[tuple[str, str | None]]:
    return sorted((firing["starts_at"], firing["ends_at"]) for firing in await alerts.firings())


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_any_order_and_repetition_says_the_same(alerts: AlertClient, order: tuple[int, ...]) -> None:
    """It fired, ended, and fired anew."""
    reports = [alert(0), alert(0, 10), alert(20)]
    for place in [*order, *order]:
        assert (await alerts.push(reports[place])).status_code == 200
    assert await read_intervals(alerts) == [
        ("2026-02-03T11:00:00Z", "2026-02-03T11:10:00Z"),
        ("2026-02-03T11:20:00Z", None),
    ]


async def test_an_alert_resolved_at_its_start_did_not_fire(alerts: AlertClient) -> None:
    assert (await alerts.push(alert(0, 0))).json()["resolved"] == 1
    assert (await alerts.push(alert(0))).status_code == 200
    assert await read_intervals(alerts) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"startsAt": None}, "startsAt"),
        ({"startsAt": "0001-01-01T00:00:00Z"}, "startsAt"),
        ({"startsAt": "9999-12-31T23:59:59Z"}, "startsAt"),
        ({"startsAt": (NOON + timedelta(minutes=11)).isoformat()}, "startsAt"),
        ({"startsAt": 1770116400}, "startsAt"),
        ({"status": "suppressed"}, "status"),
        ({"status": "resolved"}, "endsAt"),
        ({"status": "resolved", "endsAt": at(-1).isoformat()}, "endsAt"),
        ({"fingerprint": "XYZ"}, "fingerprint"),
        ({"fingerprint": ""}, "fingerprint"),
        ({"labels": None}, "labels"),
        ({"labels": {"a": 1}}, "labels.a"),
    ],
)
async def test_a_wrong_field_is_named_and_the_other_alerts_are_kept(
    alerts: AlertClient, changes: dict[str, Any], field: str
) -> None:
    for _ in range(2):
        answer = await alerts.push(alert(0) | {"fingerprint": "aa"}, alert(0) | changes)
        assert answer.status_code == 400
        assert [error["field"] for error in answer.json()["errors"]] == [f"alerts[1].{field}"]
    assert len(await alerts.firings()) == 1


@pytest.mark.parametrize("missing", ["status", "labels", "startsAt", "fingerprint"])
async def test_a_missing_field_is_named(alerts: AlertClient, missing: str) -> None:
    incomplete = {name: value for name, value in alert(0).items() if name != missing}
    answer = await alerts.push(incomplete)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, f"alerts[0].{missing}")


@pytest.mark.parametrize("missing", ["endsAt", "annotations", "generatorURL"])
async def test_fields_that_may_be_missing(alerts: AlertClient, missing: str) -> None:
    incomplete = {name: value for name, value in (alert(0) | {"startsAt": NANOSECONDS}).items() if name != missing}
    assert (await alerts.push(incomplete)).status_code == 200


@pytest.mark.parametrize("name", ["endsAt", "annotations", "generatorURL", "values", "valueString", "dashboardURL"])
async def test_what_is_null_is_left_out(alerts: AlertClient, name: str) -> None:
    assert (await alerts.push(alert(0) | {name: None})).status_code == 200


@pytest.mark.parametrize("version", ["3", "5", 4, None])
async def test_other_versions_are_refused(alerts: AlertClient, version: Any) -> None:
    answer = await alerts.push_raw(orjson.dumps({"version": version, "alerts": [alert(0)]}))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "version")
    assert await alerts.firings() == []
