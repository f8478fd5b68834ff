"""Finds series by their labels, or by the bytes they were last sent as; what it knows is remembered per process."""

from collections.abc import Awaitable, Callable, Collection, Sequence

import asyncpg
import orjson

from sla.indicators.selectors import METRIC_NAME_LABEL
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.series_cache import SeriesCache
from sla.measurements.ingest.series_labels import Labels, labels_digest, without_replica

_INSERT = """
INSERT INTO sla.series (digest, metric, labels, histogram)
SELECT digest, metric, labels::jsonb, $4
FROM unnest($1::bytea[], $2::text[], $3::text[]) AS fresh(digest, metric, labels)
ORDER BY digest ON CONFLICT (digest) DO NOTHING
"""
_FIND = "SELECT digest, id FROM sla.series WHERE digest = ANY($1)"


class SeriesRegistry:
    """Nothing is ever taken back from it: a series keeps its id for good."""

    def __init__(
        self, pool: Callable[[], Awaitable[asyncpg.Pool]], replica_labels: Collection[str], remembered: int
    ) -> None:
        self._pool, self._replica_labels, self._remembered = pool, replica_labels, remembered
        self._by_digest: dict[bytes, int] = {}
        self.cache = SeriesCache()
        """Series by what they were sent as."""

    async def resolve(self, pushed: DecodedPush) -> None:
        """Find the series of all `others` and `histograms`, and put down those never seen before."""
        if pushed.unresolved_histograms:
            labels = [self._plain(one.labels) for one in pushed.unresolved_histograms]
            pushed.resolve_histograms(await self._find(labels, histograms=True))
        if not pushed.unresolved_samples:
            return
        found = await self._find([self._plain(other.labels) for other in pushed.unresolved_samples])
        if len(self.cache) > self._remembered:
            self.cache.clear()
        self.cache |= {
            other.key: number for other, number in zip(pushed.unresolved_samples, found, strict=True) if other.key
        }
        pushed.resolve_samples(found)

    def _plain(self, labels: Labels) -> Labels:
        return without_replica(labels, self._replica_labels)

    async def _find(self, many: Sequence[Labels], *, histograms: bool = False) -> list[int]:
        digests = [labels_digest(labels) for labels in many]
        unknown = {
            digest: labels for digest, labels in zip(digests, many, strict=True) if digest not in self._by_digest
        }
        if unknown:
            if len(self._by_digest) > self._remembered:
                self._by_digest.clear()
                unknown = dict(zip(digests, many, strict=True))
            self._by_digest |= await self._put_down(unknown, histograms=histograms)
        return [self._by_digest[digest] for digest in digests]

    async def _put_down(self, unknown: dict[bytes, Labels], *, histograms: bool) -> dict[bytes, int]:
        digests = list(unknown)
        named = [dict(labels) for labels in unknown.values()]
        async with (await self._pool()).acquire() as connection:
            known = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
            if len(known) < len(digests):
                metrics = [labels.get(METRIC_NAME_LABEL, "") for labels in named]
                written = [orjson.dumps(labels).decode() for labels in named]
                await connection.execute(_INSERT, digests, metrics, written, histograms)
                known = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
        return known
