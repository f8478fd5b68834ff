"""Finds the ids of series by their labels and adds series never seen before; each process remembers what it found."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import asyncpg
import orjson

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries, ResolvedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, SeriesKey, format_labels, labels_digest
from sla.push_keys.push_scope import KeyLimits
from sla.push_keys.store import count_series_added, lock_room_for_series

SERIES_PER_STATEMENT = 1000

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
        self.cache = SeriesCache()

    async def resolve(self, push: DecodedPush) -> ResolvedPush:
        """Find the ids of all labelled series, and add those never seen before.

        What the limits do not include is left out, with all that stands at the same position of the request, and added
        once to the refusals of the push.
        """
        series = [self._identify(series) for series in push.labelled_series]
        missing = {item.digest: item for item in series if item.cached_id is None}
        ids = await self._load_or_add(missing) if missing else {}
        resolved = [(item, ids.get(item.digest) if item.cached_id is None else item.cached_id) for item in series]
        if missing:
            if len(self.cache) > self._max_remembered:
                self.cache.clear()
            self.cache |= ((item.key, series_id) for item, series_id in resolved if series_id is not None)
        refused: dict[int, IdentifiedSeries] = {}
        for item, series_id in resolved:
            if series_id is None:
                refused.setdefault(item.series.position, item)
        for item in refused.values():
            push.refusals.add(f"{format_labels(item.labels)}: {self._reason(item)}")
        accepted = [
            (item.series, series_id)
            for item, series_id in resolved
            if series_id is not None and item.series.position not in refused
        ]
        labelled_series = [series for series, _ in accepted] if len(accepted) < len(resolved) else push.labelled_series
        return replace(push, labelled_series=labelled_series).with_series_ids([series_id for _, series_id in accepted])

    def _identify(self, series: LabelledSeries) -> "IdentifiedSeries":
        labels = self._without_replica(series.labels)
        digest = labels_digest(labels)
        key = series.key or digest.hex()
        return IdentifiedSeries(series, labels, digest, key, self.cache.get(key))

    def _without_replica(self, labels: Labels) -> Labels:
        """Leave out the labels in which two replicas of one Prometheus differ: their series are the same."""
        return tuple(pair for pair in labels if pair[0] not in self._replica_labels)

    def _permits(self, item: "IdentifiedSeries") -> bool:
        return self._limits is None or self._limits.scope.permits(dict(item.labels))

    def _reason(self, item: "IdentifiedSeries") -> str:
        if self._permits(item):
            return "it is new, and this key has added as many series as its limits allow"
        return "the limits of this key do not include it"

    async def _load_or_add(self, missing: Mapping[bytes, "IdentifiedSeries"]) -> dict[bytes, int]:
        """Load or add series, some at a time: if a push with very many is interrupted, the next try finds the first."""
        permitted = [digest for digest, item in missing.items() if self._permits(item)]
        ids: dict[bytes, int] = {}
        async with (await self._pool()).acquire() as connection:
            for digests in _in_chunks(permitted):
                ids |= await _find(connection, digests)
                if added := [missing[digest] for digest in digests if digest not in ids]:
                    await self._add(connection, added)
                    ids |= await _find(connection, [item.digest for item in added])
        return ids

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
