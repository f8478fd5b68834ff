"""What the calendar does by itself: agreements begin, are renewed, rest, go on and end when their time comes."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from sla.agreements import actions, store

JOB_NAME = "agreements-calendar"
INTERVAL = timedelta(minutes=1)
BATCH_SIZE = 20


async def advance_due_agreements(work: UnitOfWork) -> None:
    await _follow(work, await store.list_due_for_lifecycle(work))


async def _follow(work: UnitOfWork, agreement_ids: Sequence[UUID]) -> None:
    for agreement in await store.lock_due_for_lifecycle(work, agreement_ids):
        await actions.advance_lifecycle(work, agreement)


async def _run(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        turning = await store.list_due_for_lifecycle(work)
    await JobBatch(runtime, JOB_NAME, _follow, batch_size=BATCH_SIZE).run(turning)


def periodic_job() -> PeriodicJob:
    return PeriodicJob(JOB_NAME, INTERVAL, _run)
