"""What the calendar does by itself: agreements begin, are renewed, rest, go on and end when their time comes."""

from datetime import timedelta

from common.service import Duty, Runtime
from common.work import Work
from sla.agreements import actions, store

EVERY = timedelta(minutes=1)


async def follow_calendar(work: Work) -> None:
    for agreement in await store.turning(work):
        await actions.follow_calendar(work, agreement)


async def _follow(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        await follow_calendar(work)


def duty() -> Duty:
    return Duty("agreements-calendar", EVERY, _follow)
