"""Batches in the database: however records are cut into them, the same rows are left as when they come one by one."""

import asyncio
import random
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from sqlalchemy import func, select, text, update

from common.database.machinery_tables import MachineryTables
from common.events import event_processor
from common.events.envelope import Envelope
from common.events.event_processor import EventProcessor
from common.events.inbox import Inbox, ReadPosition
from common.events.reactions import Reaction, SetReaction
from common.ids import new_id
from common.runtime import Runtime, utc_now
from common.service import ServiceDefinition
from published.event import Event
from tests.common.conftest import READERS, FiledNote, NoteFiled, NoteWritten, Reading
from tests.common.events.test_events import inbox

Small = Callable[[ServiceDefinition], Runtime]
PLACE = TopicPartition("rapport.notes.v1", 3)
LENGTH = 8
"""The events of one note."""


def envelope(event: Event, version: int) -> Envelope:
    data, type_ = event.model_dump_json(), event.ce_type()
    return Envelope(uuid4(), "notes", type_, event.subject, version, 1, utc_now(), "c", None, data)


def history(note: UUID) -> list[Envelope]:
    """Return the events of one note, which is written and filed in turns."""
    events = [
        NoteFiled(note_id=note, shelf=f"shelf {number}")
        if number % 2
        else NoteWritten(note_id=note, text=f"text {number}")
        for number in range(LENGTH)
    ]
    return [envelope(event, number + 1) for number, event in enumerate(events)]


def positioned(envelopes: Sequence[Envelope]) -> list[tuple[ConsumerRecord[Any, Any], ReadPosition]]:
    """Return the records of these events in one partition, each with the position after it."""
    return [
        (
            ConsumerRecord(
                PLACE.topic, PLACE.partition, offset, 0, 0, b"key", each.data.encode(), 0, 3, 4, each.headers(1)
            ),
            ReadPosition(PLACE, "a cluster", 1, offset + 1),
        )
        for offset, each in enumerate(envelopes)
    ]


async def process_in_batches(runtime: Runtime, envelopes: Sequence[Envelope], chance: random.Random) -> None:
    processor, rest = EventProcessor(runtime, inbox(runtime)), positioned(envelopes)
    while rest:
        size = chance.choice((1, 2, 7, 30))
        await processor.process(rest[:size])
        rest = rest[size:]


async def count_rows(runtime: Runtime) -> dict[str, int]:
    tables: MachineryTables = runtime.tables
    counted = {"inbox": tables.inbox, "held": tables.inbox_held, "dead": tables.dead_letters}
    async with runtime.database.sessions() as session:
        return {
            name: await session.scalar(select(func.count()).select_from(table)) or 0 for name, table in counted.items()
        }


async def list_attempts(runtime: Runtime) -> set[int]:
    """List how often the events were tried that are dead letters now."""
    async with runtime.database.sessions() as session:
        return set(await session.scalars(select(runtime.tables.dead_letters.c.attempts)))


async def get_next_offset(runtime: Runtime) -> int | None:
    async with runtime.database.sessions() as session:
        return await session.scalar(select(runtime.tables.inbox_positions.c.next_offset))


async def list_texts(runtime: Runtime, note: UUID) -> list[str]:
    async with runtime.database.sessions() as session:
        return list(await session.scalars(select(Reading.text).where(Reading.note_id == note).order_by(Reading.id)))


@pytest.mark.parametrize("seed", range(4))
async def test_a_shuffled_stream_with_repetitions_has_each_effect_once_and_in_order(small: Small, seed: int) -> None:
    readers, chance = small(READERS), random.Random(seed)
    notes = [new_id() for _ in range(6)]
    stream = [event for note in notes for event in history(note)] * 2
    chance.shuffle(stream)

    await process_in_batches(readers, stream, chance)

    for note in notes:
        assert await list_texts(readers, note) == [f"text {number}" for number in range(0, LENGTH, 2)]
    async with readers.database.sessions() as session:
        shelves = {row.note_id: row.shelf for row in await session.scalars(select(FiledNote))}
        versions = set(await session.scalars(select(readers.tables.inbox_versions.c.version)))
    assert shelves == dict.fromkeys(notes, f"shelf {LENGTH - 1}")
    assert versions == {LENGTH}
    assert await get_next_offset(readers) == len(stream)
    assert await count_rows(readers) == {"inbox": len(notes) * LENGTH, "held": 0, "dead": 0}


@pytest.mark.parametrize("poison", ["text 4", "shelf 3"])
async def test_one_poisoned_event_in_a_batch_holds_up_its_aggregate_alone(
    small: Small, banned: set[str], poison: str
) -> None:
    readers, chance = small(READERS), random.Random(7)
    readers.settings.events.max_attempts = 1
    notes = [new_id() for _ in range(5)]
    ill = history(notes[0])
    data = ill[int(poison[-1])].data.replace(poison, "poison")
    ill[int(poison[-1])] = envelope(
        (NoteWritten if poison.startswith("text") else NoteFiled).model_validate_json(data), int(poison[-1]) + 1
    )
    banned.add("poison")
    stream = ill + [event for note in notes[1:] for event in history(note)]
    chance.shuffle(stream)

    await EventProcessor(readers, inbox(readers)).process(positioned(stream))

    before = int(poison[-1])
    assert await count_rows(readers) == {
        "inbox": before + 4 * LENGTH,
        "held": LENGTH - before - 1,
        "dead": 1,
    }
    assert await list_texts(readers, notes[0]) == [f"text {number}" for number in range(0, before, 2)]
    for note in notes[1:]:
        assert len(await list_texts(readers, note)) == LENGTH / 2


async def test_poisoned_events_of_one_batch_are_tried_again_after_the_same_pauses(
    small: Small, banned: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def note_pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(event_processor, "asyncio", SimpleNamespace(sleep=note_pause))
    readers = small(READERS)
    banned.add("poison")
    ill = [envelope(NoteWritten(note_id=new_id(), text="poison"), 1) for _ in range(25)]
    well = history(new_id())

    await EventProcessor(readers, inbox(readers)).process(positioned([*ill, *well]))

    assert pauses == [0.2, 0.4, 0.8, 1.6]
    assert await count_rows(readers) == {"inbox": LENGTH, "held": 0, "dead": len(ill)}
    assert await list_attempts(readers) == {readers.settings.events.max_attempts}


async def test_an_event_that_fails_at_first_only_is_applied_before_those_behind_it(
    small: Small, banned: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def mend(_seconds: float) -> None:
        banned.clear()

    monkeypatch.setattr(event_processor, "asyncio", SimpleNamespace(sleep=mend))
    readers, note = small(READERS), new_id()
    banned.add("text 2")

    await EventProcessor(readers, inbox(readers)).process(positioned(history(note)))

    assert await list_texts(readers, note) == [f"text {number}" for number in range(0, LENGTH, 2)]
    assert await count_rows(readers) == {"inbox": LENGTH, "held": 0, "dead": 0}
    assert await get_next_offset(readers) == LENGTH


async def test_a_batch_that_is_broken_off_while_an_event_fails_is_read_again(
    small: Small, banned: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_off(_seconds: float) -> None:
        raise asyncio.CancelledError

    readers, note, other = small(READERS), new_id(), new_id()
    records = positioned([*history(note), *history(other)])
    banned.add("text 2")
    with monkeypatch.context() as patched:
        patched.setattr(event_processor, "asyncio", SimpleNamespace(sleep=break_off))
        with pytest.raises(asyncio.CancelledError):
            await EventProcessor(readers, inbox(readers)).process(records)

    assert await get_next_offset(readers) is None
    banned.clear()
    await EventProcessor(readers, inbox(readers)).process(records)

    for key in (note, other):
        assert await list_texts(readers, key) == [f"text {number}" for number in range(0, LENGTH, 2)]
    assert await count_rows(readers) == {"inbox": 2 * LENGTH, "held": 0, "dead": 0}
    assert await get_next_offset(readers) == 2 * LENGTH


async def test_events_of_one_batch_keep_their_own_correlation_and_cause(small: Small) -> None:
    readers = small(READERS)
    seen: list[tuple[str, str | None]] = []

    async def note_context(work: Any, _event: NoteWritten) -> None:
        seen.append((work.correlation, work.causation))

    subscriptions = {NoteWritten: Reaction("note_reading", note_context)}
    events = [envelope(NoteWritten(note_id=new_id(), text="t"), 1) for _ in range(3)]
    processor = EventProcessor(readers, Inbox("readers", readers.tables, subscriptions))

    await processor.process(positioned(events))

    assert seen == [("c", str(event.id)) for event in events]


async def test_a_set_reaction_that_changes_entities_is_refused(small: Small) -> None:
    readers = small(READERS)
    readers.settings.events.max_attempts = 1

    async def add_readings(work: Any, events: Sequence[NoteFiled]) -> None:
        for event in events:
            work.add(Reading(note_id=event.note_id, text=event.shelf))

    subscriptions = {NoteFiled: SetReaction("file_notes", add_readings)}
    events = [envelope(NoteFiled(note_id=new_id(), shelf="s"), 1) for _ in range(2)]
    processor = EventProcessor(readers, Inbox("readers", readers.tables, subscriptions))

    await processor.process(positioned(events))

    assert await count_rows(readers) == {"inbox": 0, "held": 0, "dead": 2}


async def test_a_reaction_that_takes_longer_than_the_database_allows_is_set_aside(small: Small) -> None:
    readers = small(READERS)
    readers.settings.events.max_attempts = 1

    async def wait_too_long(work: Any, event: NoteWritten) -> None:
        if event.text == "long":
            await work.session.execute(text("SET LOCAL statement_timeout = 50"))
            await work.session.execute(text("SELECT pg_sleep(30)"))

    subscriptions = {NoteWritten: Reaction("note_reading", wait_too_long)}
    events = [envelope(NoteWritten(note_id=new_id(), text=content), 1) for content in ("short", "long", "brief")]
    processor = EventProcessor(readers, Inbox("readers", readers.tables, subscriptions))

    await processor.process(positioned(events))

    assert await count_rows(readers) == {"inbox": 2, "held": 0, "dead": 1}


async def test_a_batch_looks_at_the_held_events_of_its_own_aggregates(small: Small) -> None:
    readers = small(READERS)
    processor, other, own = EventProcessor(readers, inbox(readers)), history(new_id()), history(new_id())
    await processor.process(positioned([other[1], own[1]]))
    async with readers.database.sessions() as session, session.begin():  # as an operator's command that broke off
        is_other = readers.tables.inbox_versions.c.subject == other[0].subject
        await session.execute(update(readers.tables.inbox_versions).where(is_other).values(version=1))

    await processor.process(positioned([own[0]]))

    assert await count_rows(readers) == {"inbox": 2, "held": 1, "dead": 0}
    await processor.process_ready_events()
    assert await count_rows(readers) == {"inbox": 3, "held": 0, "dead": 0}
