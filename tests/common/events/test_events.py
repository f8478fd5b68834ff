"""From the commit of a change to its effect in another service: in order, once, whatever happens to the broker."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from common.events import dead_letters, replay
from common.events.consumer import Consumer
from common.events.inbox import Inbox
from common.events.outbox import EventTooLarge
from common.events.relay import Relay
from common.http.health import load_event_backlog
from common.ids import new_id
from common.jobs.supervisor import run_forever
from common.runtime import Runtime
from common.service import ServiceDefinition
from rapport.embedded.broker import Broker
from tests.common.conftest import NOTES, READERS, Note, NoteWritten, Reading

Small = Callable[[ServiceDefinition], Runtime]


@asynccontextmanager
async def relaying(runtime: Runtime) -> AsyncIterator[Relay]:
    settings, sent_records = runtime.settings, runtime.sent_records
    relay = Relay(runtime.name, runtime.database, runtime.tables, settings.kafka, settings.events, sent_records)
    runtime.wake_relay = relay.wake
    async with running(run_forever("notes", "relay", relay.run)):
        yield relay


def inbox(runtime: Runtime) -> Inbox:
    return Inbox(runtime.name, runtime.tables, READERS.subscriptions)


@asynccontextmanager
async def consuming(runtime: Runtime) -> AsyncIterator[Consumer]:
    consumer = Consumer(runtime, inbox(runtime))
    async with running(run_forever("readers", "consumer", consumer.run)):
        yield consumer


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        _, unfinished = await asyncio.wait([task], timeout=30)
        assert not unfinished, "the loop did not end when it was cancelled"


async def write(runtime: Runtime, *texts: str, note: UUID | None = None) -> UUID:
    """Tell of one note, once per text, each in a unit of its own."""
    key = note or new_id()
    for content in texts:
        async with runtime.begin() as work:
            if note is None and content == texts[0]:
                work.add(Note(id=key, text=content))
            work.emit(NoteWritten(note_id=key, text=content))
    return key


async def readings(runtime: Runtime, *notes: UUID) -> list[str]:
    """What was read of these notes. The log may still hold notes of other tests."""
    query = select(Reading.text).where(Reading.note_id.in_(notes)).order_by(Reading.id)
    async with runtime.database.sessions() as session:
        return list(await session.scalars(query))


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    began = time.monotonic()
    while not await condition():
        assert time.monotonic() - began < seconds, "it did not come about in time"
        await asyncio.sleep(0.05)


def has(runtime: Runtime, expected: int, *notes: UUID) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return len(await readings(runtime, *notes)) >= expected

    return check


async def test_an_event_has_its_effect_in_another_service(small: Small) -> None:
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes), consuming(readers):
        key = await write(notes, "first", "second", "third")
        await until(has(readers, 3, key))
    assert await readings(readers, key) == ["first", "second", "third"]
    assert (await load_event_backlog(notes))["pending"] == 0


async def test_what_is_rolled_back_is_never_told(small: Small) -> None:
    notes = small(NOTES)

    async def fail() -> None:
        async with notes.begin() as work:
            work.emit(NoteWritten(note_id=new_id(), text="never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await load_event_backlog(notes))["pending"] == 0


async def test_an_event_that_no_broker_would_take_is_refused_with_its_change(small: Small) -> None:
    notes = small(NOTES)
    with pytest.raises(EventTooLarge):
        await write(notes, "x" * 300_000)
    assert (await load_event_backlog(notes))["pending"] == 0


async def test_a_broker_that_comes_back_empty_is_refilled_and_nothing_happens_twice(
    small: Small, broker: Broker
) -> None:
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes), consuming(readers):
        first = await write(notes, "a1", "a2")
        await until(has(readers, 2, first))
        await broker.restart_empty()
        second = await write(notes, "b1", "b2")
        await write(notes, "a3", note=first)
        await until(has(readers, 5, first, second), seconds=120)
        await asyncio.sleep(1)
    assert await readings(readers, first) == ["a1", "a2", "a3"]
    assert await readings(readers, second) == ["b1", "b2"]


async def test_events_wait_while_the_broker_is_away(small: Small, broker: Broker) -> None:
    notes, readers = small(NOTES), small(READERS)
    await broker.stop()
    async with relaying(notes), consuming(readers):
        key = await write(notes, "while away")
        await asyncio.sleep(0.5)
        assert (await load_event_backlog(notes))["pending"] == 1
        await broker.start()
        await until(has(readers, 1, key), seconds=60)
    assert await readings(readers, key) == ["while away"]


async def test_a_topic_emptied_under_the_same_cluster_is_noticed_by_the_canary(small: Small) -> None:
    notes = small(NOTES)
    async with relaying(notes):
        await write(notes, "kept")
        await until(lambda: _nothing_pending(notes))
    state = notes.tables.relay_state
    async with notes.database.engine.begin() as connection:
        await connection.execute(update(state).values(canary_event=new_id()))
    async with relaying(notes):
        await until(lambda: _epoch_is(notes, 2))
        await until(lambda: _nothing_pending(notes))


async def _nothing_pending(runtime: Runtime) -> bool:
    return (await load_event_backlog(runtime))["pending"] == 0


async def _epoch_is(runtime: Runtime, epoch: int) -> bool:
    async with runtime.database.sessions() as session:
        return await session.scalar(select(runtime.tables.relay_state.c.epoch)) == epoch


async def test_two_relays_send_no_aggregate_out_of_order(small: Small) -> None:
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes), relaying(notes), consuming(readers), consuming(readers):
        keys = await asyncio.gather(*(write(notes, *map(str, range(20))) for _ in range(5)))
        await until(has(readers, 100, *keys), seconds=60)
    for key in keys:
        assert await readings(readers, key) == [str(number) for number in range(20)]


async def test_a_failing_reaction_is_set_aside_with_its_reason_and_the_others_go_on(
    small: Small, banned: set[str]
) -> None:
    notes, readers = small(NOTES), small(READERS)
    readers.settings.events.max_attempts = 2
    banned.add("poison")
    async with relaying(notes), consuming(readers):
        ill = await write(notes, "fine", "poison", "after")
        well = await write(notes, "other")
        await until(has(readers, 2, ill, well))
        await until(lambda: _is_waiting(readers, ill, dead=1, held=1))
        assert await readings(readers, ill) == ["fine"]
        assert await readings(readers, well) == ["other"]
        banned.clear()
        assert await dead_letters.retry_dead_letters(readers, inbox(readers), None) == 1
        await until(has(readers, 4, ill, well))
        await until(lambda: _is_waiting(readers, ill, dead=0, held=0))
    assert await readings(readers, ill) == ["fine", "poison", "after"]


async def test_an_event_behind_a_retried_one_is_set_aside_when_its_reaction_fails_too(
    small: Small, banned: set[str]
) -> None:
    notes, readers = small(NOTES), small(READERS)
    readers.settings.events.max_attempts = 1
    banned.update({"venom", "more venom"})
    async with relaying(notes), consuming(readers):
        key = await write(notes, "venom", "more venom", "after")
        await until(lambda: _is_waiting(readers, key, dead=1, held=2))

    banned.remove("venom")
    assert await dead_letters.retry_dead_letters(readers, inbox(readers), None) == 1
    assert await readings(readers, key) == ["venom"]
    assert await _is_waiting(readers, key, dead=1, held=1)

    banned.clear()
    assert await dead_letters.retry_dead_letters(readers, inbox(readers), None) == 1
    assert await readings(readers, key) == ["venom", "more venom", "after"]


async def _is_waiting(runtime: Runtime, note: UUID, *, dead: int, held: int) -> bool:
    """Tell whether so many events of this note are dead letters, and so many wait for their turn."""
    tables = (runtime.tables.dead_letters, runtime.tables.inbox_held)
    counts = [select(func.count()).select_from(table).where(table.c.subject == str(note)) for table in tables]
    async with runtime.database.sessions() as session:
        return [await session.scalar(count) for count in counts] == [dead, held]


async def test_a_read_model_is_rebuilt_by_a_replay(small: Small) -> None:
    notes, readers = small(NOTES), small(READERS)
    async with relaying(notes), consuming(readers):
        key = await write(notes, "one", "two")
        await until(has(readers, 2, key))
    service = ServiceDefinition(
        "readers", "Readers", READERS.metadata, [], READERS.subscriptions, projections=[Reading]
    )
    async with readers.begin() as work:
        await replay.clear_projections(work, service, readers.tables)
    assert await readings(readers, key) == []
    async with notes.begin() as work:
        selection = replay.EventSelection(subject=str(key))
        assert await replay.count_events(work, notes.tables, selection) == 2
        assert await replay.requeue_events(work, notes.tables, selection) == 2
    async with relaying(notes), consuming(readers):
        await until(has(readers, 2, key))
    assert await readings(readers, key) == ["one", "two"]


async def test_an_aggregate_whose_first_events_are_gone_is_not_waited_for(small: Small) -> None:
    notes, readers = small(NOTES), small(READERS)
    key = await write(notes, "old", "new")
    async with notes.database.engine.begin() as connection:
        oldest = select(func.min(notes.tables.outbox.c.seq)).scalar_subquery()
        await connection.execute(notes.tables.outbox.delete().where(notes.tables.outbox.c.seq == oldest))
        await connection.execute(
            notes.tables.outbox_pending.delete().where(notes.tables.outbox_pending.c.seq == oldest)
        )
        await connection.execute(update(notes.tables.outbox_heads).values(oldest=2))
    async with relaying(notes), consuming(readers):
        await until(has(readers, 1, key))
    assert await readings(readers, key) == ["new"]


async def test_events_of_several_aggregates_in_one_unit_stand_in_the_order_they_were_emitted(small: Small) -> None:
    notes, ids = small(NOTES), [new_id() for _ in range(3)]
    for start in (0, 40):
        async with notes.begin() as work:
            for number in range(start, start + 40):
                work.emit(NoteWritten(note_id=ids[number % 3], text=str(number)))

    outbox = notes.tables.outbox
    async with notes.database.sessions() as session:
        rows = (
            await session.execute(select(outbox.c.subject, outbox.c.version, outbox.c.data).order_by(outbox.c.seq))
        ).all()
    for place, key in enumerate(ids):
        told = [
            (row.version, NoteWritten.model_validate_json(row.data).text) for row in rows if row.subject == str(key)
        ]
        expected = [str(number) for number in range(80) if number % 3 == place]
        assert told == list(enumerate(expected, start=1))
