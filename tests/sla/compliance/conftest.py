"""Measured minutes of the shop, written as the folder would write them."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import delete

from common.testing.plugin import Trial
from sla.measurements.minutes import State, pack_hour
from sla.measurements.model import LateArrival, PackedHour

Measure = Callable[..., Awaitable[None]]


@pytest.fixture
def measure(sla: Trial) -> Measure:
    """One good event per minute of a window of whole hours, except at the `bad` and the `silent` minutes."""

    async def of(
        indicator_id: UUID,
        start: datetime,
        end: datetime,
        *,
        bad: Collection[datetime] = (),
        silent: Collection[datetime] = (),
    ) -> None:
        async with sla.work() as work:
            hours = [start + timedelta(hours=n) for n in range((end - start) // timedelta(hours=1))]
            await work.session.execute(
                delete(PackedHour).where(PackedHour.indicator_id == indicator_id, PackedHour.hour.in_(hours))
            )
            for hour in hours:
                if packed := packed_hour(hour, bad, silent):
                    work.add(PackedHour(indicator_id=indicator_id, hour=hour, minutes=packed))

    return of


def packed_hour(hour: datetime, bad: Collection[datetime], silent: Collection[datetime]) -> bytes | None:
    minutes = [hour + timedelta(minutes=n) for n in range(60)]
    total = np.array([int(minute not in silent) for minute in minutes], dtype=np.int64)
    good = np.array([int(minute not in bad) for minute in minutes], dtype=np.int64) * total
    state = np.where(total == 0, State.UNKNOWN, np.where(good < total, State.BAD, State.GOOD)).astype(np.uint8)
    return pack_hour(good, total, state)


@pytest.fixture
def note_late(sla: Trial) -> Callable[[UUID, datetime], Awaitable[None]]:
    """As the folder does when an hour changes long after it was over."""

    async def of(indicator_id: UUID, hour: datetime) -> None:
        async with sla.work() as work:
            work.add(LateArrival(indicator_id=indicator_id, hour=hour, received_at=work.now))

    return of


@pytest.fixture
def minutes_from() -> Callable[[datetime, int], list[datetime]]:
    return lambda start, count: [start + timedelta(minutes=n) for n in range(count)]


@pytest.fixture
def answered() -> Callable[[Any, int], Any]:
    """The JSON of an answer that has this status."""

    def of(answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.text
        return answer.json()

    return of
