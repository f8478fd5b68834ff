"""Events that can no longer come are counted for an operator, whoever deleted them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import select
from structlog.testing import capture_logs

from common.events.consumer import list_expired
from common.events.event_processor import EventProcessor
from common.events.inbox import ReadPosition
from common.http.health import list_missed_events
from common.ids import new_id
from common.runtime import Runtime
from common.service import ServiceDefinition
from tests.common.conftest import NOTES, READERS, NoteWritten
from tests.common.events.test_batches import envelope, positioned
from tests.common.events.test_events import consuming, has, inbox, relaying, until, write

Small = Callable[[ServiceDefinition], Runtime]


async def list_missed(readers: Runtime) -> list[tuple[str, str, int]]:
    return [(row["source"], row["cause"], row["count"]) for row in await list_missed_events(readers)]


def has_missed(readers: Runtime, expected: tuple[str, str, int]) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return expected in await list_missed(readers)

    return check


async def test_events_that_their_service_deleted_before_they_came_are_counted(small: Small) -> None:
    readers = small(READERS)
    processor = EventProcessor(readers, inbox(readers))
    fourth = replace(envelope(NoteWritten(note_id=new_id(), text="fourth"), 4), oldest=3)
    other = replace(envelope(NoteWritten(note_id=new_id(), text="other"), 2), oldest=2)

    await processor.process(positioned([fourth, other]))
    await processor.process(positioned([fourth]))

    assert await list_missed(readers) == [("notes", "deleted", 3)]


async def test_what_a_record_claims_neither_reaches_the_log_nor_stops_anything(small: Small) -> None:
    readers = small(READERS)
    claims = [
        replace(envelope(NoteWritten(note_id=new_id(), text="x"), 2**63 - 1), subject=f"marlene {n}", oldest=2**63 - 1)
        for n in range(20)
    ]

    with capture_logs() as log:
        await EventProcessor(readers, inbox(readers)).process(positioned(claims))

    assert await list_missed(readers) == [("notes", "deleted", 10**12)]
    assert [line["event"] for line in log] == ["events_missed"]
    assert "marlene" not in str(log)


@pytest.mark.parametrize(("next_offset", "is_expired"), [(0, False), (3, True), (7, False), (9, False)])
def test_a_position_before_the_start_of_its_log_has_expired(next_offset: int, *, is_expired: bool) -> None:
    """What was never read cannot expire: a new service starts at the beginning."""
    partition = TopicPartition("rapport.notes.v1", 3)
    position = ReadPosition(partition, "a cluster", 1, next_offset)
    assert list_expired([position], {partition: 7}) == ([position] if is_expired else [])


async def test_records_that_expired_before_they_were_read_are_counted_and_passed_over_once(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes), consuming(readers):
        key = await write(notes, "one")
        await until(has(readers, 1, key))
    async with readers.database.sessions() as session:
        position = (await session.execute(select(readers.tables.inbox_positions))).first()
    assert position
    place = TopicPartition(position.topic, position.partition)

    async def begin_later(_: object, partitions: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {partition: position.next_offset + 3 if partition == place else 0 for partition in partitions}

    monkeypatch.setattr(AIOKafkaConsumer, "beginning_offsets", begin_later)
    for text in ("two", "three"):
        async with relaying(notes), consuming(readers):
            key = await write(notes, text)
            await until(has_missed(readers, ("notes", "expired", 3)))
