"""Measured minutes of the shop, stored as the roll-up stores them, and a client for its statements."""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import numpy as np
import pytest
from sqlalchemy import delete

from common.testing.plugin import ServiceUnderTest
from sla.measurements.minutes import MinuteState, pack_hour
from sla.measurements.model import LateArrival, PackedHour
from tests.sla.conftest import SlaClient

# 15 to 31 January 2026 in Paris: 12 days of 600 minutes in service.
START, END = datetime(2026, 1, 14, 23, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)
MONDAY = datetime(2026, 1, 19, 9, tzinfo=UTC)

Measure = Callable[..., Awaitable[None]]
Minutes = Callable[[datetime, int], list[datetime]]
JsonOf = Callable[[httpx.Response, int], Any]


@pytest.fixture
def measure(sla: ServiceUnderTest) -> Measure:
    """Store one good event per minute of a window of whole hours, except at the `bad` and the `silent` minutes."""

    async def store_minutes(
        indicator_id: UUID,
        start: datetime,
        end: datetime,
        *,
        bad: Collection[datetime] = (),
        silent: Collection[datetime] = (),
    ) -> None:
        async with sla.begin() as work:
            hours = [start + timedelta(hours=n) for n in range((end - start) // timedelta(hours=1))]
            await work.session.execute(
                delete(PackedHour).where(PackedHour.indicator_id == indicator_id, PackedHour.hour.in_(hours))
            )
            for hour in hours:
                if packed := packed_hour(hour, bad, silent):
                    work.add(PackedHour(indicator_id=indicator_id, hour=hour, minutes=packed))

    return store_minutes


def packed_hour(hour: datetime, bad: Collection[datetime], silent: Collection[datetime]) -> bytes | None:
    minutes = [hour + timedelta(minutes=n) for n in range(60)]
    total = np.array([int(minute not in silent) for minute in minutes], dtype=np.int64)
    good = np.array([int(minute not in bad) for minute in minutes], dtype=np.int64) * total
    state = np.where(total == 0, MinuteState.UNKNOWN, np.where(good < total, MinuteState.BAD, MinuteState.GOOD)).astype(
        np.uint8
    )
    return pack_hour(good, total, state)


@pytest.fixture
def record_late_arrival(sla: ServiceUnderTest) -> Callable[[UUID, datetime], Awaitable[None]]:
    """Record a late arrival as the roll-up does when an hour changes long after it was over."""

    async def record(indicator_id: UUID, hour: datetime) -> None:
        async with sla.begin() as work:
            work.add(LateArrival(indicator_id=indicator_id, hour=hour, received_at=work.now))

    return record


@pytest.fixture
def minutes_from() -> Minutes:
    return lambda start, count: [start + timedelta(minutes=n) for n in range(count)]


@pytest.fixture
def json_of() -> JsonOf:
    """Return the JSON of a response that has this status."""

    def read(response: httpx.Response, status: int) -> Any:
        assert response.status_code == status, response.text
        return response.json()

    return read


class StatementClient:
    """A manager who closes periods of the shop's agreement, and works with its statements."""

    def __init__(self, sla_client: SlaClient, agreement: dict[str, Any]) -> None:
        self.sla_client, self.id = sla_client, agreement["id"]

    async def close(self, period: str = "2026-01", headers: dict[str, str] | None = None) -> httpx.Response:
        path = f"/agreements/{self.id}/statements"
        return await self.sla_client.sla.client.post(
            path, json={"period": period}, headers=headers or self.sla_client.manager
        )

    async def forecast(self, period: str | None = None) -> httpx.Response:
        path = f"/agreements/{self.id}/compliance"
        params = {"period": period} if period else {}
        return await self.sla_client.sla.client.get(path, params=params, headers=self.sla_client.customer)

    async def verify(self, statement: dict[str, Any]) -> Any:
        path = f"/statements/{statement['id']}/verification"
        return (await self.sla_client.sla.client.post(path, headers=self.sla_client.customer)).json()

    async def restate(self, statement: dict[str, Any], reason: str = "A probe was misread.") -> httpx.Response:
        path = f"/statements/{statement['id']}/restatement"
        return await self.sla_client.sla.client.post(path, json={"reason": reason}, headers=self.sla_client.manager)

    async def list(self, headers: dict[str, str] | None = None, **filters: str) -> Any:
        response = await self.sla_client.sla.client.get(
            "/statements", params=filters, headers=headers or self.sla_client.manager
        )
        return response.json()["items"]


@pytest.fixture
async def statements(sla_client: SlaClient) -> StatementClient:
    return StatementClient(sla_client, await sla_client.signed())
