"""Finds the ids of series by their labels and adds series never seen before; each process remembers what it found."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

import asyncpg
import orjson

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries, ResolvedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, SeriesKey, format_labels, labels_digest
from sla.push_keys.push_scope import KeyLimits, PushScope
from sla.push_keys.store import count_series_added, lock_room_for_series

SERIES_PER_STATEMENT = 1000
MANY_SERIES = 5_000
"""A push with more is worked on in threads, so that other requests need not wait for it."""

Computed = TypeVar("Computed")

_INSERT = """
INSERT INTO sla.series (digest, metric, labels, histogram)
SELECT digest, metric, labels::jsonb, histogram
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::boolean[]) AS added(digest, metric, labels, histogram)
ORDER BY digest ON CONFLICT (digest) DO NOTHING
"""
_FIND = "SELECT digest, id FROM sla.series WHERE digest = ANY($1)"


class SeriesRegistry:
    """Remembers ids for good, as a series never changes its id. Each limited key has a registry of its own: what that
    one remembers is within the limits.
    """

    def __init__(
        self,
        pool: Callable[[], Awaitable[asyncpg.Pool]],
        replica_labels: Collection[str],
        max_remembered: int,
        limits: KeyLimits | None = None,
    ) -> None:
        self._pool, self._replica_labels, self._max_remembered = pool, replica_labels, max_remembered
        self._limits = limits
        self._decisions: dict[bytes, bool] = {}
        """Whether a series is within the limits, by its digest."""
        self._matching = asyncio.Lock()
        self.cache = SeriesCache()

    async def resolve(self, push: DecodedPush) -> ResolvedPush:
        """Find the ids of all labelled series, and add those never seen before.

        What the limits do not include is left out, with all that stands at the same position of the request, and added
        once to the refusals of the push.
        """
        size = len(push.labelled_series)
        series = await _compute(size, lambda: [self._identify(series) for series in push.labelled_series])
        missing = {item.digest: item for item in series if item.cached_id is None}
        lookup = await self._load_or_add(missing) if missing else SeriesLookup({}, set())
        if missing:
            if len(self.cache) > self._max_remembered:
                self.cache.clear()
            self.cache |= ((item.key, series_id) for item, series_id in lookup.pairs(series) if series_id is not None)
        return await _compute(size, lambda: _resolve_found(push, series, lookup))

    def _identify(self, series: LabelledSeries) -> "IdentifiedSeries":
        labels = self._without_replica(series.labels)
        digest = labels_digest(labels)
        key = series.key or digest.hex()
        return IdentifiedSeries(series, labels, digest, key, self.cache.get(key))

    def _without_replica(self, labels: Labels) -> Labels:
        """Leave out the labels in which two replicas of one Prometheus differ: their series are the same."""
        return tuple(pair for pair in labels if pair[0] not in self._replica_labels)

    async def _load_or_add(self, missing: Mapping[bytes, "IdentifiedSeries"]) -> "SeriesLookup":
        """Load or add series, some at a time: if a push with very many is interrupted, the next try finds the first."""
        lookup = SeriesLookup({}, set())
        for digests in _in_chunks(list(missing)):
            permitted = await self._list_permitted([missing[digest] for digest in digests])
            lookup.excluded.update(digests)
            lookup.excluded.difference_update(permitted)
            async with (await self._pool()).acquire() as connection:
                lookup.ids.update(await _find(connection, permitted))
                if added := [missing[digest] for digest in permitted if digest not in lookup.ids]:
                    await self._add(connection, added)
                    lookup.ids.update(await _find(connection, [item.digest for item in added]))
        return lookup

    async def _list_permitted(self, items: Sequence["IdentifiedSeries"]) -> list[bytes]:
        """List the digests of the series that are within the limits."""
        if self._limits is None or self._limits.scope.is_open:
            return [item.digest for item in items]
        decisions = await asyncio.shield(self._decide(items, self._limits.scope))
        return [item.digest for item in items if decisions[item.digest]]

    async def _decide(self, items: Sequence["IdentifiedSeries"], scope: PushScope) -> dict[bytes, bool]:
        """Decide which series are within the limits: once, in a thread, and one push at a time, as patterns may take
        long.
        """
        async with self._matching:
            remembered = {item.digest: self._decisions[item.digest] for item in items if item.digest in self._decisions}
            labels = {item.digest: dict(item.labels) for item in items if item.digest not in remembered}
            new = await asyncio.to_thread(lambda: {digest: scope.permits(labels[digest]) for digest in labels})
            if len(self._decisions) > self._max_remembered:
                self._decisions.clear()
            self._decisions |= remembered | new
            return remembered | new

    async def _add(self, connection: asyncpg.Connection, items: Sequence["IdentifiedSeries"]) -> None:
        if self._limits is None:
            await _insert(connection, items)
            return
        async with connection.transaction():
            room = await lock_room_for_series(connection, self._limits.key_id)
            if count := await _insert(connection, items[:room]):
                await count_series_added(connection, self._limits.key_id, count)


class IdentifiedSeries(NamedTuple):
    """A labelled series, and by what it is known."""

    series: LabelledSeries
    labels: Labels
    """Without those in which replicas differ."""
    digest: bytes
    key: SeriesKey
    cached_id: int | None


class SeriesLookup(NamedTuple):
    """The series of a push that the cache did not know."""

    ids: dict[bytes, int]
    """By their digests."""
    excluded: set[bytes]
    """The digests of those that the limits do not include."""

    def pairs(self, series: Sequence[IdentifiedSeries]) -> Iterator[tuple[IdentifiedSeries, int | None]]:
        """Yield each series with its id, which is null if it is refused."""
        return ((item, self.ids.get(item.digest) if item.cached_id is None else item.cached_id) for item in series)

    def reason(self, item: IdentifiedSeries) -> str:
        if item.digest in self.excluded:
            return "the limits of this key do not include it"
        return "it is new, and this key has added as many series as its limits allow"


async def _compute(size: int, compute: Callable[[], Computed]) -> Computed:
    """Compute something for that many series: here if they are few, else in a thread."""
    return compute() if size <= MANY_SERIES else await asyncio.to_thread(compute)


def _resolve_found(push: DecodedPush, series: Sequence[IdentifiedSeries], lookup: SeriesLookup) -> ResolvedPush:
    refused: dict[int, IdentifiedSeries] = {}
    for item, series_id in lookup.pairs(series):
        if series_id is None:
            refused.setdefault(item.series.position, item)
    for item in refused.values():
        push.refusals.add(f"{format_labels(item.labels)}: {lookup.reason(item)}" if push.refusals.names_next else "")
    accepted = [
        (item.series, series_id)
        for item, series_id in lookup.pairs(series)
        if series_id is not None and item.series.position not in refused
    ]
    labelled_series = [series for series, _ in accepted] if len(accepted) < len(series) else push.labelled_series
    return replace(push, labelled_series=labelled_series).with_series_ids([series_id for _, series_id in accepted])


async def _find(connection: asyncpg.Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    return {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}


async def _insert(connection: asyncpg.Connection, items: Sequence[IdentifiedSeries]) -> int:
    """Insert series that nobody else has inserted meanwhile; return how many."""
    if not items:
        return 0
    labels = [dict(item.labels) for item in items]
    metrics = [names.get(METRIC_NAME_LABEL, "") for names in labels]
    documents = [orjson.dumps(names).decode() for names in labels]
    is_histogram = [bool(item.series.histograms) for item in items]
    status = await connection.execute(_INSERT, [item.digest for item in items], metrics, documents, is_histogram)
    return int(status.split()[-1])


def _in_chunks(digests: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (digests[first : first + SERIES_PER_STATEMENT] for first in range(0, len(digests), SERIES_PER_STATEMENT))
