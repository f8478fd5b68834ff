"""Live updates over HTTP: who hears of what, and that nobody misses anything or hears it twice."""

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from common.auth.principal import SYSTEM
from common.changes import feed, streams
from common.events.outbox import write_records
from common.runtime import Runtime
from tests.common.changes.conftest import MINE, THEIRS, Headers, Notes, numbers
from tests.common.changes.stream_reader import listen
from tests.common.conftest import NoteFiled, NoteWritten


async def test_a_page_hears_of_what_is_committed_and_where_to_read_it(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer")) as stream:
        ready = await stream.read()
        await notes.write(7, "not for everybody")
        event = await stream.read()

    assert stream.answer.headers["content-type"].startswith("text/event-stream")
    assert stream.answer.headers["cache-control"] == "no-store, no-transform"
    assert ready is not None
    assert ready.name == "ready"
    assert event is not None
    assert event.name == "NoteWritten"
    assert event.data.pop("time")
    assert event.data == {
        "type": "NoteWritten",
        "id": str(UUID(int=7)),
        "number": 1,
        "url": f"/notes/v1/notes/{UUID(int=7)}",
        "customer_id": None,
    }


async def test_what_happens_is_heard_of_at_once(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer")) as stream:
        await stream.read()
        await asyncio.sleep(0.2)
        began = time.monotonic()
        await notes.write(1)
        await stream.read()
        assert time.monotonic() - began < feed.POLL_SECONDS / 2


async def test_a_page_that_lost_its_connection_goes_on_after_the_last_message(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer")) as stream:
        await stream.read()
        await notes.write(1)
        await stream.read()
    for number in (2, 3, 4):
        await notes.write(number)
    async with listen(notes.url, headers("viewer"), stream.last_id) as again:
        missed = await again.read_all(3)
        ready = await again.read()
        await notes.write(5)
        live = await again.read()

    assert numbers(missed) == [2, 3, 4]
    assert ready is not None
    assert live is not None
    assert (ready.name, numbers([live])) == ("ready", [5])


async def test_programs_without_the_header_go_on_by_the_parameter(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer")) as stream:
        await stream.read()
    await notes.write(1)
    async with listen(notes.url, headers("viewer"), last_event_id=stream.last_id) as again:
        assert numbers(await again.read_all(1)) == [1]


async def test_an_event_that_is_committed_late_is_neither_left_out_nor_sent_twice(
    notes: Notes, headers: Headers
) -> None:
    """Its number is smaller than those of events that were sent before it."""
    await notes.write(1)
    async with AsyncExitStack() as stack:
        stream = await stack.enter_async_context(listen(notes.url, headers("viewer")))
        await stream.read()
        session = await stack.enter_async_context(notes.runtime.database.sessions())
        await write_without_commit(notes.runtime, session, 2)
        await notes.write(3)
        early = await stream.read()

        async with listen(notes.url, headers("viewer"), stream.last_id) as second:
            await second.read()
            await session.commit()
            late, late_there = await stream.read(), await second.read()
            await notes.write(4)
            newest, newest_there = await stream.read(), await second.read()

    assert early is not None
    assert late is not None
    assert newest is not None
    assert late_there is not None
    assert newest_there is not None
    assert "_" in str(early.id), "the position names what is under way"
    assert numbers([early, late, newest]) == [3, 2, 4]
    assert numbers([late_there, newest_there]) == [2, 4]
    async with listen(notes.url, headers("viewer"), early.id) as third:
        assert numbers(await third.read_all(2)) == [2, 4]


async def write_without_commit(runtime: Runtime, session: AsyncSession, number: int) -> None:
    work = runtime.build_unit_of_work(session, SYSTEM, "slow", None)
    work.emit(NoteWritten(note_id=UUID(int=number), text="slow"))
    await session.run_sync(write_records, [work], runtime.tables)


async def test_numbers_that_were_rolled_back_are_not_waited_for(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer")) as stream:
        await stream.read()
        await notes.write(1)
        await stream.read()
        async with notes.runtime.database.sessions() as session:
            await write_without_commit(notes.runtime, session, 2)
            await session.rollback()
        await notes.write(3)
        after = await stream.read()
        await asyncio.sleep(feed.PAUSE_SECONDS * 3)
        await notes.write(4)
        later = await stream.read()

    assert after is not None
    assert later is not None
    assert numbers([after, later]) == [3, 4]
    assert "_" not in str(later.id)


async def test_a_customer_hears_only_what_its_own_events_say_is_for_it(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("customer", MINE)) as stream:
        await stream.read()
        await notes.write(1)
        await notes.share(2, THEIRS)
        await notes.share(3, MINE)
        heard = await stream.read()
    assert heard is not None
    assert (heard.name, numbers([heard]), heard.data["customer_id"]) == ("NoteShared", [3], str(MINE))

    async with listen(notes.url, headers("customer", MINE), "0") as again:
        assert numbers(await again.read_all(1)) == [3]
        ready = await again.read()
        assert ready is not None
        assert ready.name == "ready"


async def test_a_page_names_the_events_it_waits_for(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer"), type=["NoteFiled", "NoteShared"]) as stream:
        await stream.read()
        await notes.write(1)
        async with notes.runtime.begin() as work:
            work.emit(NoteFiled(note_id=UUID(int=2), shelf="A"))
        assert numbers(await stream.read_all(1)) == [2]
    async with listen(notes.url, headers("viewer"), type="NoteFilled") as refused:
        assert refused.answer.status_code == 422
        assert "did you mean NoteFiled?" in refused.answer.text


@pytest.mark.parametrize("position", ["1-a1b2c3d4e5f6", "99999-a1b2c3d4e5f6"])
async def test_whoever_comes_from_another_database_is_to_read_anew(
    notes: Notes, headers: Headers, position: str
) -> None:
    await notes.write(1)
    async with listen(notes.url, headers("viewer"), position) as stream:
        reset = await stream.read()
        await notes.write(2)
        assert numbers(await stream.read_all(1)) == [2]
    assert reset is not None
    assert reset.name == "reset"
    assert reset.id is not None


async def test_whoever_was_away_for_longer_than_events_are_kept_is_to_read_anew(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer")) as stream:
        await stream.read()
        await notes.write(1)
        await stream.read()
    notes.runtime.settings.events.retention = timedelta(days=400)
    async with notes.runtime.database.engine.begin() as connection:
        await connection.execute(
            update(notes.runtime.tables.outbox).values(created_at=datetime(2001, 1, 1, tzinfo=UTC))
        )
    await notes.write(2)
    async with listen(notes.url, headers("viewer"), stream.last_id) as again:
        reset = await again.read()
    assert reset is not None
    assert reset.name == "reset"


async def test_whoever_missed_too_much_is_to_read_anew(
    notes: Notes, headers: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MAX_RESUMED", 2)
    for number in (1, 2, 3):
        await notes.write(number)
    async with listen(notes.url, headers("viewer"), "0") as stream:
        reset = await stream.read()
    assert reset is not None
    assert reset.name == "reset"


async def test_what_is_no_position_is_refused(notes: Notes, headers: Headers) -> None:
    async with listen(notes.url, headers("viewer"), "yesterday") as stream:
        assert stream.answer.status_code == 400
        assert stream.answer.json()["type"] == "/notes/v1/problems/unreadable-position"


async def test_a_long_absence_is_made_up_for_in_order(notes: Notes, headers: Headers) -> None:
    async with notes.runtime.begin() as work:
        for number in range(1, 1201):
            work.emit(NoteWritten(note_id=UUID(int=number), text=""))
    async with listen(notes.url, headers("viewer"), "0") as stream:
        first = await stream.read_all(700)
    async with listen(notes.url, headers("viewer"), stream.last_id) as again:
        rest = await again.read_all(500)
        ready = await again.read()
    assert numbers([*first, *rest]) == list(range(1, 1201))
    assert ready is not None
    assert ready.name == "ready"
