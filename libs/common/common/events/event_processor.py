"""Takes records through the inbox, with patience for outages and a limit for bugs."""

import asyncio
import traceback
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
"""The last second of the year 9999, in milliseconds: whoever sends a record says what time it was."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """How far a partition has been read: kept in the transaction of what was read."""

    partition: TopicPartition
    cluster_id: str
    epoch: int
    next_offset: int
    """Of the next record."""


PositionedRecord = tuple[ConsumerRecord, ReadPosition]
"""A record, and how far its partition has been read once it is done with."""


class EventProcessor:
    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox

    async def process(self, steps: Sequence[PositionedRecord]) -> None:
        """Returns when each record has had its effect, is held for its predecessor, or lies with the dead letters.

        They share a transaction, and with it the wait for the disk. If that fails by the fault of one of them, each
        gets a transaction of its own.
        """
        try:
            await self._patiently(partial(self._apply_together, steps))
        except Exception as error:  # noqa: BLE001 - it is found again below, where it is counted and kept
            log.info("reactions_apart", service=self._runtime.name, reason=f"{type(error).__name__}: {error}")
            for record, bookmark in steps:
                await self._process_alone(record, bookmark)
        await self.apply_ready_events()

    async def apply_ready_events(self) -> None:
        """Apply what was held and is ready now, one after the other, each in a unit of its own."""
        while held := await self._patiently(self._ready):
            await self._patiently(partial(self._react, held, None))

    async def _ready(self) -> Envelope | None:
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
                session.expunge_all()  # the next one reads for itself
                works.append(work)
            for bookmark in {bookmark.partition: bookmark for _, bookmark in steps}.values():
                await self._keep(works[-1], bookmark)
            await self._runtime.commit(*works)
        for envelope, outcome in zip(envelopes, outcomes, strict=True):
            self._count(envelope, outcome)

    async def _process_alone(self, record: ConsumerRecord, bookmark: ReadPosition) -> None:
        try:
            envelope = Envelope.from_record(record.headers, record.value)
        except UnreadableRecord as error:
            stand_in, reason = _stand_in(record), storable_text(str(error))
            await self._patiently(partial(self._bury, stand_in, reason, 1, bookmark))
            return
        await self._patiently(partial(self._react, envelope, bookmark))

    async def _react(self, envelope: Envelope, bookmark: ReadPosition | None) -> None:
        attempts = self._runtime.settings.events.attempts
        reason = ""
        for attempt in range(attempts):
            await asyncio.sleep(0.1 * 2**attempt if attempt else 0)
            try:
                return await self._apply(envelope, bookmark)
            except Exception as error:
                if is_transient(error):
                    raise
                reason = storable_text("".join(traceback.format_exception(error)))[-4000:]
                log.warning("reaction_failed", service=self._runtime.name, type=envelope.type, id=str(envelope.id))
        return await self._bury(envelope, reason, attempts, bookmark)

    async def _apply(self, envelope: Envelope, bookmark: ReadPosition | None) -> None:
        async with self._runtime.begin(correlation=envelope.correlation, causation=str(envelope.id)) as work:
            outcome = await self._inbox.receive(work, envelope)
            await self._keep(work, bookmark)
        self._count(envelope, outcome)

    def _count(self, envelope: Envelope, outcome: InboxOutcome) -> None:
        OUTCOMES.labels(self._runtime.name, outcome.value).inc()
        DELAY.labels(self._runtime.name).observe((datetime.now(UTC) - envelope.time).total_seconds())

    async def _bury(self, envelope: Envelope, reason: str, attempts: int, bookmark: ReadPosition | None) -> None:
        async with self._runtime.begin(correlation=envelope.correlation) as work:
            await self._inbox.add_dead_letter(work, envelope, reason, attempts)
            await self._keep(work, bookmark)
        DEAD_LETTERS.labels(self._runtime.name).inc()
        log.error("dead_letter", service=self._runtime.name, type=envelope.type, id=str(envelope.id), reason=reason)

    async def _keep(self, work: UnitOfWork, bookmark: ReadPosition | None) -> None:
        if bookmark is None:
            return
        where = {"topic": bookmark.partition.topic, "partition": bookmark.partition.partition}
        values = {"incarnation": bookmark.cluster_id, "epoch": bookmark.epoch, "next_offset": bookmark.next_offset}
        kept = insert(self._runtime.tables.inbox_positions).values(**where, **values)
        await work.session.execute(kept.on_conflict_do_update(index_elements=list(where), set_=values))

    async def _patiently(self, step: Callable[[], Awaitable[T]]) -> T:
        """Repeat `step` for as long as the database is away or its transaction loses races."""
        pause = 0.05
        while True:
            try:
                return await step()
            except Exception as error:
                if not is_transient(error):
                    raise
                reason = f"{type(error).__name__}: {error}"
                log.warning("reaction_waits", service=self._runtime.name, reason=reason)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)


def _stand_in(record: ConsumerRecord) -> Envelope:
    """For a record that is no CloudEvent, so that it can be set aside with its place and content."""
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
