"""Tells by itself when requirements are answered, or are open again: by signatures, amendments and the calendar."""

from datetime import timedelta

from common.service import Duty, Runtime
from common.setbacks import Chore
from sla.requirements import store
from sla.requirements.actions import tell_answers

NAME = "requirements-answers"
EVERY = timedelta(minutes=1)
AT_ONCE = 50


async def tell(runtime: Runtime) -> int:
    """How many requesters were told."""
    async with runtime.begin() as work:
        changed = await store.changed(work)
    return sum((await Chore(runtime, NAME, tell_answers, at_once=AT_ONCE).each(changed)).results)


async def _run(runtime: Runtime) -> None:
    await tell(runtime)


def duty() -> Duty:
    return Duty(NAME, EVERY, _run)
