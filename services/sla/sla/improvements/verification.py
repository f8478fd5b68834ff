"""Verifies improvements by itself: when they have been in place for a period, and when enough points have come."""

from common.service import Duty, Runtime
from common.work import Work
from sla.improvements import store
from sla.improvements.actions import conclude
from sla.improvements.model import Improvement
from sla.improvements.settings import ImprovementSettings
from sla.improvements.states import ImprovementState


def duty(settings: ImprovementSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        more = True
        while more:
            async with runtime.begin() as work:
                more = await take_steps(work)

    return Duty("verify-improvements", settings.verify_every, run)


async def take_steps(work: Work) -> bool:
    """One at a time, because each may read years of minutes; whether there was any."""
    due = await store.due(work, 1)
    for improvement in due:
        await _step(work, improvement)
    return bool(due)


async def _step(work: Work, improvement: Improvement) -> None:
    if improvement.state is ImprovementState.IMPLEMENTED:
        improvement.begin_verifying()
        improvement.changed_at = work.now
        await work.flush()
    else:
        await conclude(work, improvement)
