"""Processes records through the inbox: it waits out outages, and limits the attempts of failing reactions."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
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
LATEST_TIMESTAMP = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds: the sender of a record sets its timestamp."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


PositionedRecord = tuple[ConsumerRecord, ReadPosition]
"""A record with the position after it."""


@dataclass(frozen=True, slots=True)
class Step:
    """An event to process, or a record that is no event."""

    envelope: Envelope
    position: ReadPosition | None = None
    """The position after it, if it comes from the log."""
    defect: str = ""
    """Why the record is no event; the envelope stands in for it then."""


class EventProcessor:
    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox

    async def process(self, records: Iterable[PositionedRecord]) -> None:
        """Process the records: each is applied, held for its predecessor, or becomes a dead letter."""
        steps = [_read_step(record, position) for record, position in records]
        await self._process(steps)
        await self.process_ready_events({step.envelope.aggregate for step in steps})

    async def process_event(self, envelope: Envelope, *, max_attempts: int) -> InboxOutcome | None:
        """Process one event in a unit of its own; return what became of it, None for a dead letter."""
        return await self._retry_outages(partial(self._attempt, Step(envelope), max_attempts))

    async def process_ready_events(self, aggregates: Collection[Aggregate] | None = None) -> None:
        """Process the held events of these aggregates (all) whose turn has come."""
        while envelopes := await self._retry_outages(partial(self._find_ready_events, aggregates)):
            await self._process([Step(envelope) for envelope in envelopes])

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

    async def _process(self, steps: Sequence[Step]) -> None:
        """Process the steps in one transaction, or, if one of them makes it fail, in two halves."""
        if len(steps) == 1:
            await self._process_alone(steps[0])
            return
        try:
            await self._retry_outages(partial(self._apply, steps))
        except Exception as error:  # noqa: BLE001 - it is met again below, where it is counted and stored
            log.info("batch_split", service=self._runtime.name, reason=describe_error(error))
            middle = len(steps) // 2
            await self._process(steps[:middle])
            await self._process(steps[middle:])

    async def _process_alone(self, step: Step) -> None:
        if step.defect:
            await self._retry_outages(partial(self._add_dead_letter, step, step.defect, 1))
        else:
            max_attempts = self._runtime.settings.events.max_attempts
            await self._retry_outages(partial(self._attempt, step, max_attempts))

    async def _attempt(self, step: Step, max_attempts: int) -> InboxOutcome | None:
        reason, event = "", step.envelope
        for attempt in range(max_attempts):
            await asyncio.sleep(0.1 * 2**attempt if attempt else 0)
            try:
                return (await self._apply([step]))[0]
            except Exception as error:
                if _is_outage(error):
                    raise
                reason = describe_traceback(error)
                log.warning("reaction_failed", service=self._runtime.name, type=event.type, id=str(event.id))
        await self._add_dead_letter(step, reason, max_attempts)
        return None

    async def _apply(self, steps: Sequence[Step]) -> list[InboxOutcome]:
        """Apply the events whose turn it is, and hold those that are early, in one transaction."""
        if defect := next((step.defect for step in steps if step.defect), ""):
            raise UnreadableRecord(defect)
        envelopes = [step.envelope for step in steps]
        async with self._runtime.database.sessions() as session:
            plan = plan_batch(envelopes, await self._inbox.lock_aggregates(session, envelopes))
            deliveries = self._inbox.address(plan.applied)
            new_ids = await self._inbox.record(session, plan, deliveries, [step.position for step in steps])
            await self._inbox.add_missed_events(session, MissedBecause.DELETED, _count_by_source(plan.passed_over))
            new = [delivery for delivery in deliveries if delivery.envelope.id in new_ids]
            await self._runtime.commit(session, await apply_reactions(self._runtime, session, new))
        self._count(envelopes, plan)
        return plan.outcomes

    def _count(self, envelopes: Sequence[Envelope], plan: InboxPlan) -> None:
        for source, count in _count_by_source(plan.passed_over).items():
            PASSED_OVER.labels(self._runtime.name, source).inc(count)
        if plan.passed_over:
            subjects = sorted(subject for _, subject in plan.passed_over)[:MAX_SUBJECTS]
            log.warning("events_missed", service=self._runtime.name, subjects=subjects, count=len(plan.passed_over))
        for outcome, count in Counter(plan.outcomes).items():
            OUTCOMES.labels(self._runtime.name, outcome.value).inc(count)
        delay, now = DELAY.labels(self._runtime.name), datetime.now(UTC)
        for envelope in envelopes:
            delay.observe((now - envelope.time).total_seconds())

    async def _add_dead_letter(self, step: Step, reason: str, attempts: int) -> None:
        event = step.envelope
        async with self._runtime.begin(correlation=event.correlation) as work:
            await self._inbox.add_dead_letter(work.session, event, reason, attempts, step.position)
        DEAD_LETTERS.labels(self._runtime.name).inc()
        log.error("dead_letter", service=self._runtime.name, type=event.type, id=str(event.id), reason=reason)

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


def _read_step(record: ConsumerRecord, position: ReadPosition) -> Step:
    try:
        return Step(Envelope.from_record(record.headers, record.value, record.topic), position)
    except UnreadableRecord as error:
        return Step(_build_stand_in(record), position, describe_error(error))


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
