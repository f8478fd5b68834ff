"""A replica that dies while it folds leaves nothing behind, and another one does all of it, once."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from sla.measurements.folder import Folder
from sla.measurements.histograms import HistogramPoint, Reading
from sla.measurements.settings import PushSettings

AT = int(datetime(2026, 2, 3, 11, tzinfo=UTC).timestamp() * 1000)
SERIES = [{"selector": "requests", "part": "total"}, {"selector": "errors", "part": "bad"}]
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%observed_hours%'"


async def push(monitored: Any) -> None:
    for step in range(40):
        for name, each in (("requests", 10), ("errors", 1)):
            await monitored.push(({"__name__": name}, [(AT + 15_000 * step, float(each * step))]))
        point = HistogramPoint.exponential(Reading(AT + 15_000 * step), schema=1, count=3 * step, positive=[(2, step)])
        await monitored.push_histograms(({"__name__": "answer_seconds"}, [point]))


async def killed_while_writing(monitored: Any, pushed_to_url: str) -> None:
    """The last table it writes to is held; when it waits for it, its connection is cut."""
    holding = await asyncpg.connect(pushed_to_url)
    async with holding.transaction():
        await holding.execute("LOCK TABLE sla.observed_hours IN SHARE MODE")
        pool = await monitored.runtime.pool()
        dying = asyncio.create_task(Folder(PushSettings()).cycle(pool))
        while not (waiting := await monitored.rows(WAITING)):
            assert not dying.done()
            await asyncio.sleep(0.01)
        await holding.execute("SELECT pg_terminate_backend($1)", waiting[0]["pid"])
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await dying
    await holding.close()


async def test_what_a_dead_replica_had_begun_is_done_once(monitored: Any, pushed_to_url: str) -> None:
    indicators = [
        await monitored.define(kind="ratio", series=SERIES),
        await monitored.define(kind="histogram", series=[{"selector": "answer_seconds"}]),
    ]
    await monitored.fold()
    await push(monitored)
    await killed_while_writing(monitored, pushed_to_url)
    assert await monitored.stored() == [[], [], []]
    assert len(await monitored.rows("SELECT FROM sla.push_pending")) == 120
    await asyncio.gather(*(Folder(PushSettings()).run(monitored.runtime) for _ in range(2)))
    assert await monitored.rows("SELECT FROM sla.push_pending") == []
    begin = datetime(2026, 2, 3, 11, tzinfo=UTC)
    ratio, histogram = [await monitored.minutes(one, begin, 10) for one in indicators]
    assert (sum(ratio["total"]), sum(ratio["total"]) - sum(ratio["good"])) == (390, 39)
    assert sum(histogram["total"]) == 3 * 39
