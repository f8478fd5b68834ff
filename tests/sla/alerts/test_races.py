"""Many Alertmanagers at once, on transactions of their own."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.sla.alerts.conftest import alert, notification
from tests.sla.measurements.conftest import monitored, pushed_to_url, service_on

__all__ = ["monitored", "pushed_to_url", "service_on"]


@pytest.fixture
async def emptied(monitored: Any) -> AsyncIterator[Any]:
    yield monitored
    await monitored.rows("TRUNCATE sla.alert_firings")


async def test_reports_of_an_alert_at_once_make_one_firing(emptied: Any) -> None:
    """By two replicas of a monitor that saw it five seconds apart, firing and already over."""
    reports = [alert(0), alert(-5 / 60), alert(0, 30), alert(-5 / 60, 31)] * 4
    headers = emptied.headers("admin")
    answers = await asyncio.gather(
        *(
            emptied.client.post("/push/alertmanager", content=notification(report), headers=headers)
            for report in reports
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    rows = await emptied.rows("SELECT starts_at, ends_at FROM sla.alert_firings")
    assert [(row["starts_at"].strftime("%T"), row["ends_at"].strftime("%T")) for row in rows] == [
        ("10:59:55", "11:31:00")
    ]
