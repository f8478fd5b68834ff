"""Tells by itself when requirements are answered, or are open again: by signatures, amendments and the calendar."""

from datetime import timedelta

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from sla.requirements import store
from sla.requirements.actions import emit_answer_changes

JOB_NAME = "requirements-answers"
INTERVAL = timedelta(minutes=1)
BATCH_SIZE = 50


async def run_answer_job(runtime: Runtime) -> int:
    """How many requesters were told."""
    async with runtime.begin() as work:
        changed = await store.list_ids_with_changed_answer(work)
    return sum((await JobBatch(runtime, JOB_NAME, emit_answer_changes, batch_size=BATCH_SIZE).run(changed)).results)


async def _run(runtime: Runtime) -> None:
    await run_answer_job(runtime)


def periodic_job() -> PeriodicJob:
    return PeriodicJob(JOB_NAME, INTERVAL, _run)
