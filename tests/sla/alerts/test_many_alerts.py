"""Notifications of many alerts, which are recorded in sets."""

from collections.abc import Sequence
from typing import Any

import pytest

from sla.alerts.reports import LARGEST_SET
from tests.sla.alerts.conftest import LABELS, AlertClient, alert, at

FEW, MANY = 2, 30
MOST_QUERIES = 24

Agreement = dict[str, Any]


def alerts_of(count: int, start: float, end: float | None = None) -> list[dict[str, Any]]:
    """Return alerts of different hosts."""
    return [
        alert(start, end, fingerprint=f"{count:04x}{number:012x}", labels=LABELS | {"host": str(number)})
        for number in range(count)
    ]


async def count_queries(alerts: AlertClient, documents: Sequence[dict[str, Any]]) -> int:
    with alerts.sla_client.sla.record_queries() as queries:
        answer = await alerts.push(*documents)
    assert answer.status_code == 200, answer.text
    assert len(answer.json()["incidents"]) in (0, len(documents))
    return len(queries)


@pytest.mark.usefixtures("agreement")
async def test_a_notification_sends_at_most_one_more_query_for_each_more_alert(alerts: AlertClient) -> None:
    await alerts.push(alert(0, fingerprint="aa"))  # it fills caches

    counts = {
        count: [
            await count_queries(alerts, alerts_of(count, 0)),
            await count_queries(alerts, alerts_of(count, 0)),
            await count_queries(alerts, alerts_of(count, 0, 30)),
        ]
        for count in (FEW, MANY)
    }

    assert all(many - few <= MANY - FEW for few, many in zip(counts[FEW], counts[MANY], strict=True))
    assert max(counts[FEW]) <= MOST_QUERIES
    firings = await alerts.firings(firing=False, limit=FEW + MANY)
    assert [len(firing["incident_ids"]) for firing in firings] == [1] * (FEW + MANY)


async def test_more_alerts_than_are_recorded_together_are_all_recorded(alerts: AlertClient) -> None:
    count = LARGEST_SET + 1
    assert (await alerts.push(*alerts_of(count, 0))).json()["firing"] == count
    assert (await alerts.push(*alerts_of(count, 0, 30))).json()["resolved"] == count
    rows = await alerts.firings(firing=False, limit=100)
    assert {(firing["starts_at"], firing["ends_at"]) for firing in rows} == {
        ("2026-02-03T11:00:00Z", "2026-02-03T11:30:00Z")
    }


async def test_of_many_alerts_the_one_whose_incident_was_reported_otherwise_is_refused_alone(
    alerts: AlertClient, agreement: Agreement
) -> None:
    documents, customer_id = alerts_of(3, 0), agreement["customer_id"]
    name = f"{documents[1]['fingerprint']}@{at(0).isoformat()}/{customer_id}"
    event = {"kind": "acknowledged", "incident": name, "event_id": f"{name}/opened", "occurred_at": at(0).isoformat()}
    answer = await alerts.sla_client.sla.client.post(
        "/incidents", json={"source": "alertmanager", "events": [event]}, headers=alerts.headers("manager")
    )
    assert answer.status_code == 202, answer.text

    answer = await alerts.push(*documents)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "alerts")
    assert "with different content" in answer.json()["detail"]
    assert [firing["fingerprint"] for firing in await alerts.firings()] == [
        documents[0]["fingerprint"],
        documents[2]["fingerprint"],
    ]
    assert [len(firing["incident_ids"]) for firing in await alerts.firings()] == [1, 1]


async def test_an_alert_that_is_told_of_twice_in_a_notification_is_recorded_in_that_order(alerts: AlertClient) -> None:
    assert (await alerts.push(alert(0), alert(0, 30), alert(40))).status_code == 200
    assert [firing["ends_at"] for firing in await alerts.firings()] == ["2026-02-03T11:30:00Z", None]
