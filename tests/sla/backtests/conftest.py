"""The shop with a measured past, and terms to try on it."""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from common.testing.plugin import ServiceUnderTest
from sla.measurements.model import PackedHour
from tests.sla.compliance.conftest import packed_hour
from tests.sla.conftest import Shop

Measured = Callable[..., Awaitable[None]]
Objective = Callable[..., dict[str, Any]]
Try = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def measured(sla: ServiceUnderTest, shop: Shop) -> Measured:
    """One good event per minute of these UTC days, except at the `bad` and `silent` minutes."""

    async def of(first: str, after: str, *, bad: Collection[datetime] = (), silent: Collection[datetime] = ()) -> None:
        hour, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, after))
        hours = [hour + timedelta(hours=n) for n in range((end - hour) // timedelta(hours=1))]
        wrong, unseen = frozenset(bad), frozenset(silent)
        packed = {hour: packed_hour(hour, wrong, unseen) for hour in hours}
        rows = [
            {"indicator_id": shop.indicator_id, "hour": hour, "minutes": one} for hour, one in packed.items() if one
        ]
        async with sla.begin() as work:
            await work.session.execute(insert(PackedHour), rows)

    return of


@pytest.fixture
def attempt(shop: Shop) -> Try:
    async def of(who: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        body = {"from": "2025-11-01", "to": "2026-01-31"} | body
        return await shop.sla.client.post("/backtests", json=body, headers=who or shop.manager)

    return of


@pytest.fixture
def objective() -> Objective:
    """Availability around the clock, so that numbers are easy."""

    def of(target: str = "99.5", **changes: Any) -> dict[str, Any]:
        worded = {
            "name": "Availability",
            "kind": "availability",
            "target": target,
            "method": "time",
            "missing": "ignore",
        }
        hours = {"timezone": "UTC", "hours": "24x7"}
        return {"objectives": [worded | changes], "service_hours": hours, "starts_on": "2026-03-01"}

    return of


def minutes(start: str, count: int) -> list[datetime]:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return [begin + timedelta(minutes=n) for n in range(count)]


def answered(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def stated(shop: Shop, agreement: dict[str, Any], period: str) -> dict[str, Any]:
    """What the statement of the period says."""
    path = f"/agreements/{agreement['id']}/statements"
    answer = await shop.sla.client.post(path, json={"period": period}, headers=shop.manager)
    found: dict[str, Any] = answered(answer)["document"]["result"]
    return found
