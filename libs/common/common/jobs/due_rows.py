"""Periodic jobs over work that comes due: list it, lock it in batches, process it, retry what failed later."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.orm import InstrumentedAttribute

from common.database.entities import Entity
from common.jobs.retries import BatchAction, JobBatch
from common.runtime import Runtime
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork

E = TypeVar("E", bound=Entity)


@dataclass(frozen=True, slots=True)
class DueRows(Generic[E]):
    """The rows of an entity whose `due_at` has come."""

    entity: type[E]
    due_at: InstrumentedAttribute[datetime | None]
    options: Sequence[Any] = ()
    """Loader options for the locked rows."""

    async def list_ids(self, work: UnitOfWork) -> Sequence[UUID]:
        """List the ids of the due rows, longest due first."""
        query = select(self._key).where(self.due_at <= work.now).order_by(self.due_at, self._key)
        return (await work.session.scalars(query)).all()

    async def lock(self, work: UnitOfWork, ids: Collection[UUID]) -> Sequence[E]:
        """Lock those of the rows that are still due, by id, skipping rows that another transaction holds."""
        query = (
            select(self.entity)
            .where(self._key.in_(ids), self.due_at <= work.now)
            .options(*self.options)
            .order_by(self._key)
            .with_for_update(of=self.entity, skip_locked=True)
        )
        return (await work.session.scalars(query)).all()

    @property
    def _key(self) -> ColumnElement[UUID]:
        (key,) = inspect(self.entity).primary_key
        return key


def due_rows_job(
    name: str,
    interval: timedelta,
    due_rows: DueRows[E],
    process_row: Callable[[UnitOfWork, E], Awaitable[None]],
    batch_size: int = 20,
) -> PeriodicJob:
    """Build the job that passes every due row, locked, to `process_row`; `batch_size` rows share a unit of work."""

    async def process_batch(work: UnitOfWork, ids: Sequence[UUID]) -> None:
        for row in await due_rows.lock(work, ids):
            await process_row(work, row)
        await work.flush()

    return batch_job(name, interval, due_rows.list_ids, process_batch, batch_size)


def batch_job(
    name: str,
    interval: timedelta,
    list_due: Callable[[UnitOfWork], Awaitable[Collection[UUID]]],
    process_batch: BatchAction[Any],
    batch_size: int = 20,
) -> PeriodicJob:
    """Build the job that passes the ids that `list_due` returns to `process_batch`, `batch_size` at a time."""

    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            due = await list_due(work)
        await JobBatch(runtime, name, process_batch, batch_size=batch_size).run(due)

    return PeriodicJob(name, interval, run)
