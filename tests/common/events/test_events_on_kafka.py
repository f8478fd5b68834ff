"""What only Apache Kafka can do to us: a topic that is deleted, and made anew, while the cluster stays the same."""

import os

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import select

from common.runtime import Runtime
from rapport.embedded.broker import Broker
from tests.common.conftest import NOTES, READERS
from tests.common.events.test_events import Small, consuming, has, readings, relaying, until, write

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(os.environ.get("RAPPORT_TEST_BROKER") != "kafka", reason="the embedded one deletes no topics"),
]

TOPIC = "rapport.notes.v1"


async def delete_topic(broker: Broker) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([TOPIC])
    finally:
        await admin.close()


async def epoch(runtime: Runtime) -> int:
    async with runtime.database.sessions() as session:
        return await session.scalar(select(runtime.tables.relay_state.c.epoch)) or 0


async def test_a_deleted_topic_is_filled_again_from_the_outbox(small: Small, broker: Broker) -> None:
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes), consuming(readers):
        first = await write(notes, "a1", "a2", "a3")
        await until(has(readers, 3, first), seconds=60)
        await delete_topic(broker)
        second = await write(notes, "b1")
        await write(notes, "a4", note=first)
        await until(has(readers, 5, first, second), seconds=90)
    assert await epoch(notes) == 2
    assert await readings(readers, first) == ["a1", "a2", "a3", "a4"]
    assert await readings(readers, second) == ["b1"]


async def test_events_a_deleted_topic_took_away_unread_come_again(small: Small, broker: Broker) -> None:
    """The canary shows it: nothing else is different for a relay that starts anew."""
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes):
        key = await write(notes, "unread")
        await until(lambda: _nothing_pending(notes), seconds=60)
    await delete_topic(broker)
    async with relaying(notes), consuming(readers):
        await until(has(readers, 1, key), seconds=90)
    assert await readings(readers, key) == ["unread"]


async def _nothing_pending(runtime: Runtime) -> bool:
    async with runtime.database.sessions() as session:
        return (await session.execute(select(runtime.tables.outbox_pending.c.seq))).first() is None
