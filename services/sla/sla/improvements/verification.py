"""Verifies improvements by itself: when they have been in place for a period, and when enough points have come."""

from collections.abc import Sequence
from uuid import UUID

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from sla.improvements import store
from sla.improvements.actions import conclude
from sla.improvements.model import Improvement
from sla.improvements.settings import ImprovementSettings
from sla.improvements.states import ImprovementState

NAME = "verify-improvements"


def duty(settings: ImprovementSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            due = await store.due(work)
        # One at a time, because each may read years of minutes.
        await Chore(runtime, NAME, _take_steps).each(due)

    return Duty(NAME, settings.verify_every, run)


async def _take_steps(work: Work, improvement_ids: Sequence[UUID]) -> None:
    for improvement in await store.stepping(work, improvement_ids):
        await _step(work, improvement)


async def _step(work: Work, improvement: Improvement) -> None:
    if improvement.state is ImprovementState.IMPLEMENTED:
        improvement.begin_verifying()
        improvement.changed_at = work.now
        await work.flush()
    if improvement.next_step_at is not None and improvement.next_step_at <= work.now:
        await conclude(work, improvement)
