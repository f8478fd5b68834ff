"""The consumer: reads the topics a service reacts to, and keeps its position in the service's own database."""

import time
from collections.abc import Mapping, Sequence

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from prometheus_client import Gauge
from sqlalchemy import select

from common.events.broker import BrokerLost, KafkaCluster, close_client, with_timeout
from common.events.envelope import parse_epoch
from common.events.event_processor import EventProcessor, PositionedRecord, ReadPosition
from common.events.inbox import Inbox
from common.events.partition_assignment import PartitionAssignment
from common.runtime import Runtime
from published.event import topic_name

CHECK_SECONDS = 1.0
STALL_SECONDS = 30.0

ASSIGNED_PARTITIONS = Gauge("rapport_consumer_slots", "Partitions of each topic that this process reads", ["service"])

log = structlog.get_logger(__name__)


class Consumer:
    """One per service and replica; the replicas share the partitions out (see shares)."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._reactor = EventProcessor(runtime, inbox)
        self._service = runtime.name
        self._kafka = runtime.settings.kafka
        self._limit = self._kafka.request_timeout.total_seconds()
        self._topics = sorted({topic_name(event.service) for event in inbox.subscriptions})
        self._bookmarks: dict[TopicPartition, ReadPosition] = {}

    async def run(self) -> None:
        """Until the broker or the database is lost; run again, it reads on from the stored positions."""
        shares = PartitionAssignment(
            await self._runtime.database.locks.get_session(), self._service, self._kafka.partitions
        )
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._kafka.bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=10_000,
            fetch_max_wait_ms=int(self._kafka.fetch_wait.total_seconds() * 1000),
        )
        try:
            async with KafkaCluster(self._kafka) as cluster:
                await cluster.create_missing_topics(self._topics)
                await with_timeout(consumer.start(), self._limit)
                await self._read(consumer, cluster, shares)
        finally:
            ASSIGNED_PARTITIONS.labels(self._service).set(0)
            await shares.release_all()
            await close_client(consumer.stop())

    async def _read(self, consumer: AIOKafkaConsumer, cluster: KafkaCluster, shares: PartitionAssignment) -> None:
        incarnation, slots = "", frozenset[int]()
        progress = patrolled = 0.0
        while True:
            if time.monotonic() - patrolled > CHECK_SECONDS:
                patrolled = time.monotonic()
                now = await cluster.get_cluster_id(), await shares.rebalance()
                if now != (incarnation, slots):
                    incarnation, slots = now
                    await self._assign(consumer, incarnation, slots)
                    progress = time.monotonic()
            batches = await with_timeout(consumer.getmany(timeout_ms=500, max_records=200), self._limit)
            if batches:
                progress = time.monotonic()
                await self._take(consumer, batches)
            if slots and time.monotonic() - progress > STALL_SECONDS:
                await self._expect_no_more(consumer)
                progress = time.monotonic()

    async def _assign(self, consumer: AIOKafkaConsumer, incarnation: str, slots: frozenset[int]) -> None:
        """Read these slots from where the database says; the log of another broker from its start."""
        places = [TopicPartition(topic, slot) for topic in self._topics for slot in slots]
        positions = self._runtime.tables.inbox_positions
        async with self._runtime.database.sessions() as session:
            rows = await session.execute(select(positions).where(positions.c.incarnation == incarnation))
            known = {TopicPartition(row.topic, row.partition): row for row in rows}
        self._bookmarks = {
            place: ReadPosition(place, incarnation, known[place].epoch, known[place].next_offset)
            if place in known
            else ReadPosition(place, incarnation, 0, 0)
            for place in places
        }
        consumer.assign(places)
        for place, bookmark in self._bookmarks.items():
            consumer.seek(place, bookmark.next_offset)
        await self._reactor.apply_ready_events()
        ASSIGNED_PARTITIONS.labels(self._service).set(len(slots))
        log.info("partitions_assigned", service=self._service, slots=sorted(slots), incarnation=incarnation)

    async def _take(
        self, consumer: AIOKafkaConsumer, batches: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> None:
        """Work through what was read. Nothing here runs beside itself: order is kept."""
        steps = [step for place, records in batches.items() for step in self._steps(consumer, place, records)]
        if steps:
            await self._reactor.process(steps)
            self._bookmarks |= {bookmark.partition: bookmark for _, bookmark in steps}

    def _steps(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> list[PositionedRecord]:
        """The records of one partition; where another relay epoch begins, its log is read again from the start."""
        steps: list[PositionedRecord] = []
        before = self._bookmarks[place]
        for record in records:
            epoch = parse_epoch(record.headers)
            if epoch > before.epoch > 0 and record.offset > 0:
                if not steps:
                    log.warning("log_replaced", service=self._service, topic=place.topic, partition=place.partition)
                    self._bookmarks[place] = ReadPosition(place, before.cluster_id, epoch, 0)
                consumer.seek(place, before.next_offset if steps else 0)
                break
            before = ReadPosition(place, before.cluster_id, max(epoch, before.epoch), record.offset + 1)
            steps.append((record, before))
        return steps

    async def _expect_no_more(self, consumer: AIOKafkaConsumer) -> None:
        """Aiokafka can stay stuck without an error: silence must mean that there is nothing to read."""
        ends = await with_timeout(consumer.end_offsets(list(self._bookmarks)), self._limit)
        for place, end in ends.items():
            if end > self._bookmarks[place].next_offset:
                raise BrokerLost(f"{place} ends at {end}, and nothing came since {self._bookmarks[place].next_offset}")
