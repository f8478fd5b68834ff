"""The consumer: reads the topics a service reacts to, and keeps its position in the service's own database."""

import asyncio
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Histogram
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from common.broker import BrokerLost, Cluster, bounded, close
from common.envelope import Envelope, Unreadable, epoch_of
from common.failures import is_transient
from common.inbox import OUTCOMES, Inbox
from common.runtime import Runtime
from published.event import topic_of

PATROL = 5.0
STALLED = 30.0
UNASSIGNED = 60.0

DEAD = Counter("rapport_inbox_dead_letters_total", "Events set aside", ["service"])
REBUILDS = Counter("rapport_consumer_rebuilds_total", "Consumers thrown away and built again", ["service"])
DELAY = Histogram(
    "rapport_event_delay_seconds",
    "From the commit of an event to the commit of its effect",
    ["service"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Position:
    epoch: int
    offset: int
    """Of the next record."""


class Consumer(ConsumerRebalanceListener):  # type: ignore[misc]
    """One per service and replica; Kafka's consumer groups share the partitions out."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._inbox = inbox
        self._service = runtime.name
        self._topics = sorted({topic_of(event.service) for event in inbox.subscriptions})
        self._positions: dict[TopicPartition, Position] = {}
        self._incarnation = ""
        self._progress = 0.0

    async def run(self) -> None:
        """Until cancelled. Whatever goes wrong, the consumer is built again and reads on from the stored position."""
        pause = 0.2
        while self._topics:
            began = time.monotonic()
            try:
                await self._consume()
            except (BrokerLost, KafkaError, OSError, SQLAlchemyError) as error:
                log.warning("consumer_rebuilt", service=self._service, reason=f"{type(error).__name__}: {error}")
            REBUILDS.labels(self._service).inc()
            pause = 0.2 if time.monotonic() - began > UNASSIGNED else min(pause * 2, 5.0)
            await asyncio.sleep(pause)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Aiokafka swallows what this raises, so it only forgets: positions are read with the first batch."""
        for place in assigned:
            self._positions.pop(place, None)

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self.on_partitions_assigned(revoked)

    async def _consume(self) -> None:
        async with Cluster(self._runtime.settings.kafka) as cluster:
            await cluster.ensure(self._topics)
            self._incarnation = await cluster.incarnation()
            await self._consume_from(cluster)

    async def _consume_from(self, cluster: Cluster) -> None:
        kafka = self._runtime.settings.kafka
        limit = kafka.request_timeout.total_seconds()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=kafka.bootstrap,
            group_id=f"rapport.{self._service}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=10_000,
            fetch_max_wait_ms=int(kafka.fetch_wait.total_seconds() * 1000),
        )
        consumer.subscribe(self._topics, listener=self)
        self._positions.clear()
        try:
            await bounded(consumer.start(), 3 * limit)
            await self._read(consumer, cluster, limit)
        finally:
            await close(consumer.stop())

    async def _read(self, consumer: AIOKafkaConsumer, cluster: Cluster, limit: float) -> None:
        self._progress = patrolled = time.monotonic()
        while True:
            batches = await bounded(consumer.getmany(timeout_ms=1000, max_records=200), limit)
            for place, records in batches.items():
                self._progress = time.monotonic()
                await self._take(consumer, place, records)
            if time.monotonic() - patrolled > PATROL:
                patrolled = time.monotonic()
                await self._patrol(consumer, cluster, limit)

    async def _take(self, consumer: AIOKafkaConsumer, place: TopicPartition, records: list[ConsumerRecord]) -> None:
        """Work through one partition's batch. Nothing here runs beside itself: order is kept."""
        position = await self._position(place)
        if records[0].offset < position.offset:
            consumer.seek(place, position.offset)
            return
        for record in records:
            epoch = epoch_of(record.headers)
            if epoch > position.epoch > 0 and record.offset > 0:
                log.warning("log_replaced", service=self._service, topic=place.topic, partition=place.partition)
                self._positions[place] = Position(epoch, 0)
                consumer.seek(place, 0)
                return
            position = Position(max(epoch, position.epoch), record.offset + 1)
            await self._process(place, record, position)
            if place not in self._positions:
                return
            self._positions[place] = position

    async def _position(self, place: TopicPartition) -> Position:
        """Where to read on. The database knows it, for the log of the broker it was read from."""
        if place not in self._positions:
            positions = self._runtime.tables.inbox_positions
            query = select(positions).where(
                positions.c.topic == place.topic,
                positions.c.partition == place.partition,
                positions.c.incarnation == self._incarnation,
            )
            async with self._runtime.database.sessions() as session:
                row = (await session.execute(query)).first()
            self._positions[place] = Position(row.epoch, row.next_offset) if row else Position(0, 0)
        return self._positions[place]

    async def _process(self, place: TopicPartition, record: ConsumerRecord, position: Position) -> None:
        try:
            envelope = Envelope.read(record.headers, record.value)
        except Unreadable as error:
            await self._patiently(self._bury, _unreadable(place, record), str(error), 1, place, position)
            return
        await self._patiently(self._react, envelope, place, position)
        await self._follow(envelope, place, position)

    async def _follow(self, envelope: Envelope | None, place: TopicPartition, position: Position) -> None:
        """What was held behind `envelope`, one by one; with null, whatever became ready unnoticed."""
        while True:
            async with self._runtime.database.sessions() as session:
                held = await self._inbox.ready(session, envelope)
            if held is None:
                return
            await self._patiently(self._react, held, place, position)

    async def _patiently(self, step: Any, *parameters: Any) -> None:
        """Repeat `step` for as long as the database is away or the transaction lost a race."""
        pause = 0.05
        while True:
            try:
                await step(*parameters)
            except Exception as error:
                if not is_transient(error):
                    raise
                log.warning("reaction_waits", service=self._service, reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)
            else:
                return

    async def _react(self, envelope: Envelope, place: TopicPartition, position: Position) -> None:
        attempts = self._runtime.settings.events.attempts
        for attempt in range(1, attempts + 1):
            try:
                return await self._apply(envelope, place, position)
            except Exception as error:
                if is_transient(error):
                    raise
                reason = "".join(traceback.format_exception(error))[-4000:]
                log.exception("reaction_failed", service=self._service, event_type=envelope.type, id=str(envelope.id))
            if attempt < attempts:
                await asyncio.sleep(0.1 * 2**attempt)
        return await self._bury(envelope, reason, attempts, place, position)

    async def _apply(self, envelope: Envelope, place: TopicPartition, position: Position) -> None:
        async with self._runtime.begin(correlation=envelope.correlation, causation=str(envelope.id)) as work:
            outcome = await self._inbox.receive(work, envelope)
            await self._keep(work.session, place, position)
        OUTCOMES.labels(self._service, outcome.value).inc()
        DELAY.labels(self._service).observe((datetime.now(UTC) - envelope.time).total_seconds())

    async def _bury(
        self, envelope: Envelope, reason: str, attempts: int, place: TopicPartition, position: Position
    ) -> None:
        async with self._runtime.begin(correlation=envelope.correlation) as work:
            await self._inbox.bury(work, envelope, reason, attempts)
            await self._keep(work.session, place, position)
        DEAD.labels(self._service).inc()

    async def _keep(self, session: Any, place: TopicPartition, position: Position) -> None:
        row = {"topic": place.topic, "partition": place.partition}
        values = {"incarnation": self._incarnation, "epoch": position.epoch, "next_offset": position.offset}
        kept = insert(self._runtime.tables.inbox_positions).values(**row, **values)
        await session.execute(kept.on_conflict_do_update(index_elements=list(row), set_=values))

    async def _patrol(self, consumer: AIOKafkaConsumer, cluster: Cluster, limit: float) -> None:
        """Aiokafka can stay stuck without an error; a log can be replaced under a position that lies beyond its end."""
        if await cluster.incarnation() != self._incarnation:
            raise BrokerLost("the cluster is another one")
        idle = time.monotonic() - self._progress
        assigned = consumer.assignment()
        if not assigned and idle > UNASSIGNED:
            raise BrokerLost("no partition was assigned for a minute")
        if assigned and idle > STALLED:
            await self._expect_no_more(consumer, assigned, limit)

    async def _expect_no_more(self, consumer: AIOKafkaConsumer, assigned: set[TopicPartition], limit: float) -> None:
        ends = await bounded(consumer.end_offsets(list(assigned)), limit)
        for place, end in ends.items():
            known = self._positions.get(place)
            if known is not None and end > known.offset:
                raise BrokerLost(f"{place} has records up to {end}, and none came since {known.offset}")
        self._progress = time.monotonic()


def _unreadable(place: TopicPartition, record: ConsumerRecord) -> Envelope:
    """A stand-in for a record that is no CloudEvent, so that it can be set aside with its place and content."""
    name = f"{place.topic}/{place.partition}/{record.offset}"
    return Envelope(
        id=uuid5(NAMESPACE_URL, f"{name}/{record.timestamp}"),
        source=place.topic,
        type="unreadable",
        subject=name,
        version=1,
        oldest=1,
        time=datetime.fromtimestamp(max(record.timestamp, 0) / 1000, UTC),
        correlation=name,
        causation=None,
        data=(record.value or b"").decode(errors="replace").replace("\x00", "�"),
    )
