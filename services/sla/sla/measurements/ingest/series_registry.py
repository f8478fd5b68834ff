"""Finds the ids of series by their labels and adds series never seen before; each process remembers what it found."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

import asyncpg
import orjson

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, LabelledSeries, ResolvedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, labels_digest

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
        self._by_digest: dict[bytes, int] = {}
        self.cache = SeriesCache()

    async def resolve(self, push: DecodedPush) -> ResolvedPush:
        """Find the ids of all labelled series, and add those never seen before."""
        series_ids = await self._find_or_add(push.labelled_series)
        if push.labelled_series and len(self.cache) > self._max_remembered:
            self.cache.clear()
        self.cache |= {
            series.key: series_id
            for series, series_id in zip(push.labelled_series, series_ids, strict=True)
            if series.key
        }
        return push.with_series_ids(series_ids)

    async def _find_or_add(self, labelled_series: Sequence[LabelledSeries]) -> list[int]:
        own_labels = [self._without_replica(series.labels) for series in labelled_series]
        digests = [labels_digest(labels) for labels in own_labels]
        is_histogram = (bool(series.histograms) for series in labelled_series)
        by_digest = dict(zip(digests, zip(own_labels, is_histogram, strict=True), strict=True))
        missing = {digest: series for digest, series in by_digest.items() if digest not in self._by_digest}
        if missing:
            if len(self._by_digest) > self._max_remembered:
                self._by_digest.clear()
                missing = by_digest
            self._by_digest |= await self._load_or_add(missing)
        return [self._by_digest[digest] for digest in digests]

    def _without_replica(self, labels: Labels) -> Labels:
        """Leave out the labels in which two replicas of one Prometheus differ: their series are the same."""
        return tuple(pair for pair in labels if pair[0] not in self._replica_labels)

    async def _load_or_add(self, missing: Mapping[bytes, tuple[Labels, bool]]) -> dict[bytes, int]:
        digests = list(missing)
        async with (await self._pool()).acquire() as connection:
            ids = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
            if len(ids) < len(digests):
                labels = [dict(pairs) for pairs, _ in missing.values()]
                metrics = [names.get(METRIC_NAME_LABEL, "") for names in labels]
                documents = [orjson.dumps(names).decode() for names in labels]
                is_histogram = [histogram for _, histogram in missing.values()]
                await connection.execute(_INSERT, digests, metrics, documents, is_histogram)
                ids = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
        return ids
