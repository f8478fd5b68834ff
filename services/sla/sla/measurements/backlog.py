"""The backlog of the roll-up: what was received before now, and is not in the minutes of its indicator yet."""

# A sample changes minutes that are up to an hour away. Whose samples a pending push holds is not known before it is
# taken off the list, which happens quickly; what takes long waits by indicator. So a closing waits for pending pushes
# that can hold samples of its period, and then for waiting input of its own indicators only.

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.measurements import store
from sla.measurements.errors import MeasurementsPending
from sla.measurements.samples import MAX_HOLD_MS

CHECKS, CHECK_SECONDS = 6, 0.25
"""How many times, and seconds apart, to check for pending pushes and waiting input."""
WAITING_LOCK = "sla.rollup-waited-for"
"""Whoever waits for pending pushes holds this lock shared: by that the rollup job sees that it should not pause."""
STILL_PENDING = "Measurements received before are still being rolled up into minutes; ask again."

_REACH = timedelta(milliseconds=MAX_HOLD_MS)


@dataclass(frozen=True, slots=True)
class RollupBacklog:
    waiting: Mapping[UUID, Sequence[tuple[datetime, datetime]]]
    """By indicator: the first and the last sample of each input that waits."""

    def may_change(self, indicator_ids: Collection[UUID], start: datetime, end: datetime) -> bool:
        """Return whether minutes of a window may change when the backlog is rolled up."""
        return any(
            first_at < end + _REACH and last_at >= start - _REACH
            for indicator_id in indicator_ids
            for first_at, last_at in self.waiting.get(indicator_id, ())
        )


async def load_backlog(work: UnitOfWork, end: datetime) -> RollupBacklog:
    """Load what waits by indicator, once no push received before now can hold samples of before `end`.

    Raise MeasurementsPending if that takes too long.
    """
    return await _wait_for_backlog(work, end, lambda _: True)


async def wait_for_rollup(work: UnitOfWork, indicator_ids: Collection[UUID], start: datetime, end: datetime) -> None:
    """Wait until what was received before now is in the minutes of the indicators from start to end.

    Raise MeasurementsPending if it takes too long.
    """
    await _wait_for_backlog(work, end, lambda backlog: not backlog.may_change(indicator_ids, start, end))


async def _wait_for_backlog(
    work: UnitOfWork, end: datetime, is_enough: Callable[[RollupBacklog], bool]
) -> RollupBacklog:
    for _ in range(CHECKS):
        backlog = await _find_backlog(work, end)
        if backlog is not None and is_enough(backlog):
            return backlog
        await asyncio.sleep(CHECK_SECONDS)
    raise MeasurementsPending(STILL_PENDING)


async def _find_backlog(work: UnitOfWork, end: datetime) -> RollupBacklog | None:
    """Find what waits by indicator; None while pushes are pending, which the rollup job takes at once then."""
    if await store.has_pending_push(work.session, work.now, end + _REACH):
        await work.lock_name(WAITING_LOCK, shared=True)
        return None
    return RollupBacklog(await store.load_waiting_extents(work.session, work.now, end + _REACH))
