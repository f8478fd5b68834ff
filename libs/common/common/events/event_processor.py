"""Processes records through the inbox: it waits out outages, and limits the attempts of failing reactions."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

import prometheus_client
import structlog
from aiokafka import ConsumerRecord

from common.database.transient_errors import is_time_limit, is_transient, storable_text
from common.error_descriptions import describe_error, describe_traceback
from common.events.envelope import UNREADABLE_TYPE, Envelope, UnreadableRecord
from common.events.inbox import Inbox, MissedBecause, ReadPosition
from common.events.inbox_plan import Aggregate, InboxOutcome, InboxPlan, plan_batch
from common.events.reactions import apply_reactions
from common.runtime import Runtime

OUTCOMES = prometheus_client.Counter(
    "rapport_inbox_events_total", "Events received, by outcome", ["service", "outcome"]
)
PASSED_OVER = prometheus_client.Counter(
    "rapport_inbox_missed_events_total", "Events that were deleted before they were read", ["service", "source"]
)
DEAD_LETTERS = prometheus_client.Counter("rapport_inbox_dead_letters_total", "Events set aside", ["service"])
DELAY = prometheus_client.Histogram(
    "rapport_event_delay_seconds",
    "From the commit of an event to the commit of its effect",
    ["service"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)

MAX_SUBJECTS = 10
"""The aggregates that one line of the log names."""
ID_PATTERN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""How the ids of our aggregates are written; another text is whatever the writer of a record chose."""
LATEST_TIMESTAMP = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds: the sender of a record sets its timestamp."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


PositionedRecord = tuple[ConsumerRecord, ReadPosition]
"""A record with the position after it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An event whose reaction failed."""

    envelope: Envelope
    reason: str


class EventProcessor:
    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox

    async def process(self, records: Sequence[PositionedRecord]) -> None:
        """Process the records: each is applied, held for its predecessor, or becomes a dead letter."""
        envelopes = []
        for record, _ in records:
            try:
                envelopes.append(Envelope.from_record(record.headers, record.value, record.topic))
            except UnreadableRecord as error:
                await self._set_aside(Failure(_build_stand_in(record), describe_error(error)), 1)
        await self._process(envelopes, [position for _, position in records])
        await self.process_ready_events({envelope.aggregate for envelope in envelopes})

    async def process_event(self, envelope: Envelope) -> InboxOutcome | None:
        """Try one event once, in a unit of its own; return what became of it, None for a dead letter."""
        try:
            return (await self._apply([envelope]))[0]
        except Exception as error:  # noqa: BLE001 - it is stored with the letter
            await self._set_aside(Failure(envelope, describe_traceback(error)), 1)
            return None

    async def process_ready_events(self, aggregates: Collection[Aggregate] | None = None) -> None:
        """Process the held events of these aggregates (all) whose turn has come."""
        while envelopes := await self._retry_outages(partial(self._find_ready_events, aggregates)):
            await self._process(envelopes)

    async def _find_ready_events(self, aggregates: Collection[Aggregate] | None) -> list[Envelope]:
        async with self._runtime.database.read_sessions() as session:
            return await self._inbox.find_ready_events(session, aggregates)

    async def pass_over_expired(self, positions: Sequence[ReadPosition], counts: Mapping[str, int]) -> None:
        """Store where partitions go on whose next records the broker has deleted, and how many of each service."""
        async with self._runtime.begin() as work:
            await self._inbox.add_missed_events(work.session, MissedBecause.EXPIRED, counts)
            await self._inbox.record(work.session, InboxPlan([], [], [], {}), [], positions)
        for source, count in counts.items():
            PASSED_OVER.labels(self._runtime.name, source).inc(count)
        log.warning("records_expired", service=self._runtime.name, counts=dict(counts))

    async def _process(self, envelopes: Sequence[Envelope], positions: Sequence[ReadPosition] = ()) -> None:
        """Process the events in one transaction or, if some make it fail, in several.

        The positions are stored last then, so that a consumer that is broken off reads all of the events again.
        """
        try:
            await self._apply(envelopes, positions)
        except Exception as error:
            if not envelopes:
                raise
            await self._process_failing(envelopes, error)
            await self._apply([], positions)

    async def _process_failing(self, envelopes: Sequence[Envelope], error: Exception) -> None:
        """Apply the events that do not fail; try the others again, all after the same pauses, and set them aside."""
        failures = await self._divide(envelopes, error)
        max_attempts = self._runtime.settings.events.max_attempts
        for attempt in range(1, max_attempts if failures else 1):
            await asyncio.sleep(0.1 * 2**attempt)
            failures = [again for failure in failures for again in await self._apply_or_divide([failure.envelope])]
        for failure in failures:
            await self._set_aside(failure, max_attempts)

    async def _divide(self, envelopes: Sequence[Envelope], error: Exception) -> list[Failure]:
        """Apply in halves the events that fail together; return those that fail alone."""
        if len(envelopes) == 1:
            log.warning("reaction_failed", service=self._runtime.name, type=envelopes[0].type, id=str(envelopes[0].id))
            return [Failure(envelopes[0], describe_traceback(error))]
        log.info("batch_split", service=self._runtime.name, reason=describe_error(error))
        middle = len(envelopes) // 2
        first_failures = await self._apply_or_divide(envelopes[:middle])
        return first_failures + await self._apply_or_divide(envelopes[middle:])

    async def _apply_or_divide(self, envelopes: Sequence[Envelope]) -> list[Failure]:
        try:
            await self._apply(envelopes)
        except Exception as error:  # noqa: BLE001 - it is returned, or met again in one of the halves
            return await self._divide(envelopes, error)
        return []

    async def _apply(self, envelopes: Sequence[Envelope], positions: Sequence[ReadPosition] = ()) -> list[InboxOutcome]:
        """Apply the events whose turn it is, and hold those that are early, in one transaction."""
        return await self._retry_outages(partial(self._apply_once, envelopes, positions))

    async def _apply_once(self, envelopes: Sequence[Envelope], positions: Sequence[ReadPosition]) -> list[InboxOutcome]:
        async with self._runtime.database.sessions() as session:
            plan = plan_batch(envelopes, await self._inbox.lock_aggregates(session, envelopes))
            deliveries = self._inbox.address(plan.applied)
            new_ids = await self._inbox.record(session, plan, deliveries, positions)
            await self._inbox.add_missed_events(session, MissedBecause.DELETED, _count_by_source(plan.passed_over))
            new = [delivery for delivery in deliveries if delivery.envelope.id in new_ids]
            await self._runtime.commit(session, await apply_reactions(self._runtime, session, new))
        self._count(envelopes, plan)
        return plan.outcomes

    def _count(self, envelopes: Sequence[Envelope], plan: InboxPlan) -> None:
        for source, count in _count_by_source(plan.passed_over).items():
            PASSED_OVER.labels(self._runtime.name, source).inc(count)
        if plan.passed_over:
            subjects = sorted(subject for _, subject in plan.passed_over if ID_PATTERN.fullmatch(subject))[
                :MAX_SUBJECTS
            ]
            log.warning("events_missed", service=self._runtime.name, subjects=subjects, count=len(plan.passed_over))
        for outcome, count in Counter(plan.outcomes).items():
            OUTCOMES.labels(self._runtime.name, outcome.value).inc(count)
        delay, now = DELAY.labels(self._runtime.name), datetime.now(UTC)
        for envelope in envelopes:
            delay.observe((now - envelope.time).total_seconds())

    async def _set_aside(self, failure: Failure, attempts: int) -> None:
        await self._retry_outages(partial(self._add_dead_letter, failure, attempts))

    async def _add_dead_letter(self, failure: Failure, attempts: int) -> None:
        event = failure.envelope
        async with self._runtime.begin(correlation=event.correlation) as work:
            await self._inbox.add_dead_letter(work.session, event, failure.reason, attempts)
        DEAD_LETTERS.labels(self._runtime.name).inc()
        log.error("dead_letter", service=self._runtime.name, type=event.type, id=str(event.id), reason=failure.reason)

    async def _retry_outages(self, step: Callable[[], Awaitable[T]]) -> T:
        """Repeat `step` while the database is away or its transaction loses races."""
        pause = 0.05
        while True:
            try:
                return await step()
            except Exception as error:
                if not _is_outage(error):
                    raise
                log.warning("reaction_postponed", service=self._runtime.name, reason=describe_error(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


def _count_by_source(passed_over: Mapping[Aggregate, int]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (source, _), count in passed_over.items():
        counts[source] += count
    return counts


def _is_outage(error: Exception) -> bool:
    """Tell whether the error passes by itself; what takes too long may do so each time."""
    return is_transient(error) and not is_time_limit(error)


def _build_stand_in(record: ConsumerRecord) -> Envelope:
    """Build the envelope of a record that is no CloudEvent, to set it aside with its place and content."""
    name = f"{record.topic}/{record.partition}/{record.offset}"
    return Envelope(
        id=uuid5(NAMESPACE_URL, f"{name}/{record.timestamp}"),
        source=record.topic,
        type=UNREADABLE_TYPE,
        subject=name,
        version=1,
        oldest=1,
        time=datetime.fromtimestamp(min(max(record.timestamp, 0), LATEST_TIMESTAMP) / 1000, UTC),
        correlation=name,
        causation=None,
        data=storable_text((record.value or b"").decode(errors="replace")),
    )
