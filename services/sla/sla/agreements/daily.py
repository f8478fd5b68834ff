"""What the calendar does by itself: agreements begin, are renewed, rest, go on and end when their time comes."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from sla.agreements import actions, store

NAME = "agreements-calendar"
EVERY = timedelta(minutes=1)
AT_ONCE = 20


async def follow_calendar(work: Work) -> None:
    await _follow(work, await store.turning(work))


async def _follow(work: Work, agreement_ids: Sequence[UUID]) -> None:
    for agreement in await store.turned(work, agreement_ids):
        await actions.follow_calendar(work, agreement)


async def _run(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        turning = await store.turning(work)
    await Chore(runtime, NAME, _follow, at_once=AT_ONCE).each(turning)


def duty() -> Duty:
    return Duty(NAME, EVERY, _run)
