"""The launcher of Apache Kafka keeps what was written over a crash, and comes back empty when told to."""

from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.kafka.launcher import JARS, Kafka

TOPIC = "rapport.sla.v1"

pytestmark = pytest.mark.kafka


async def produce(kafka: Kafka, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all", enable_idempotence=False)
    await producer.start()
    try:
        await producer.send_and_wait(TOPIC, value, key=b"k")
    finally:
        await producer.stop()


async def consume(kafka: Kafka) -> list[bytes]:
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        batches = await consumer.getmany(timeout_ms=1000)
        return [record.value for records in batches.values() for record in records]
    finally:
        await consumer.stop()


async def test_it_keeps_records_over_a_kill_and_loses_them_when_restarted_empty(home: Path) -> None:
    assert JARS.is_dir(), "run `make test-kafka`, which fetches Apache Kafka"
    async with Kafka(home / "kafka", [TOPIC]) as kafka:
        await produce(kafka, b"one")
        first = kafka.cluster_id
        await kafka.kill()
        await kafka.start()
        assert await consume(kafka) == [b"one"]
        await kafka.restart_empty()
        assert kafka.cluster_id != first
        assert await consume(kafka) == []
