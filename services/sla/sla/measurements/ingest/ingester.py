"""Ingests a decoded push: finds the ids of its series, refuses what lies ahead of time, and appends it to the log."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar

from common.auth.principal import Principal
from common.database.transient_errors import is_transient
from common.errors import Unavailable
from common.runtime import Runtime
from sla.measurements.ingest.decoded_push import DecodedPush, WrittenCounts
from sla.measurements.ingest.push_log import COMMIT_TIMEOUT_SECONDS, PushLog, PushLogEntry
from sla.measurements.ingest.senders import Sender, Senders
from sla.measurements.minutes import from_milliseconds, to_milliseconds
from sla.measurements.settings import PushSettings

T = TypeVar("T")

MAX_LARGE_BODIES = 2
"""Large bodies that a process decodes at a time, in threads: each may take some hundred megabytes."""


class Ingester:
    """One per process, as it remembers series and lets pushes share commits."""

    def __init__(self, runtime: Runtime, settings: PushSettings) -> None:
        self._clock = runtime.clock
        self.promoted_attributes = settings.promoted_resource_attributes
        self._senders = Senders(runtime, settings)
        self._push_log = PushLog(runtime.get_pool)
        self._large_bodies = asyncio.Semaphore(MAX_LARGE_BODIES)

    async def admit(self, principal: Principal) -> Sender:
        """Return the sender of a push. Raise TooManySamples if its key has nothing left to push for now."""
        sender = await self._senders.get_sender(principal)
        if sender.budget:
            sender.budget.check(self._clock())
        return sender

    async def ingest(self, push: DecodedPush, sender: Sender) -> WrittenCounts:
        """Write the push to the log and return, once it is committed, how much was written.

        What lies ahead of time, or beyond the limits of the sender's key, is added to the refusals of the push. Raise
        Unavailable when it is not certain that the push is committed.
        """
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS):
                resolved = await sender.registry.resolve(push)
            now = self._clock()
            timely = resolved.only_timely(to_milliseconds(now), push.refusals)
            written = WrittenCounts(len(timely.rows), len(timely.histograms))
            if any(written):
                points, count = timely.to_data_points(), sum(written)
                measured_from = from_milliseconds(int(points.at.min()))
                entry = PushLogEntry(now, sender.subject, count, points.pack(), measured_from)
                with sender.budget.take(count, now) if sender.budget else nullcontext():
                    await self._push_log.append(entry)
        except Exception as error:
            if is_transient(error):
                raise Unavailable("The push could not be written. Send it again.") from error
            raise
        return written

    async def run_in_thread(self, decode: Callable[[], T]) -> T:
        """Decode a large body in a thread, so that other requests need not wait for it."""
        await self._large_bodies.acquire()
        decoding = asyncio.ensure_future(asyncio.to_thread(decode))
        decoding.add_done_callback(self._make_room)
        return await asyncio.shield(decoding)  # the thread goes on when nobody waits for it any more

    def _make_room(self, decoding: asyncio.Future[T]) -> None:
        self._large_bodies.release()
        if not decoding.cancelled():
            decoding.exception()  # retrieved, so that asyncio does not report it
