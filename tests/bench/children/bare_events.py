"""The limit of events: what the broker and aiokafka take alone. Prints the delays in milliseconds as JSON."""

import asyncio
import json
import sys
import time

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from common.settings import KafkaSettings
from rapport.embedded.services import FETCH_MAX_WAIT

TOPIC = "bench"


async def delays(bootstrap: str, rate: float, count: int) -> list[float]:
    wait = int(FETCH_MAX_WAIT.total_seconds() * 1000)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=wait)
    async with producer, consumer:
        places = [TopicPartition(TOPIC, number) for number in range(KafkaSettings().partitions)]
        consumer.assign(places)
        await consumer.seek_to_end()
        sending = asyncio.create_task(_send(producer, rate, count))
        delays = []
        while len(delays) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                delays += [(time.time() - float(record.value)) * 1000 for record in records]
        await sending
    return delays


async def _send(producer: AIOKafkaProducer, rate: float, count: int) -> None:
    start = time.perf_counter()
    for number in range(count):
        await asyncio.sleep(start + number / rate - time.perf_counter())
        await producer.send(TOPIC, str(time.time()).encode(), key=str(number).encode())


if __name__ == "__main__":
    rate = float(sys.argv[2])
    json.dump(uvloop.run(delays(sys.argv[1], rate, int(rate * float(sys.argv[3])))), sys.stdout)
