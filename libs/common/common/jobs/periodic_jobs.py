"""Runs a service's periodic jobs, each in a loop of its own; most of them in the one replica that holds its lock."""

import asyncio

import structlog
from prometheus_client import Counter, Gauge

from common.database.locks import LockSession
from common.database.transient_errors import is_transient
from common.error_descriptions import describe_error
from common.jobs.clock_guard import ClockUntrusted
from common.jobs.retries import delete_failed_items, upsert_failed_item
from common.runtime import Runtime
from common.service import PeriodicJob

RUNS = Counter("rapport_job_runs_total", "Runs of a periodic job, by result", ["service", "job", "result"])
LAST_SUCCESS = Gauge("rapport_job_last_success_timestamp_seconds", "The last success of a job", ["service", "job"])
IS_OWNER = Gauge("rapport_job_owner", "1 where this process holds the lock of a job", ["service", "job"])

LOCK_CHECK_SECONDS = 5.0
"""The seconds between a replica's attempts to get a lock, and between checks of one it holds. A job pauses little
longer when its replica dies; PostgreSQL ends the session of a replica that hangs (`lock_lease`)."""

WHOLE_RUN = "whole run"
"""The failed item that stands for a job which failed as a whole."""

log = structlog.get_logger(__name__)


class JobPostponed(Exception):
    """The job waits for something that is on its way; it is run again soon, and nothing has failed."""


async def run_periodically(runtime: Runtime, job: PeriodicJob) -> None:
    """Run the job again and again; one that replicas do not share, while this replica holds its lock."""
    interval, runner = job.interval.total_seconds(), JobRunner(runtime, job)
    if job.in_every_replica:
        while True:
            is_postponed = await runner.run()
            await asyncio.sleep(min(interval, LOCK_CHECK_SECONDS) if is_postponed else interval)
    async with runtime.database.locks.acquire(
        f"job:{runtime.name}:{job.name}", min(interval, LOCK_CHECK_SECONDS)
    ) as lock:
        is_owner = IS_OWNER.labels(runtime.name, job.name)
        is_owner.set(1)
        try:
            while True:
                is_postponed = await runner.run()
                await _pause(lock, min(interval, LOCK_CHECK_SECONDS) if is_postponed else interval)
        finally:
            is_owner.set(0)
            job.forget()


async def _pause(lock: LockSession, seconds: float) -> None:
    """Wait, and raise as soon as the lock is lost, so that this replica queues for it again."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while (remaining := end - clock()) > 0:
        await asyncio.sleep(min(remaining, LOCK_CHECK_SECONDS))
        await lock.check_alive()


class JobRunner:
    """Runs a job, and has it among the failed items as long as its latest run failed as a whole."""

    def __init__(self, runtime: Runtime, job: PeriodicJob) -> None:
        self._runtime, self._job = runtime, job
        self._may_be_recorded = True
        """Whether an earlier run, perhaps of another process, may be recorded as failed."""

    async def run(self) -> bool:
        """Run the job once; return whether it is postponed: by itself, or by an error that passes, as a wrong clock."""
        runtime, job = self._runtime, self._job
        try:
            if job.acts_by_clock:
                await runtime.clock_guard.check()
            await job.run(runtime)
            await self._delete_record()
        except JobPostponed as reason:
            RUNS.labels(runtime.name, job.name, "postponed").inc()
            log.info("job_postponed", service=runtime.name, job=job.name, reason=describe_error(reason))
            return True
        except Exception as error:
            RUNS.labels(runtime.name, job.name, "failed").inc()
            if is_transient(error) or isinstance(error, ClockUntrusted):
                log.warning("job_postponed", service=runtime.name, job=job.name, reason=describe_error(error))
                return True
            log.exception("job_failed", service=runtime.name, job=job.name)
            self._may_be_recorded = True
            await upsert_failed_item(runtime, job.name, WHOLE_RUN, error)
            return False
        RUNS.labels(runtime.name, job.name, "ok").inc()
        LAST_SUCCESS.labels(runtime.name, job.name).set_to_current_time()
        return False

    async def _delete_record(self) -> None:
        if self._may_be_recorded:
            async with self._runtime.begin() as work:
                await delete_failed_items(work, self._runtime.tables.failed_items, self._job.name, [WHOLE_RUN])
            self._may_be_recorded = False
