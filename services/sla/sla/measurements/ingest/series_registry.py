"""Finds the ids of series by their labels and adds series never seen before; each process remembers what it found."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence

import asyncpg
import orjson

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, ResolvedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, labels_digest

SERIES_PER_STATEMENT = 1000

_INSERT = """
INSERT INTO sla.series (digest, metric, labels, histogram)
SELECT digest, metric, labels::jsonb, histogram
FROM unnest($1::bytea[], $2::text[], $3::text[], $4::boolean[]) AS added(digest, metric, labels, histogram)
ORDER BY digest ON CONFLICT (digest) DO NOTHING
"""
_FIND = "SELECT digest, id FROM sla.series WHERE digest = ANY($1)"


class SeriesRegistry:
    """Remembers ids for good, as a series never changes its id."""

    def __init__(
        self, pool: Callable[[], Awaitable[asyncpg.Pool]], replica_labels: Collection[str], max_remembered: int
    ) -> None:
        self._pool, self._replica_labels, self._max_remembered = pool, replica_labels, max_remembered
        self.cache = SeriesCache()

    async def resolve(self, push: DecodedPush) -> ResolvedPush:
        """Find the ids of all labelled series, and add those never seen before."""
        own_labels = [self._without_replica(series.labels) for series in push.labelled_series]
        digests = [labels_digest(labels) for labels in own_labels]
        keys = [series.key or digest.hex() for series, digest in zip(push.labelled_series, digests, strict=True)]
        cached = [self.cache.get(key) for key in keys]
        missing = {
            digest: (labels, bool(series.histograms))
            for series, labels, digest, cached_id in zip(push.labelled_series, own_labels, digests, cached, strict=True)
            if cached_id is None
        }
        added = await self._load_or_add(missing) if missing else {}
        ids = [
            added[digest] if cached_id is None else cached_id for digest, cached_id in zip(digests, cached, strict=True)
        ]
        if missing:
            if len(self.cache) > self._max_remembered:
                self.cache.clear()
            self.cache |= zip(keys, ids, strict=True)
        return push.with_series_ids(ids)

    def _without_replica(self, labels: Labels) -> Labels:
        """Leave out the labels in which two replicas of one Prometheus differ: their series are the same."""
        return tuple(pair for pair in labels if pair[0] not in self._replica_labels)

    async def _load_or_add(self, missing: Mapping[bytes, tuple[Labels, bool]]) -> dict[bytes, int]:
        """Load or add series, some at a time: if a push with very many is interrupted, the next try finds the first."""
        ids: dict[bytes, int] = {}
        async with (await self._pool()).acquire() as connection:
            for digests in _in_chunks(list(missing)):
                ids |= await _find(connection, digests)
                if added := [digest for digest in digests if digest not in ids]:
                    await _add(connection, {digest: missing[digest] for digest in added})
                    ids |= await _find(connection, added)
        return ids


async def _find(connection: asyncpg.Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    return {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}


async def _add(connection: asyncpg.Connection, missing: Mapping[bytes, tuple[Labels, bool]]) -> None:
    labels = [dict(pairs) for pairs, _ in missing.values()]
    metrics = [names.get(METRIC_NAME_LABEL, "") for names in labels]
    documents = [orjson.dumps(names).decode() for names in labels]
    is_histogram = [histogram for _, histogram in missing.values()]
    await connection.execute(_INSERT, list(missing), metrics, documents, is_histogram)


def _in_chunks(digests: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (digests[first : first + SERIES_PER_STATEMENT] for first in range(0, len(digests), SERIES_PER_STATEMENT))
