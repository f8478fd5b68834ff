"""The way of a push, from its decoded form into the log; one per process."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from common.database.transient_errors import is_transient
from common.errors import Unavailable
from common.service import Runtime
from sla.measurements.data_points import DataPoints
from sla.measurements.ingest.decoded_push import DecodedPush
from sla.measurements.ingest.push_log import COMMIT_TIMEOUT_SECONDS, PushLog, PushLogEntry
from sla.measurements.ingest.series_registry import SeriesRegistry
from sla.measurements.minutes import to_milliseconds
from sla.measurements.samples import concat_samples
from sla.measurements.settings import PushSettings

T = TypeVar("T")

THREAD_THRESHOLD_BYTES = 256 * 1024
"""Bytes that are worth a thread, so that other requests need not wait for them."""


class WrittenCounts(NamedTuple):
    samples: int
    histograms: int


class Ingester:
    def __init__(self, runtime: Runtime, settings: PushSettings) -> None:
        self._clock = runtime.clock
        self.promoted_attributes = settings.promoted_attributes
        self.registry = SeriesRegistry(runtime.get_pool, settings.replica_labels, settings.series_remembered)
        self.push_log = PushLog(runtime.get_pool)

    async def ingest(self, pushed: DecodedPush, sender: str) -> WrittenCounts:
        """How many are kept, once they are. Raise Unavailable when that cannot be said of them."""
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS):
                await self.registry.resolve(pushed)
        except Exception as error:
            if is_transient(error):
                raise Unavailable("Series cannot be looked up right now.") from error
            raise
        now = self._clock()
        samples, points = pushed.timely_samples(to_milliseconds(now)), pushed.timely_histograms(to_milliseconds(now))
        kept = WrittenCounts(len(samples), len(points))
        if any(kept):
            packed = DataPoints(concat_samples([samples, pushed.timely_starts(to_milliseconds(now))]), points).pack()
            await self.push_log.append(PushLogEntry(now, sender, sum(kept), packed))
        return kept


async def run_in_thread_if_large(work: Callable[[], T], size: int) -> T:
    """Do it here, or in a thread if it is about many bytes."""
    return await asyncio.to_thread(work) if size > THREAD_THRESHOLD_BYTES else work()
