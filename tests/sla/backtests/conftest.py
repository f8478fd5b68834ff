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
from tests.sla.conftest import SlaClient

StoreMinutes = Callable[..., Awaitable[None]]
AvailabilityTerms = Callable[..., dict[str, Any]]
CreateBacktest = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def store_minutes(sla: ServiceUnderTest, sla_client: SlaClient) -> StoreMinutes:
    """Store one good event per minute of these UTC days, except at the `bad` and `silent` minutes."""

    async def store(
        first: str, after: str, *, bad: Collection[datetime] = (), silent: Collection[datetime] = ()
    ) -> None:
        hour, end = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (first, after))
        hours = [hour + timedelta(hours=n) for n in range((end - hour) // timedelta(hours=1))]
        wrong, unseen = frozenset(bad), frozenset(silent)
        packed = {hour: packed_hour(hour, wrong, unseen) for hour in hours}
        rows = [
            {"indicator_id": sla_client.indicator_id, "hour": hour, "minutes": minutes_of_hour}
            for hour, minutes_of_hour in packed.items()
            if minutes_of_hour
        ]
        async with sla.begin() as work:
            await work.session.execute(insert(PackedHour), rows)

    return store


@pytest.fixture
def create_backtest(sla_client: SlaClient) -> CreateBacktest:
    async def create(headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        body = {"from": "2025-11-01", "to": "2026-01-31"} | body
        return await sla_client.sla.client.post("/backtests", json=body, headers=headers or sla_client.manager)

    return create


@pytest.fixture
def availability_terms() -> AvailabilityTerms:
    """Return terms on availability around the clock, so that numbers are easy."""

    def build(target: str = "99.5", **changes: Any) -> dict[str, Any]:
        objective = {
            "name": "Availability",
            "kind": "availability",
            "target": target,
            "method": "time",
            "missing": "ignore",
        }
        hours = {"timezone": "UTC", "hours": "24x7"}
        return {"objectives": [objective | changes], "service_hours": hours, "starts_on": "2026-03-01"}

    return build


def minutes(start: str, count: int) -> list[datetime]:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return [begin + timedelta(minutes=n) for n in range(count)]


def json_of(answer: httpx.Response, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def issue_statement(sla_client: SlaClient, agreement: dict[str, Any], period: str) -> dict[str, Any]:
    """Close the period and return the result of its statement."""
    path = f"/agreements/{agreement['id']}/statements"
    answer = await sla_client.sla.client.post(path, json={"period": period}, headers=sla_client.manager)
    result: dict[str, Any] = json_of(answer)["document"]["result"]
    return result
