"""Finds the ids of series by their labels and adds series never seen before; each process remembers what it found."""

from collections.abc import Awaitable, Callable, Collection, Sequence

import asyncpg
import orjson

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush, ResolvedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, labels_digest, without_replica

_INSERT = """
INSERT INTO sla.series (digest, metric, labels, histogram)
SELECT digest, metric, labels::jsonb, $4
FROM unnest($1::bytea[], $2::text[], $3::text[]) AS added(digest, metric, labels)
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
        """Find the ids of all labelled samples and histograms, and add the series never seen before."""
        histogram_series = await self._find_or_add([part.labels for part in push.labelled_histograms], histogram=True)
        sample_series = await self._find_or_add([part.labels for part in push.labelled_samples], histogram=False)
        if push.labelled_samples and len(self.cache) > self._max_remembered:
            self.cache.clear()
        self.cache |= {
            part.key: series for part, series in zip(push.labelled_samples, sample_series, strict=True) if part.key
        }
        return push.with_series(sample_series, histogram_series)

    async def _find_or_add(self, labels: Sequence[Labels], *, histogram: bool) -> list[int]:
        by_digest = [(labels_digest(plain), plain) for plain in self._without_replica(labels)]
        missing = {digest: plain for digest, plain in by_digest if digest not in self._by_digest}
        if missing:
            if len(self._by_digest) > self._max_remembered:
                self._by_digest.clear()
                missing = dict(by_digest)
            self._by_digest |= await self._load_or_add(missing, histogram=histogram)
        return [self._by_digest[digest] for digest, _ in by_digest]

    def _without_replica(self, labels: Sequence[Labels]) -> list[Labels]:
        return [without_replica(pairs, self._replica_labels) for pairs in labels]

    async def _load_or_add(self, missing: dict[bytes, Labels], *, histogram: bool) -> dict[bytes, int]:
        digests = list(missing)
        labels = [dict(pairs) for pairs in missing.values()]
        async with (await self._pool()).acquire() as connection:
            ids = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
            if len(ids) < len(digests):
                metrics = [names.get(METRIC_NAME_LABEL, "") for names in labels]
                documents = [orjson.dumps(names).decode() for names in labels]
                await connection.execute(_INSERT, digests, metrics, documents, histogram)
                ids = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
        return ids
