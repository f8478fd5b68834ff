"""Finds series by their labels, or by the bytes they were last sent as; what it knows is remembered per process."""

from collections.abc import Awaitable, Callable, Collection, Sequence

import asyncpg
import orjson

from sla.indicators.selectors import NAME
from sla.measurements.known import Known
from sla.measurements.pushed import Pushed
from sla.measurements.series import Labels, digest_of, without_replica

_INSERT = """
INSERT INTO sla.series (digest, metric, labels, histogram)
SELECT digest, metric, labels::jsonb, $4
FROM unnest($1::bytea[], $2::text[], $3::text[]) AS fresh(digest, metric, labels)
ORDER BY digest ON CONFLICT (digest) DO NOTHING
"""
_FIND = "SELECT digest, id FROM sla.series WHERE digest = ANY($1)"


class Registry:
    """Nothing is ever taken back from it: a series keeps its id for good."""

    def __init__(
        self, pool: Callable[[], Awaitable[asyncpg.Pool]], replica_labels: Collection[str], remembered: int
    ) -> None:
        self._pool, self._replica_labels, self._remembered = pool, replica_labels, remembered
        self._by_digest: dict[bytes, int] = {}
        self.by_key = Known()
        """Series by what they were sent as."""

    async def find_others(self, pushed: Pushed) -> None:
        """Find the series of all `others` and `histograms`, and put down those never seen before."""
        if pushed.histograms:
            labels = [self._plain(one.labels) for one in pushed.histograms]
            pushed.take_histograms(await self._find(labels, histograms=True))
        if not pushed.others:
            return
        found = await self._find([self._plain(other.labels) for other in pushed.others])
        if len(self.by_key) > self._remembered:
            self.by_key.clear()
        self.by_key |= {other.key: number for other, number in zip(pushed.others, found, strict=True) if other.key}
        pushed.take_others(found)

    def _plain(self, labels: Labels) -> Labels:
        return without_replica(labels, self._replica_labels)

    async def _find(self, many: Sequence[Labels], *, histograms: bool = False) -> list[int]:
        digests = [digest_of(labels) for labels in many]
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
                metrics = [labels.get(NAME, "") for labels in named]
                written = [orjson.dumps(labels).decode() for labels in named]
                await connection.execute(_INSERT, digests, metrics, written, histograms)
                known = {row["digest"]: row["id"] for row in await connection.fetch(_FIND, digests)}
        return known
