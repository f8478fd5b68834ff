"""Kafka, through aiokafka: the cluster, and a connection to send on. Every wait has a limit."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from common.error_descriptions import ExplainedError
from common.events.envelope import Envelope
from common.settings import KafkaSettings

TOPIC_ALREADY_EXISTS = 36
CLOSE_SECONDS = 3.0

T = TypeVar("T")


class RecordMetadata(Protocol):
    offset: int


class BrokerLost(ExplainedError):
    """The broker did not answer in time or as expected; what was sent may have arrived or not."""


@dataclass(frozen=True, slots=True)
class Canary:
    """The last record sent to the broker: if it is gone, so are the records before it."""

    partition: int
    offset: int
    event_id: UUID


def partition_of(subject: str, partitions: int) -> int:
    """Return the partition of a key by Kafka's own rule: murmur2 without its sign."""
    return int((murmur2(subject.encode()) & 0x7FFFFFFF) % partitions)


class KafkaCluster:
    """A connection that asks about the cluster itself."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._limit = settings.request_timeout.total_seconds()
        self._admin = AIOKafkaAdminClient(**settings.client_options(), request_timeout_ms=int(self._limit * 1000))

    async def __aenter__(self) -> Self:
        try:
            await with_timeout(self._admin.start(), self._limit)
        except BaseException:  # also when it is cancelled meanwhile
            await close_client(self._admin.close())
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await close_client(self._admin.close())

    async def get_cluster_id(self) -> str:
        """Return the cluster's id: another id means another log."""
        cluster = await with_timeout(self._admin.describe_cluster(), self._limit)
        return str(cluster["cluster_id"])

    async def create_missing_topics(self, topics: Iterable[str]) -> None:
        """Create the topics that do not exist, before anything is sent to them or read from them."""
        new_topics = [NewTopic(topic, self._settings.partitions, self._settings.replication_factor) for topic in topics]
        answer = await with_timeout(self._admin.create_topics(new_topics), self._limit)
        for error in answer.topic_errors:
            if error[1] not in (0, TOPIC_ALREADY_EXISTS):
                raise BrokerLost(f"cannot create topic {error[0]}: error {error[1]}")
        await self._add_partitions([topic.name for topic in new_topics])

    async def _add_partitions(self, topics: list[str]) -> None:
        """Add partitions to topics that the broker created by itself with too few; the inbox repairs the order."""
        count = self._settings.partitions
        descriptions = await with_timeout(self._admin.describe_topics(topics), self._limit)
        narrow = [topic["topic"] for topic in descriptions if 0 < len(topic["partitions"]) < count]
        if narrow:
            more = {topic: NewPartitions(total_count=count) for topic in narrow}
            await with_timeout(self._admin.create_partitions(more), self._limit)


class BrokerConnection:
    """A connection to send on. After an error it stays closed; open a new one."""

    def __init__(self, settings: KafkaSettings, topic: str) -> None:
        self._settings = settings
        self._topic = topic
        self._limit = settings.request_timeout.total_seconds()
        self._cluster = KafkaCluster(settings)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self._cluster)
            await self._cluster.create_missing_topics([self._topic])
            self._producer = self._new_producer()
            opened.push_async_callback(lambda: close_client(self._producer.stop()))
            await with_timeout(self._producer.start(), self._limit)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._opened.aclose()

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            **self._settings.client_options(),
            acks="all",
            enable_idempotence=False,
            request_timeout_ms=int(self._limit * 1000),
            max_batch_size=1024 * 1024,
            metadata_max_age_ms=30_000,
        )

    async def get_cluster_id(self) -> str:
        return await self._cluster.get_cluster_id()

    async def publish(self, envelopes: Iterable[Envelope], epoch: int) -> Canary:
        """Send one batch per partition, in order, and return once the broker has acknowledged all of them."""
        by_partition: dict[int, list[Envelope]] = defaultdict(list)
        for envelope in envelopes:
            by_partition[partition_of(envelope.subject, self._settings.partitions)].append(envelope)
        canaries = await asyncio.gather(
            *(self._send(partition, batch, epoch) for partition, batch in by_partition.items())
        )
        return canaries[-1]

    async def _send(self, partition: int, envelopes: list[Envelope], epoch: int) -> Canary:
        """Send the batches of one partition one after the other: if one fails, the next must not overtake it."""
        rest = envelopes
        while True:
            batch = self._producer.create_batch()
            count = 0
            for envelope in rest:
                room = batch.append(
                    key=envelope.subject.encode(),
                    value=envelope.data.encode(),
                    timestamp=int(envelope.time.timestamp() * 1000),
                    headers=envelope.headers(epoch),
                )
                if room is None:
                    break
                count += 1
            batch.close()
            result = await with_timeout(self._deliver(batch, partition), self._limit)
            last, rest = rest[count - 1], rest[count:]
            if not rest:
                return Canary(partition, result.offset + count - 1, last.id)

    async def _deliver(self, batch: object, partition: int) -> RecordMetadata:
        future = await self._producer.send_batch(batch, self._topic, partition=partition)
        metadata: RecordMetadata = await future
        return metadata

    async def has_record(self, canary: Canary) -> bool:
        """Tell whether the record `canary` is still at its place."""
        consumer = AIOKafkaConsumer(**self._settings.client_options(), auto_offset_reset="none")
        place = TopicPartition(self._topic, canary.partition)
        try:
            await with_timeout(consumer.start(), self._limit)
            consumer.assign([place])
            consumer.seek(place, canary.offset)
            records = await with_timeout(consumer.getmany(place, timeout_ms=2000, max_records=1), self._limit)
        except BrokerLost as lost:
            if "OffsetOutOfRange" in str(lost):
                return False
            raise
        finally:
            await close_client(consumer.stop())
        ids = [dict(record.headers).get("ce_id", b"").decode() for record in records.get(place, [])]
        return bool(ids) and ids[0] == str(canary.event_id)


async def with_timeout(waiting: Awaitable[T], seconds: float) -> T:
    """Return the result of `waiting`; any failure on the way to the broker becomes BrokerLost."""
    try:
        async with asyncio.timeout(seconds):
            result = await waiting
    except (KafkaError, OSError, TimeoutError) as error:
        raise BrokerLost(type(error).__name__) from error
    raise_if_cancelled()
    return result


def raise_if_cancelled() -> None:
    """Raise the cancellation of this task again if somebody swallowed it, as aiokafka does now and then."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def close_client(stopping: Awaitable[object]) -> None:
    """Stop a client within three seconds: while the broker is away, some never return.

    It runs in a task of its own, as aiokafka lets cancellations of its own tasks escape.
    """
    task = asyncio.ensure_future(stopping)
    try:
        await asyncio.wait({task}, timeout=CLOSE_SECONDS)
    finally:
        task.cancel()
    if task.done() and not task.cancelled():
        task.exception()  # retrieved, so that asyncio does not report it
