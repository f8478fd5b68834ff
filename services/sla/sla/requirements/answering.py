"""Tells by itself when requirements are answered, or are open again: by signatures, amendments and the calendar."""

from datetime import timedelta

from common.service import Duty, Runtime
from sla.requirements.actions import tell_answers

EVERY = timedelta(minutes=1)


async def _tell(runtime: Runtime) -> None:
    told = 1
    while told:
        async with runtime.begin() as work:
            told = await tell_answers(work)


def duty() -> Duty:
    return Duty("requirements-answers", EVERY, _tell)
