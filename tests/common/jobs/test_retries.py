"""One thing that cannot be done keeps nothing else from being done, is seen, and is tried again with patience."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from common.database.connections import Database
from common.database.transient_errors import is_transient
from common.errors import DomainError
from common.http import health
from common.ids import new_id
from common.jobs import housekeeping
from common.jobs.periodic_jobs import WHOLE_RUN, JobRunner
from common.jobs.retries import BatchAction, JobBatch
from common.runtime import Runtime
from common.service import PeriodicJob, ServiceDefinition
from common.settings import DatabaseSettings
from common.testing.fake_issuer import FakeClock
from common.unit_of_work import UnitOfWork
from tests.common.conftest import NOTES, Note, NoteIsForbidden, NoteWritten

Small = Callable[[ServiceDefinition], Runtime]


@pytest.fixture
def notes(small: Small, clock: FakeClock) -> Runtime:
    runtime = small(NOTES)
    runtime.clock = clock
    return runtime


def writing(poison: dict[UUID, Callable[[UnitOfWork], Awaitable[Any]]]) -> BatchAction[int]:
    """Writes a note for each item, and tells of it, before it meets what cannot be done."""

    async def write(work: UnitOfWork, items: Sequence[UUID]) -> int:
        for item in items:
            work.add(Note(id=item, text="written"))
            work.emit(NoteWritten(note_id=item, text="written"))
            await work.flush()
            if item in poison:
                await poison[item](work)
        return len(items)

    return write


async def breaks(_work: UnitOfWork) -> None:
    raise ZeroDivisionError("nobody thought of\x00 this")


async def written(runtime: Runtime) -> set[UUID]:
    async with runtime.begin() as work:
        return set(await work.session.scalars(select(Note.id)))


async def list_published_subjects(runtime: Runtime) -> set[UUID]:
    async with runtime.begin() as work:
        return {UUID(subject) for subject in await work.session.scalars(select(runtime.tables.outbox.c.subject))}


@pytest.mark.parametrize(("batch_size", "concurrency"), [(1, 1), (4, 1), (3, 2), (50, 2)])
async def test_the_others_are_done_and_what_failed_has_left_nothing(
    notes: Runtime, batch_size: int, concurrency: int
) -> None:
    items = [new_id() for _ in range(10)]
    batch = JobBatch(notes, "write", writing({items[0]: breaks, items[6]: breaks}), batch_size=batch_size)
    result = await batch.run(items, concurrency=concurrency)
    assert sorted(failed_item.item for failed_item in result.failed_items) == [items[0], items[6]]
    assert sum(result.results) == 8
    assert await written(notes) == await list_published_subjects(notes) == {*items} - {items[0], items[6]}
    failed_items = await health.list_failed_items(notes)
    assert {(failed_item["duty"], failed_item["item"], failed_item["attempts"]) for failed_item in failed_items} == {
        ("write", str(items[0]), 1),
        ("write", str(items[6]), 1),
    }
    place = f"ZeroDivisionError at tests.common.jobs.test_retries:{breaks.__code__.co_firstlineno + 1} breaks"
    assert all(failed_item["reason"].startswith(place) for failed_item in failed_items)
    assert not any("nobody" in failed_item["reason"] for failed_item in failed_items)


async def test_it_is_left_alone_twice_as_long_each_time_and_an_hour_at_the_most(
    notes: Runtime, clock: FakeClock
) -> None:
    ill, well = new_id(), new_id()
    batch = JobBatch(notes, "write", writing({ill: breaks}))
    pauses = []
    for _ in range(9):
        assert [failed_item.item for failed_item in (await batch.run([ill])).failed_items] == [ill]
        (failed_item,) = await health.list_failed_items(notes)
        pauses.append((failed_item["again_at"] - clock.now) // timedelta(minutes=1))
        clock.now = failed_item["again_at"] - timedelta(seconds=1)
        assert (await batch.run([ill])).failed_items == []
        clock.now = failed_item["again_at"]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert failed_item["attempts"] == 9
    assert (await batch.run([well])).results == [1]


async def test_it_is_forgotten_when_it_succeeds_and_a_person_does_not_have_to_wait(notes: Runtime) -> None:
    item = new_id()
    await JobBatch(notes, "write", writing({item: breaks})).run([item])
    healed = JobBatch(notes, "write", writing({}))
    assert (await healed.run([item])).results == []
    assert (await healed.run_now([item])).results == [1]
    assert await health.list_failed_items(notes) == []


async def test_of_another_duty_it_is_something_else(notes: Runtime) -> None:
    item = new_id()
    await JobBatch(notes, "write", writing({item: breaks})).run([item])
    assert (await JobBatch(notes, "rewrite", writing({})).run([item])).results == [1]
    assert [failed_item["duty"] for failed_item in await health.list_failed_items(notes)] == ["write"]


async def test_what_a_passing_trouble_cut_off_is_done_and_is_no_setback(notes: Runtime) -> None:
    troubles = iter([True])

    async def lose_the_connection_once(work: UnitOfWork) -> None:
        if next(troubles, False):
            await work.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    items = [new_id(), new_id()]
    result = await JobBatch(notes, "write", writing({items[0]: lose_the_connection_once})).run(items)
    assert (result.results, result.failed_items) == ([1, 1], [])
    assert await written(notes) == set(items)


async def test_in_an_outage_the_duty_ends_and_nothing_is_blamed(notes: Runtime) -> None:
    present = notes.database

    async def lose_the_server(_work: UnitOfWork) -> None:
        notes.database = absent
        raise ConnectionError("it is gone")

    absent = Database(DatabaseSettings(url="postgresql://notes@127.0.0.1:1/none"))
    items = [new_id(), new_id()]
    with pytest.raises(Exception, match=r"refused|Connect call failed") as raised:
        await JobBatch(notes, "write", writing({items[0]: lose_the_server})).run(items)
    assert is_transient(raised.value)
    notes.database = present
    assert await health.list_failed_items(notes) == []
    assert await written(notes) == set()


async def computes_long(work: UnitOfWork) -> None:
    await work.session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
    connection = (await (await work.session.connection()).get_raw_connection()).driver_connection
    for _ in range(600):
        if connection is None or connection.is_closed():
            break
        await asyncio.sleep(0.05)
    await work.session.execute(text("SELECT 1"))


async def asks_long(work: UnitOfWork) -> None:
    await work.session.execute(text("SET LOCAL statement_timeout = '50ms'"))
    await work.session.execute(text("SELECT pg_sleep(60)"))


async def lasts_long(work: UnitOfWork) -> None:
    await work.session.execute(text("SET LOCAL transaction_timeout = 0"))
    await work.session.execute(text("SET LOCAL transaction_timeout = '50ms'"))
    await work.session.execute(text("SELECT pg_sleep(60)"))


@pytest.mark.parametrize("takes_long", [computes_long, asks_long, lasts_long])
async def test_what_takes_too_long_does_not_take_the_others_with_it(notes: Runtime, takes_long: Any) -> None:
    items = [new_id() for _ in range(3)]
    result = await JobBatch(notes, "write", writing({items[1]: takes_long}), batch_size=3).run(items)
    assert [failed_item.item for failed_item in result.failed_items] == [items[1]]
    assert await written(notes) == {items[0], items[2]}


async def test_a_rule_that_stands_against_it_is_its_reason(notes: Runtime) -> None:
    async def is_forbidden(_work: UnitOfWork) -> None:
        raise NoteIsForbidden("Call it something else.")

    item = new_id()
    result = await JobBatch(notes, "write", writing({item: is_forbidden})).run([item])
    assert isinstance(result.failed_items[0].error, DomainError)
    (failed_item,) = await health.list_failed_items(notes)
    assert failed_item["reason"].startswith(
        "NoteIsForbidden (A note may not be called forbidden.) at tests.common.jobs"
    )


async def test_what_is_not_to_be_done_any_more_is_let_go(notes: Runtime, clock: FakeClock) -> None:
    await JobBatch(notes, "write", writing({(item := new_id()): breaks})).run([item])
    clock.advance(timedelta(days=1))
    await housekeeping.delete_expired(notes)
    assert len(await health.list_failed_items(notes)) == 1
    clock.advance(timedelta(minutes=2))
    await housekeeping.delete_expired(notes)
    assert await health.list_failed_items(notes) == []


async def test_a_job_that_fails_as_a_whole_is_seen_until_a_run_succeeds(notes: Runtime) -> None:
    errors: list[Exception] = [ZeroDivisionError(), ZeroDivisionError()]

    async def run(_runtime: Runtime) -> None:
        if errors:
            raise errors.pop()

    job = PeriodicJob("weekly", timedelta(1), run)
    await JobRunner(notes, job).run()
    successor = JobRunner(notes, job)
    await successor.run()
    (failed_item,) = await health.list_failed_items(notes)
    assert (failed_item["duty"], failed_item["item"], failed_item["attempts"]) == ("weekly", WHOLE_RUN, 2)

    await successor.run()
    assert await health.list_failed_items(notes) == []
