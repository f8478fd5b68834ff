"""Runs a job's items in batches: an item that fails does not stop the others, and is retried later."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import Select, Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from common.auth.principal import SYSTEM, Principal
from common.database.transient_errors import is_transient
from common.error_descriptions import describe_error
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""The pause after an item's first failure, which doubles with each further one, and its limit."""

FAILURES = Counter("rapport_job_item_failures_total", "Times a job failed on an item", ["service", "job"])

R = TypeVar("R")
BatchAction = Callable[[UnitOfWork, Sequence[UUID]], Awaitable[R]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class FailedItem:
    item: UUID
    error: Exception


@dataclass(slots=True)
class JobBatchResult(Generic[R]):
    results: list[R] = field(default_factory=list)
    """One for each unit of work that was committed."""
    failed_items: list[FailedItem] = field(default_factory=list)


class JobBatch(Generic[R]):
    """Applies `action` to the items of a job, `batch_size` of them in one unit of work.

    When a batch fails, each of its items gets a unit of its own; an item that fails alone is recorded and the rest goes
    on. A failed item is on hold until its retry is due. In an outage nothing can be recorded, so the error is raised.
    """

    def __init__(
        self, runtime: Runtime, job: str, action: BatchAction[R], *, batch_size: int = 1, principal: Principal = SYSTEM
    ) -> None:
        self._runtime, self._job, self._action = runtime, job, action
        self._batch_size, self._principal = batch_size, principal

    async def run(self, items: Collection[UUID], *, concurrency: int = 1) -> JobBatchResult[R]:
        """Process the items that are not on hold, with `concurrency` units at a time."""
        on_hold = await list_items_on_hold(self._runtime, self._job) if items else frozenset()
        return await self.run_now([item for item in items if str(item) not in on_hold], concurrency=concurrency)

    async def run_now(self, items: Collection[UUID], *, concurrency: int = 1) -> JobBatchResult[R]:
        """Process all items, those on hold too, because a person asked for it."""
        result = JobBatchResult[R]()
        ordered = list(items)
        batches = iter(ordered[first : first + self._batch_size] for first in range(0, len(ordered), self._batch_size))
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(concurrency):
                    workers.create_task(self._work_through(batches, result))
        except ExceptionGroup as group:  # whoever runs the job tells outages from bugs by the class of the error
            raise group.exceptions[0] from None
        return result

    async def _work_through(self, batches: Iterator[Sequence[UUID]], result: JobBatchResult[R]) -> None:
        for batch in batches:
            try:
                result.results.append(await self._process(batch))
            except Exception as error:  # noqa: BLE001 - it is met again below, where it is recorded
                log.info("batch_split", service=self._runtime.name, job=self._job, reason=describe_error(error))
                is_final = len(batch) == 1 and not is_transient(error)
                for item in batch:
                    await self._process_alone(item, error if is_final else None, result)

    async def _process_alone(self, item: UUID, error: Exception | None, result: JobBatchResult[R]) -> None:
        """Process `item` in a unit of its own, unless `error` is what it failed with alone just now."""
        if error is None:
            try:
                result.results.append(await self._process([item]))
            except Exception as failure:  # noqa: BLE001 - it is recorded
                error = failure
        if error is not None:
            await upsert_failed_item(self._runtime, self._job, str(item), error)
            result.failed_items.append(FailedItem(item, error))

    async def _process(self, batch: Sequence[UUID]) -> R:
        async with self._runtime.begin(self._principal) as work:
            result = await self._action(work, batch)
            await delete_failed_items(work, self._runtime.tables.failed_items, self._job, batch)
        return result


async def list_items_on_hold(runtime: Runtime, job: str) -> frozenset[str]:
    """List the items that failed and whose retry is not due yet."""
    async with runtime.begin() as work:
        return frozenset(await work.session.scalars(select_items_on_hold(runtime, job, work.now)))


def select_items_on_hold(runtime: Runtime, job: str, now: datetime) -> Select[str]:
    """Select the items that failed and whose retry is not due yet."""
    columns = runtime.tables.failed_items.c
    return select(columns.item).where(columns.duty == job, columns.again_at > now)


async def upsert_failed_item(runtime: Runtime, job: str, item: str, error: Exception) -> None:
    """Record that `job` failed on `item`, and schedule its retry."""
    FAILURES.labels(runtime.name, job).inc()
    table, reason = runtime.tables.failed_items, describe_error(error)
    async with runtime.begin() as work:
        is_item = table.c.duty == job, table.c.item == item
        attempts = await work.session.scalar(select(table.c.attempts).where(*is_item).with_for_update()) or 0
        values = {"reason": reason, "attempts": attempts + 1, "again_at": _retry_at(work.now, attempts)}
        row = insert(table).values(duty=job, item=item, since=work.now, **values)
        await work.session.execute(row.on_conflict_do_update(index_elements=["duty", "item"], set_=values))
    log.error("job_item_failed", service=runtime.name, job=job, item=item, reason=reason, exc_info=error)


async def delete_failed_items(work: UnitOfWork, table: Table, job: str, items: Iterable[object]) -> None:
    """Delete the records of items that have succeeded."""
    await work.session.execute(delete(table).where(table.c.duty == job, table.c.item.in_(map(str, items))))


def _retry_at(now: datetime, earlier_attempts: int) -> datetime:
    pause: timedelta = FIRST_PAUSE * (1 << min(earlier_attempts, 10))
    return now + min(pause, LONGEST_PAUSE)
