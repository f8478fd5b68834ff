"""Ingests a decoded push: finds the ids of its series, refuses what lies ahead of time, and appends it to the log."""

import asyncio
from contextlib import nullcontext

from prometheus_client import Counter

from common.auth.api_keys import KEY_SUBJECT
from common.auth.principal import Principal
from common.database.transient_errors import is_transient
from common.errors import Unavailable
from common.runtime import Runtime
from sla.measurements.ingest.decoded_push import DecodedPush, WrittenCounts
from sla.measurements.ingest.push_log import COMMIT_TIMEOUT_SECONDS, PushLog, PushLogEntry
from sla.measurements.ingest.senders import Sender, Senders
from sla.measurements.minutes import from_milliseconds, to_milliseconds
from sla.measurements.settings import PushSettings

SAMPLES = Counter(
    "rapport_push_samples_total", "Samples and histograms that were pushed, by what became of them", ["key", "outcome"]
)
"""`key` is the prefix of the monitor's key, and empty for people: their names are nobody's business here."""


class Ingester:
    """One per process, as it remembers series and lets pushes share commits."""

    def __init__(self, runtime: Runtime, settings: PushSettings) -> None:
        self.runtime = runtime
        self.promoted_attributes = settings.promoted_resource_attributes
        self._senders = Senders(runtime, settings)
        self._push_log = PushLog(runtime.get_pool)

    async def admit(self, principal: Principal) -> Sender:
        """Return the sender of a push. Raise TooManySamples if its key has nothing left to push for now."""
        sender = await self._senders.get_sender(principal)
        if sender.budget:
            sender.budget.check(self.runtime.clock())
        return sender

    async def ingest(self, push: DecodedPush, sender: Sender) -> WrittenCounts:
        """Write the push to the log and return, once it is committed, how much was written.

        What lies ahead of time, or beyond the limits of the sender's key, is added to the refusals of the push. Raise
        Unavailable when it is not certain that the push is committed.
        """
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS):
                resolved = await sender.registry.resolve(push)
            now = self.runtime.clock()
            timely = resolved.only_timely(to_milliseconds(now), push.refusals)
            written = WrittenCounts(len(timely.rows), len(timely.histograms))
            if any(written):
                points, count = timely.to_data_points(), sum(written)
                measured_from = from_milliseconds(int(points.at.min()))
                weight = count + len(points.histograms.key)
                entry = PushLogEntry(now, sender.subject, weight, points.pack(), measured_from)
                with sender.budget.take(count, now) if sender.budget else nullcontext():
                    await self._push_log.append(entry)
        except Exception as error:
            if is_transient(error):
                raise Unavailable("The push could not be written. Send it again.") from error
            raise
        _count(sender, sum(written), push.refusals.count)
        return written


def _count(sender: Sender, written: int, refused: int) -> None:
    key = sender.subject.removeprefix(KEY_SUBJECT) if sender.subject.startswith(KEY_SUBJECT) else ""
    for outcome, count in (("written", written), ("refused", refused)):
        SAMPLES.labels(key, outcome).inc(count)
