"""The series registry forgets what it remembers when that is too much, and still knows every series of a push."""

import asyncio
import time
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

import pytest

from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.series_labels import Labels, labels_digest
from sla.measurements.ingest.series_registry import MANY_SERIES, SERIES_PER_STATEMENT, SeriesRegistry
from sla.push_keys.push_scope import KeyLimits, PushScope
from tests.sla.measurements.conftest import MonitoredService


def labels_of(metric: str) -> Labels:
    return (("__name__", metric),)


async def resolve(registry: SeriesRegistry, *metrics: str) -> list[int]:
    """Return the ids of the series with these metrics."""
    series = [LabelledSeries(place, labels_of(metric), [(0, 1.0, 0)]) for place, metric in enumerate(metrics)]
    resolved = await registry.resolve(DecodedPush(labelled_series=series))
    ids: list[int] = resolved.rows["series"].tolist()
    return ids


async def test_a_push_with_very_many_new_series_goes_on_where_it_was_interrupted(monitored: MonitoredService) -> None:
    count, registry = 3 * SERIES_PER_STATEMENT, SeriesRegistry(monitored.runtime.get_pool, (), max_remembered=10**6)
    metrics = [f"new_{number}" for number in range(count)]
    last = max(labels_digest(labels_of(metric)) for metric in metrics[-SERIES_PER_STATEMENT:])
    async with (await monitored.runtime.get_pool()).acquire() as holder, holder.transaction():
        await holder.execute("INSERT INTO sla.series (digest, metric, labels) VALUES ($1, 'new', '{}')", last)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await resolve(registry, *metrics)

    kept = await monitored.rows("SELECT FROM sla.series")
    assert len(set(await resolve(registry, *metrics))) == count
    assert len(kept) == 2 * SERIES_PER_STATEMENT + 1


class SlowScope(PushScope):
    """Takes a millisecond for each series, and permits none."""

    calls: ClassVar[list[str]] = []

    def permits(self, labels: Mapping[str, str]) -> bool:
        self.calls.append(labels["__name__"])
        time.sleep(0.001)
        return False


async def test_series_are_matched_once_and_keep_no_other_request_waiting(monitored: MonitoredService) -> None:
    limits = KeyLimits(uuid4(), SlowScope((), ()), None)
    registry = SeriesRegistry(monitored.runtime.get_pool, (), max_remembered=10**6, limits=limits)
    metrics = [f"new_{number}" for number in range(2 * SERIES_PER_STATEMENT)]

    interrupted = asyncio.create_task(resolve(registry, *metrics))
    longest_pause, ticked = 0.0, time.perf_counter()
    while len(SlowScope.calls) <= SERIES_PER_STATEMENT:
        await asyncio.sleep(0.005)
        longest_pause, ticked = max(longest_pause, time.perf_counter() - ticked), time.perf_counter()
    interrupted.cancel()
    await asyncio.wait([interrupted])

    assert longest_pause < 0.5
    assert await resolve(registry, *metrics) == []
    assert await resolve(registry, *metrics) == []
    assert sorted(SlowScope.calls) == sorted(metrics)


async def test_many_series_are_found_as_few_are(monitored: MonitoredService) -> None:
    registry = SeriesRegistry(monitored.runtime.get_pool, (), max_remembered=10**6)
    metrics = [f"new_{number}" for number in range(MANY_SERIES + 1)]
    ids = await resolve(registry, *metrics)
    assert len(set(ids)) == len(metrics)
    assert await resolve(registry, *metrics[:10]) == ids[:10]


async def test_a_push_knows_its_series_though_others_make_the_registry_forget(monitored: MonitoredService) -> None:
    registry = SeriesRegistry(monitored.runtime.get_pool, (), max_remembered=1)
    remembered = await resolve(registry, "remembered")
    insert = "INSERT INTO sla.series (digest, metric, labels) VALUES ($1, 'new', '{}')"

    async with (await monitored.runtime.get_pool()).acquire() as holder, holder.transaction():
        await holder.execute(insert, labels_digest(labels_of("new")))
        waiting = asyncio.create_task(resolve(registry, "remembered", "new"))
        await asyncio.sleep(0)
        others = await resolve(registry, "second") + await resolve(registry, "third")

    first, second = await waiting
    assert [first] == remembered
    assert second not in (*remembered, *others)
    assert await resolve(registry, "new", "third", "remembered") == [second, others[1], first]
