"""A periodic job that starts verifications after a whole period, and gives verdicts when all points have come."""

from collections.abc import Sequence
from uuid import UUID

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from sla.improvements import store
from sla.improvements.actions import conclude_verification
from sla.improvements.model import Improvement
from sla.improvements.settings import ImprovementSettings
from sla.improvements.states import ImprovementState

JOB_NAME = "verify-improvements"


def periodic_job(settings: ImprovementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            due = await store.list_due_ids(work)
        # One per batch, because each may read years of minutes.
        await JobBatch(runtime, JOB_NAME, _take_steps).run(due)

    return PeriodicJob(JOB_NAME, settings.verify_every, run)


async def _take_steps(work: UnitOfWork, improvement_ids: Sequence[UUID]) -> None:
    for improvement in await store.lock_due(work, improvement_ids):
        await _step(work, improvement)


async def _step(work: UnitOfWork, improvement: Improvement) -> None:
    if improvement.state is ImprovementState.IMPLEMENTED:
        improvement.start_verification()
        improvement.changed_at = work.now
        await work.flush()
    if improvement.next_step_at is not None and improvement.next_step_at <= work.now:
        await conclude_verification(work, improvement)
