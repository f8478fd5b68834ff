"""What a duty could not do keeps nothing else from being done: it is noted, left alone, and tried again later."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from common.auth.principal import SYSTEM, Principal
from common.database.transient_errors import is_transient, storable_text
from common.errors import DomainError
from common.runtime import Runtime
from common.unit_of_work import UnitOfWork

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""How long something is left alone after its first failure, and at the most: each time twice as long."""

FAILED_ITEMS = Counter("rapport_duty_setbacks_total", "Times a duty could not do one thing", ["service", "duty"])

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
    """Of each unit that was committed."""
    failed_items: list[FailedItem] = field(default_factory=list)


class JobBatch(Generic[R]):
    """`do` for items of a duty, `at_once` of them in one unit of work.

    A unit that fails falls apart, each item into a unit of its own; what then fails is noted and the rest goes on. What
    failed before is left out until its time has come. In an outage nothing can be noted, which is raised.
    """

    def __init__(
        self, runtime: Runtime, duty: str, do: BatchAction[R], *, at_once: int = 1, principal: Principal = SYSTEM
    ) -> None:
        self._runtime, self._duty, self._do = runtime, duty, do
        self._at_once, self._principal = at_once, principal

    async def run(self, items: Collection[UUID], *, side_by_side: int = 1) -> JobBatchResult[R]:
        """`side_by_side` units at a time: while one waits for the database, another one computes."""
        done = JobBatchResult[R]()
        if items:
            left_out = await list_items_on_hold(self._runtime, self._duty)
            await self._all([item for item in items if str(item) not in left_out], side_by_side, done)
        return done

    async def run_now(self, items: Collection[UUID], *, side_by_side: int = 1) -> JobBatchResult[R]:
        """The same at once, because a person asks for it: also of what failed before."""
        done = JobBatchResult[R]()
        await self._all(list(items), side_by_side, done)
        return done

    async def _all(self, items: Sequence[UUID], side_by_side: int, done: JobBatchResult[R]) -> None:
        groups = iter(items[first : first + self._at_once] for first in range(0, len(items), self._at_once))
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(side_by_side):
                    lanes.create_task(self._lane(groups, done))
        except ExceptionGroup as problems:  # whoever runs the duty tells outages from bugs by their class
            raise problems.exceptions[0] from None

    async def _lane(self, groups: Iterator[Sequence[UUID]], done: JobBatchResult[R]) -> None:
        for group in groups:
            try:
                done.results.append(await self._unit(group))
            except Exception as error:  # noqa: BLE001 - it is met again below, where it is noted
                log.info("units_apart", service=self._runtime.name, duty=self._duty, reason=repr(error))
                for item in group:
                    await self._alone(item, error if len(group) == 1 and not is_transient(error) else None, done)

    async def _alone(self, item: UUID, error: Exception | None, done: JobBatchResult[R]) -> None:
        """`error`: what it met just now, if it would meet it again."""
        if error is None:
            try:
                done.results.append(await self._unit([item]))
            except Exception as found:  # noqa: BLE001 - it is noted
                error = found
        if error is not None:
            await upsert_failed_item(self._runtime, self._duty, str(item), error)
            done.failed_items.append(FailedItem(item, error))

    async def _unit(self, group: Sequence[UUID]) -> R:
        async with self._runtime.begin(self._principal) as work:
            result = await self._do(work, group)
            await delete_failed_items(work, self._runtime.tables.setbacks, self._duty, group)
        return result


async def list_items_on_hold(runtime: Runtime, duty: str) -> frozenset[str]:
    """What is left alone for now."""
    notes = runtime.tables.setbacks.c
    async with runtime.begin() as work:
        query = select(notes.item).where(notes.duty == duty, notes.again_at > work.now)
        return frozenset(await work.session.scalars(query))


async def upsert_failed_item(runtime: Runtime, duty: str, item: str, error: Exception) -> None:
    """`duty` could not do `item`."""
    FAILED_ITEMS.labels(runtime.name, duty).inc()
    notes, reason = runtime.tables.setbacks, storable_text(f"{type(error).__name__}: {error}"[:2000])
    async with runtime.begin() as work:
        mine = notes.c.duty == duty, notes.c.item == item
        before = await work.session.scalar(select(notes.c.attempts).where(*mine).with_for_update()) or 0
        values = {"reason": reason, "attempts": before + 1, "again_at": _again_at(work.now, before)}
        setback = insert(notes).values(duty=duty, item=item, since=work.now, **values)
        await work.session.execute(setback.on_conflict_do_update(index_elements=["duty", "item"], set_=values))
    _say(runtime.name, duty, item, error)


async def delete_failed_items(work: UnitOfWork, notes: Table, duty: str, items: Iterable[object]) -> None:
    """They succeeded."""
    await work.session.execute(delete(notes).where(notes.c.duty == duty, notes.c.item.in_(map(str, items))))


def _again_at(now: datetime, before: int) -> datetime:
    pause: timedelta = FIRST_PAUSE * (1 << min(before, 10))
    return now + min(pause, LONGEST_PAUSE)


def _say(service: str, duty: str, item: str, error: Exception) -> None:
    """A rule that stands against it says all; of anything else the place is of interest."""
    place = "" if isinstance(error, DomainError) else "".join(traceback.format_exception(error))[-4000:]
    log.error("setback", service=service, duty=duty, item=item, reason=str(error), traceback=place)
