"""Runs a service's duties: each in a loop of its own, by the one replica that holds its advisory lock."""

import asyncio

import structlog
from prometheus_client import Counter, Gauge

from common.database.locks import LockSession
from common.database.transient_errors import is_transient
from common.runtime import Runtime
from common.service import PeriodicJob

RUNS = Counter("rapport_duty_runs_total", "Runs of a duty, by how they ended", ["service", "duty", "result"])
LAST_SUCCESS = Gauge("rapport_duty_last_success_timestamp_seconds", "When a duty last ended well", ["service", "duty"])

LOCK_CHECK_SECONDS = 5.0
"""Seconds: how often a replica asks for a lock it has not, and makes sure of one it has. No duty rests much longer when
the replica that did it has died; of one that hangs, PostgreSQL ends the session (`lock_lease`)."""

log = structlog.get_logger(__name__)


async def run_periodically(runtime: Runtime, duty: PeriodicJob) -> None:
    """Again and again, for as long as this replica holds the duty's lock."""
    pause = duty.interval.total_seconds()
    async with runtime.database.locks.acquire(
        f"duty:{runtime.name}:{duty.name}", min(pause, LOCK_CHECK_SECONDS)
    ) as lock:
        while True:
            again_soon = await _run(runtime, duty)
            await _rest(lock, min(pause, LOCK_CHECK_SECONDS) if again_soon else pause)


async def _rest(lock: LockSession, seconds: float) -> None:
    """Raise as soon as the lock is seen to be lost, so that this replica is back in the queue for it."""
    clock = asyncio.get_running_loop().time
    end = clock() + seconds
    while (left := end - clock()) > 0:
        await asyncio.sleep(min(left, LOCK_CHECK_SECONDS))
        await lock.check_alive()


async def _run(runtime: Runtime, duty: PeriodicJob) -> bool:
    """Whether it was cut off by something that passes, such as a lock that another replica left behind."""
    try:
        await duty.run(runtime)
    except Exception as error:
        RUNS.labels(runtime.name, duty.name, "failed").inc()
        if is_transient(error):
            log.warning("duty_waits", service=runtime.name, duty=duty.name, reason=f"{type(error).__name__}: {error}")
        else:
            log.exception("duty_failed", service=runtime.name, duty=duty.name)
        return is_transient(error)
    RUNS.labels(runtime.name, duty.name, "ok").inc()
    LAST_SUCCESS.labels(runtime.name, duty.name).set_to_current_time()
    return False
