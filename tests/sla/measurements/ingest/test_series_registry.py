"""The series registry forgets what it remembers when that is too much, and still knows every series of a push."""

import asyncio

import pytest

from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries
from sla.measurements.ingest.series_labels import Labels, labels_digest
from sla.measurements.ingest.series_registry import SERIES_PER_STATEMENT, SeriesRegistry
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
