"""What the calendar does by itself: agreements begin on their first day, and end after their last."""

from datetime import timedelta

from common.service import Duty, Runtime
from common.work import Work
from sla.agreements import store
from sla.agreements.actions import activate, end
from sla.agreements.states import AgreementState

EVERY = timedelta(minutes=1)


async def follow_calendar(work: Work) -> None:
    for version in await store.calendar_says(work, AgreementState.SIGNED):
        activate(work, version)
    for version in await store.calendar_says(work, AgreementState.ACTIVE):
        end(work, version)


async def _follow(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        await follow_calendar(work)


def duty() -> Duty:
    return Duty("agreements-calendar", EVERY, _follow)
