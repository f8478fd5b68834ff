"""Two real Alertmanagers that know nothing of each other tell the same alert through what fails at times."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sla.alerts.posted_alerts import compute_fingerprint
from tests.journeys.caller import agree
from tests.senders.alertmanager import Alertmanager
from tests.senders.conftest import Receiver, until

pytestmark = pytest.mark.senders

NAME = "Alerted shop"
LABELS = {"alertname": "ShopDown", "severity": "critical", "service": NAME}


def terms(indicator: str) -> dict[str, Any]:
    up = {"name": "Up", "kind": "availability", "indicator_id": indicator, "target": "99", "method": "time"}
    return {
        "name": NAME,
        "service_hours": {"timezone": "UTC", "hours": "24x7", "closures": []},
        "objectives": [up | {"missing": "good", "coverage_floor": "0"}],
        "starts_on": (datetime.now(UTC) - timedelta(days=1)).date().replace(day=1).isoformat(),  # before the alert
    }


async def test_an_alert_is_one_incident_and_downtime_until_it_is_over(receiver: Receiver, home: Path) -> None:
    indicator = receiver.define(kind="availability", series=[{"selector": 'rapport_alert{alertname="ShopDown"}'}])
    agree(receiver.house, receiver.manager, NAME, terms(indicator))
    began = time.time()
    starts_at = datetime.now(UTC) - timedelta(minutes=3)
    async with AsyncExitStack() as stack:
        programs = []
        for replica in "ab":
            program = Alertmanager(
                home / f"alertmanager-{replica}", f"{receiver.between.url}/sla/v1/push/alertmanager", receiver.key
            )
            programs.append(await stack.enter_async_context(program))
        for program in programs:
            await program.tell(LABELS, starts_at)
        await until(lambda: incidents(receiver), ["open"])
        for _ in range(4):  # repeated, as long as it fires
            await asyncio.sleep(1)
        ends_at = datetime.now(UTC)
        for program in programs:
            await program.tell(LABELS, starts_at, ends_at)
        await until(lambda: incidents(receiver), ["resolved"])
        await until(lambda: len(receiver.between.answers) > 4, expected=True)
    firings = receiver.manager.get("/sla/v1/alerts", limit=200)["items"]
    (firing,) = [firing for firing in firings if firing["labels"]["alertname"] == LABELS["alertname"]]
    assert firing["fingerprint"] == compute_fingerprint(LABELS)
    assert [instant(firing[name]) for name in ("starts_at", "ends_at")] == [
        to_milliseconds(starts_at),
        to_milliseconds(ends_at),
    ]
    assert incidents(receiver) == ["resolved"]
    minutes = receiver.minutes(indicator, began - 240)
    first = datetime.fromisoformat(minutes["from"])
    down = [first + timedelta(minutes=n) for n, state in enumerate(minutes["state"]) if state == "bad"]
    assert down == minutes_touched(starts_at, ends_at)
    assert set(receiver.between.answers) == {200}
    assert receiver.between.failed > 1


def incidents(receiver: Receiver) -> list[str]:
    """List the states of the incidents of this alert; other tests have other alerts on the same stack."""
    incidents = receiver.manager.get("/sla/v1/incidents", source="alertmanager", limit=200)["items"]
    return [incident["state"] for incident in incidents if incident["title"] == LABELS["alertname"]]


def instant(text: str) -> datetime:
    return to_milliseconds(datetime.fromisoformat(text))


def to_milliseconds(at: datetime) -> datetime:
    """To the millisecond, which is what Alertmanager keeps."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def minutes_touched(starts_at: datetime, ends_at: datetime) -> list[datetime]:
    minute, minutes = starts_at.replace(second=0, microsecond=0), []
    while minute < ends_at:
        minutes.append(minute)
        minute += timedelta(minutes=1)
    return minutes
