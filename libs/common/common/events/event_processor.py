"""Processes records through the inbox: it waits out outages, and limits the attempts of failing reactions."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar
from uuid import NAMESPACE_URL, uuid5

import structlog
from aiokafka import ConsumerRecord, TopicPartition
from prometheus_client import Counter, Histogram
from sqlalchemy.dialects.postgresql import insert

from common.auth.principal import SYSTEM
from common.database.transient_errors import is_transient, storable_text
from common.error_descriptions import describe_error, describe_traceback
from common.events.envelope import UNREADABLE_TYPE, Envelope, UnreadableRecord
from common.events.inbox import OUTCOMES, Inbox, InboxOutcome
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork

DEAD_LETTERS = Counter("rapport_inbox_dead_letters_total", "Events set aside", ["service"])
DELAY = Histogram(
    "rapport_event_delay_seconds",
    "From the commit of an event to the commit of its effect",
    ["service"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)

LATEST_TIMESTAMP = 253_402_300_799_000
"""The last second of the year 9999, in milliseconds: the sender of a record sets its timestamp."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """The position in a partition, stored in the transaction of the records before it."""

    partition: TopicPartition
    cluster_id: str
    epoch: int
    next_offset: int
    """The offset of the next record."""


PositionedRecord = tuple[ConsumerRecord, ReadPosition]
"""A record with the position after it."""


class EventProcessor:
    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox

    async def process(self, steps: Sequence[PositionedRecord]) -> None:
        """Process the records: each is applied, held for its predecessor, or becomes a dead letter.

        They share a transaction, and with it the wait for the disk. If one of them makes it fail, each gets a
        transaction of its own.
        """
        try:
            await self._retry_outages(partial(self._apply_together, steps))
        except Exception as error:  # noqa: BLE001 - it is met again below, where it is counted and stored
            log.info("batch_split", service=self._runtime.name, reason=describe_error(error))
            for record, position in steps:
                await self._process_alone(record, position)
        await self.process_ready_events()

    async def process_event(
        self, envelope: Envelope, position: ReadPosition | None = None, *, max_attempts: int | None = None
    ) -> InboxOutcome | None:
        """Process one event in a unit of its own, and store the position after it; None if it became a dead letter."""
        limit = max_attempts or self._runtime.settings.events.max_attempts
        return await self._retry_outages(partial(self._attempt, envelope, position, limit))

    async def process_ready_events(self) -> None:
        """Process the held events whose turn has come."""
        while envelope := await self._retry_outages(self._find_ready_event):
            await self.process_event(envelope)

    async def _find_ready_event(self) -> Envelope | None:
        async with self._runtime.database.read_sessions() as session:
            return await self._inbox.find_ready_event(session)

    async def _apply_together(self, steps: Sequence[PositionedRecord]) -> None:
        envelopes = [Envelope.from_record(record.headers, record.value) for record, _ in steps]
        works, outcomes = [], []
        async with self._runtime.database.sessions() as session:
            for envelope in envelopes:
                work = self._runtime.build_unit_of_work(session, SYSTEM, envelope.correlation, str(envelope.id))
                outcomes.append(await self._inbox.receive(work, envelope))
                await self._runtime.write_changes(work)
                session.expunge_all()  # each event reads its own state
                works.append(work)
            for position in {position.partition: position for _, position in steps}.values():
                await self._save_position(works[-1], position)
            await self._runtime.commit(*works)
        for envelope, outcome in zip(envelopes, outcomes, strict=True):
            self._count(envelope, outcome)

    async def _process_alone(self, record: ConsumerRecord, position: ReadPosition) -> None:
        try:
            envelope = Envelope.from_record(record.headers, record.value)
        except UnreadableRecord as error:
            await self._retry_outages(
                partial(self._add_dead_letter, _build_stand_in(record), describe_error(error), 1, position)
            )
            return
        await self.process_event(envelope, position)

    async def _attempt(
        self, envelope: Envelope, position: ReadPosition | None, max_attempts: int
    ) -> InboxOutcome | None:
        reason = ""
        for attempt in range(max_attempts):
            await asyncio.sleep(0.1 * 2**attempt if attempt else 0)
            try:
                return await self._apply(envelope, position)
            except Exception as error:
                if is_transient(error):
                    raise
                reason = describe_traceback(error)
                log.warning("reaction_failed", service=self._runtime.name, type=envelope.type, id=str(envelope.id))
        await self._add_dead_letter(envelope, reason, max_attempts, position)
        return None

    async def _apply(self, envelope: Envelope, position: ReadPosition | None) -> InboxOutcome:
        async with self._runtime.begin(correlation=envelope.correlation, causation=str(envelope.id)) as work:
            outcome = await self._inbox.receive(work, envelope)
            await self._save_position(work, position)
        self._count(envelope, outcome)
        return outcome

    def _count(self, envelope: Envelope, outcome: InboxOutcome) -> None:
        OUTCOMES.labels(self._runtime.name, outcome.value).inc()
        DELAY.labels(self._runtime.name).observe((datetime.now(UTC) - envelope.time).total_seconds())

    async def _add_dead_letter(
        self, envelope: Envelope, reason: str, attempts: int, position: ReadPosition | None
    ) -> None:
        async with self._runtime.begin(correlation=envelope.correlation) as work:
            await self._inbox.add_dead_letter(work, envelope, reason, attempts)
            await self._save_position(work, position)
        DEAD_LETTERS.labels(self._runtime.name).inc()
        log.error("dead_letter", service=self._runtime.name, type=envelope.type, id=str(envelope.id), reason=reason)

    async def _save_position(self, work: UnitOfWork, position: ReadPosition | None) -> None:
        if position is None:
            return
        where = {"topic": position.partition.topic, "partition": position.partition.partition}
        values = {"cluster_id": position.cluster_id, "epoch": position.epoch, "next_offset": position.next_offset}
        row = insert(self._runtime.tables.inbox_positions).values(**where, **values)
        await work.session.execute(row.on_conflict_do_update(index_elements=list(where), set_=values))

    async def _retry_outages(self, step: Callable[[], Awaitable[T]]) -> T:
        """Repeat `step` while the database is away or its transaction loses races."""
        pause = 0.05
        while True:
            try:
                return await step()
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("reaction_postponed", service=self._runtime.name, reason=describe_error(error))
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


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
