"""The way of a push, from its decoded form into the log; one per process."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from common.errors import Unavailable
from common.failures import is_transient
from common.service import Runtime
from sla.measurements.log import PATIENCE, Entry, PushLog
from sla.measurements.minutes import milliseconds
from sla.measurements.points import pack_push
from sla.measurements.pushed import Pushed
from sla.measurements.registry import Registry
from sla.measurements.samples import joined
from sla.measurements.settings import PushSettings

T = TypeVar("T")

LARGE = 256 * 1024
"""Bytes that are worth a thread, so that other requests need not wait for them."""


class Kept(NamedTuple):
    samples: int
    histograms: int


class Intake:
    def __init__(self, runtime: Runtime, settings: PushSettings) -> None:
        self._clock = runtime.clock
        self.promoted_attributes = settings.promoted_attributes
        self.registry = Registry(runtime.pool, settings.replica_labels, settings.series_remembered)
        self.log = PushLog(runtime.pool)

    async def keep(self, pushed: Pushed, sender: str) -> Kept:
        """How many are kept, once they are. Raise Unavailable when that cannot be said of them."""
        try:
            async with asyncio.timeout(PATIENCE):
                await self.registry.find_others(pushed)
        except Exception as error:
            if is_transient(error):
                raise Unavailable("Series cannot be looked up right now.") from error
            raise
        now = self._clock()
        samples, points = pushed.in_time(milliseconds(now)), pushed.histograms_in_time(milliseconds(now))
        kept = Kept(len(samples), len(points))
        if any(kept):
            packed = pack_push(joined([samples, pushed.starts(milliseconds(now))]), points)
            await self.log.append(Entry(now, sender, sum(kept), packed))
        return kept


async def aside(work: Callable[[], T], size: int) -> T:
    """Do it here, or in a thread if it is about many bytes."""
    return await asyncio.to_thread(work) if size > LARGE else work()
