"""The consumer: reads the topics that a service reacts to, and stores its position in the service's database."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from prometheus_client import Gauge
from sqlalchemy import select

from common.events.broker import BrokerLost, KafkaCluster, close_client, with_timeout
from common.events.envelope import parse_epoch
from common.events.event_processor import EventProcessor, PositionedRecord
from common.events.inbox import Inbox, ReadPosition
from common.events.partition_assignment import PartitionAssignment
from common.events.sent_records import wait_for_signal
from common.runtime import Runtime
from published.event import topic_name

CHECK_SECONDS = 1.0
MAX_RECORDS = 500
"""The records of one transaction: enough to share its cost, few enough to stay far from its time limit."""
FETCH_MILLISECONDS, BRIEF_FETCH_MILLISECONDS = 500, 20
"""How long the consumer waits for records, and how long when it has rested and nobody told it of any."""
STALL_SECONDS = 30.0
"""The seconds without a record after which the consumer checks for records that it should have got."""
SWEEP_SECONDS = 300.0
"""The seconds between checks for held events whose turn has come by another process, such as an operator's command."""
CALM_SECONDS = 1.0
"""The seconds without a record or a signal after which a consumer that is told of new ones rests."""
REST_SECONDS = 2.0
"""The most that it rests; then it asks the broker once, in case nobody told it."""

ASSIGNED_PARTITIONS = Gauge(
    "rapport_consumer_partitions", "Partitions of each topic that this process reads", ["service"]
)

log = structlog.get_logger(__name__)


class Consumer:
    """Reads the partitions that are assigned to this replica; each replica of a service runs one consumer."""

    def __init__(self, runtime: Runtime, inbox: Inbox) -> None:
        self._runtime = runtime
        self._processor = EventProcessor(runtime, inbox)
        self._service = runtime.name
        self._kafka = runtime.settings.kafka
        self._limit = self._kafka.request_timeout.total_seconds()
        self._sources = {topic_name(event.service): event.service for event in inbox.subscriptions}
        self._topics = sorted(self._sources)
        self._positions: dict[TopicPartition, ReadPosition] = {}
        self._signal = runtime.sent_records.subscribe(self._topics) if runtime.sent_records is not None else None
        self._awake_until = 0.0

    async def run(self) -> None:
        """Read until the broker or the database is lost; another run continues from the stored positions."""
        assignment = PartitionAssignment(
            await self._runtime.database.locks.get_session(), self._service, self._kafka.partitions
        )
        consumer = AIOKafkaConsumer(
            **self._kafka.client_options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=10_000,
            fetch_max_wait_ms=int(self._kafka.fetch_max_wait.total_seconds() * 1000),
            request_timeout_ms=int(self._limit * 1000),  # a broker that restarts may leave a request without an answer
        )
        try:
            async with KafkaCluster(self._kafka) as cluster:
                await cluster.create_missing_topics(self._topics)
                await with_timeout(consumer.start(), self._limit)
                await self._read(consumer, cluster, assignment)
        finally:
            ASSIGNED_PARTITIONS.labels(self._service).set(0)
            await assignment.release_all()
            await close_client(consumer.stop())

    async def _read(self, consumer: AIOKafkaConsumer, cluster: KafkaCluster, assignment: PartitionAssignment) -> None:
        cluster_id, numbers = "", frozenset[int]()
        progressed_at = checked_at = 0.0
        swept_at = time.monotonic()
        while True:
            if time.monotonic() - checked_at > CHECK_SECONDS:
                checked_at = time.monotonic()
                current = await cluster.get_cluster_id(), await assignment.rebalance()
                if current != (cluster_id, numbers):
                    cluster_id, numbers = current
                    await self._assign(consumer, cluster_id, numbers)
                    progressed_at = time.monotonic()
            if self._signal is not None and time.monotonic() > self._awake_until:
                await self._rest(consumer, self._signal)
            batches = await self._fetch(consumer)
            if batches:
                progressed_at = time.monotonic()
                await self._process(consumer, batches)
            if numbers and time.monotonic() - progressed_at > STALL_SECONDS:
                await self._expect_no_more(consumer)
                progressed_at = time.monotonic()
            if time.monotonic() - swept_at > SWEEP_SECONDS:
                await self._processor.process_ready_events()
                swept_at = time.monotonic()

    async def _rest(self, consumer: AIOKafkaConsumer, signal: asyncio.Event) -> None:
        """Fetch nothing until there are new records, or for a while."""
        consumer.pause(*self._positions)
        if await wait_for_signal(signal, REST_SECONDS):
            self._stay_awake()
        consumer.resume(*self._positions)

    def _stay_awake(self) -> None:
        self._awake_until = time.monotonic() + CALM_SECONDS

    async def _fetch(self, consumer: AIOKafkaConsumer) -> Mapping[TopicPartition, Sequence[ConsumerRecord]]:
        """Fetch the records that are there or come soon."""
        milliseconds = FETCH_MILLISECONDS
        if self._signal is not None:
            if self._signal.is_set():
                self._stay_awake()  # until what it stands for has come
            self._signal.clear()
            milliseconds = milliseconds if time.monotonic() < self._awake_until else BRIEF_FETCH_MILLISECONDS
        batches: Mapping[TopicPartition, Sequence[ConsumerRecord]] = await with_timeout(
            consumer.getmany(timeout_ms=milliseconds, max_records=MAX_RECORDS), self._limit
        )
        if batches:
            self._stay_awake()
        return batches

    async def _assign(self, consumer: AIOKafkaConsumer, cluster_id: str, numbers: frozenset[int]) -> None:
        """Read the partitions of these numbers from the stored positions; the log of another broker from its start."""
        partitions = [TopicPartition(topic, number) for topic in self._topics for number in numbers]
        positions = self._runtime.tables.inbox_positions
        async with self._runtime.database.sessions() as session:
            rows = await session.execute(select(positions).where(positions.c.cluster_id == cluster_id))
            stored = {TopicPartition(row.topic, row.partition): (row.epoch, row.next_offset) for row in rows}
        self._positions = {
            partition: ReadPosition(partition, cluster_id, *stored.get(partition, (0, 0))) for partition in partitions
        }
        self._stay_awake()
        consumer.assign(partitions)
        await self._pass_over_expired(consumer)
        for partition, position in self._positions.items():
            consumer.seek(partition, position.next_offset)
        await self._processor.process_ready_events()
        ASSIGNED_PARTITIONS.labels(self._service).set(len(numbers))
        log.info("partitions_assigned", service=self._service, partitions=sorted(numbers), cluster_id=cluster_id)

    async def _pass_over_expired(self, consumer: AIOKafkaConsumer) -> None:
        """Go on where the log begins, and say so, where the broker has deleted records that were not read yet."""
        starts = await with_timeout(consumer.beginning_offsets(list(self._positions)), self._limit)
        expired = list_expired(self._positions.values(), starts)
        if not expired:
            return
        counts: Counter[str] = Counter()
        for position in expired:
            counts[self._sources[position.partition.topic]] += starts[position.partition] - position.next_offset
        later_positions = [replace(position, next_offset=starts[position.partition]) for position in expired]
        await self._processor.pass_over_expired(later_positions, counts)
        self._positions |= {position.partition: position for position in later_positions}

    async def _process(
        self, consumer: AIOKafkaConsumer, batches: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    ) -> None:
        """Process the records that were read, in their order."""
        records_with_positions = [
            record
            for partition, records in batches.items()
            for record in self._list_positioned(consumer, partition, records)
        ]
        if records_with_positions:
            await self._processor.process(records_with_positions)
            self._positions |= {position.partition: position for _, position in records_with_positions}

    def _list_positioned(
        self, consumer: AIOKafkaConsumer, place: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> list[PositionedRecord]:
        """List a partition's records with positions; where another relay epoch begins, read its log from the start."""
        steps: list[PositionedRecord] = []
        before = self._positions[place]
        for record in records:
            epoch = parse_epoch(record.headers)
            if epoch > before.epoch > 0 and record.offset > 0:
                if not steps:
                    log.warning("log_replaced", service=self._service, topic=place.topic, partition=place.partition)
                    self._positions[place] = ReadPosition(place, before.cluster_id, epoch, 0)
                consumer.seek(place, before.next_offset if steps else 0)
                break
            before = ReadPosition(place, before.cluster_id, max(epoch, before.epoch), record.offset + 1)
            steps.append((record, before))
        return steps

    async def _expect_no_more(self, consumer: AIOKafkaConsumer) -> None:
        """Raise BrokerLost if there is more to read: aiokafka can get stuck without an error."""
        ends = await with_timeout(consumer.end_offsets(list(self._positions)), self._limit)
        for place, end in ends.items():
            if end > self._positions[place].next_offset:
                raise BrokerLost(f"{place} ends at {end}, and nothing came since {self._positions[place].next_offset}")


def list_expired(positions: Iterable[ReadPosition], starts: Mapping[TopicPartition, int]) -> list[ReadPosition]:
    """List the positions before the start of their log; what was never read cannot expire."""
    return [position for position in positions if 0 < position.next_offset < starts.get(position.partition, 0)]
