"""Work that comes due is done once, in batches, and nothing that is stuck keeps the rest waiting."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from common.http import health
from common.ids import new_id
from common.jobs.due_rows import DueRows, due_rows_job
from common.runtime import Runtime
from common.service import ServiceDefinition
from common.testing.fake_issuer import FakeClock
from common.unit_of_work import UnitOfWork
from tests.common.conftest import NOTES, Note

DUE_NOTES = DueRows(Note, Note.created_at)


@pytest.fixture
def notes(small: Callable[[ServiceDefinition], Runtime], clock: FakeClock) -> Runtime:
    runtime = small(NOTES)
    runtime.clock = clock
    return runtime


async def add_notes(runtime: Runtime, count: int, *, due_in: timedelta) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with runtime.begin() as work:
        for place, id_ in enumerate(ids):
            at = work.now + due_in + timedelta(seconds=place)
            work.add(Note(id=id_, text="due", created_at=at))
    return ids


async def test_every_due_row_is_processed_in_batches_and_no_other(notes: Runtime) -> None:
    due = await add_notes(notes, 5, due_in=timedelta(hours=-1))
    await add_notes(notes, 2, due_in=timedelta(hours=1))
    processed: list[UUID] = []
    units: list[UnitOfWork] = []

    async def process(work: UnitOfWork, note: Note) -> None:
        processed.append(note.id)
        if work not in units:
            units.append(work)

    await due_rows_job("notes", timedelta(minutes=1), DUE_NOTES, process, batch_size=2).run(notes)

    assert sorted(processed) == sorted(due)
    assert len(units) == 3


async def test_a_row_that_cannot_be_processed_leaves_the_others_done(notes: Runtime) -> None:
    first, broken, last = await add_notes(notes, 3, due_in=timedelta(hours=-1))

    async def process(_work: UnitOfWork, note: Note) -> None:
        if note.id == broken:
            raise ZeroDivisionError
        note.text = "done"

    await due_rows_job("notes", timedelta(minutes=1), DUE_NOTES, process).run(notes)

    async with notes.begin() as work:
        texts = {id_: (await work.get(Note, id_)).text for id_ in (first, broken, last)}
    assert texts == {first: "done", broken: "due", last: "done"}
    (failed_item,) = await health.list_failed_items(notes)
    assert failed_item["item"] == str(broken)


async def test_rows_are_listed_longest_due_first_and_skipped_while_another_transaction_holds_them(
    notes: Runtime,
) -> None:
    first, second = await add_notes(notes, 2, due_in=timedelta(hours=-1))

    async with notes.begin() as holder, notes.begin() as work:
        await holder.get(Note, first, lock=True)
        listed = await DUE_NOTES.list_ids(work)
        locked = await DUE_NOTES.lock(work, listed)

    assert list(listed) == [first, second]
    assert [note.id for note in locked] == [second]
