"""The limit of a backlog: aiokafka and asyncpg with one INSERT per event, until its input ends."""

import asyncio
import sys
from uuid import UUID

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from common.settings import KafkaSettings
from rapport.embedded.services import FETCH_MAX_WAIT

MOST_RECORDS = 500
"""Per transaction, as in the consumer."""


async def drain(database_url: str, bootstrap: str, *topics: str) -> None:
    wait = int(FETCH_MAX_WAIT.total_seconds() * 1000)
    print("ready", flush=True)  # noqa: T201
    await asyncio.to_thread(sys.stdin.readline)
    work = asyncio.create_task(_insert_all(database_url, bootstrap, topics, wait))
    await asyncio.to_thread(sys.stdin.readline)
    work.cancel()
    await asyncio.wait([work])


async def _insert_all(database_url: str, bootstrap: str, topics: tuple[str, ...], wait: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=wait)
    connection = await asyncpg.connect(database_url)
    async with consumer:
        consumer.assign(
            [TopicPartition(topic, number) for topic in topics for number in range(KafkaSettings().partitions)]
        )
        await consumer.seek_to_beginning()
        while True:
            batches = await consumer.getmany(timeout_ms=500, max_records=MOST_RECORDS)
            async with connection.transaction():
                for record in (record for records in batches.values() for record in records):
                    id_ = UUID(dict(record.headers)["ce_id"].decode())
                    await connection.execute("INSERT INTO bare_events VALUES ($1, $2)", id_, record.value.decode())


if __name__ == "__main__":
    uvloop.run(drain(*sys.argv[1:]))
