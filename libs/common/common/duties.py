"""Runs a service's duties: each in a loop of its own, by the one replica that holds its advisory lock."""

import asyncio

import asyncpg
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError

from common.runtime import Runtime
from common.service import Duty

RUNS = Counter("rapport_duty_runs_total", "Runs of a duty, by how they ended", ["service", "duty", "result"])
LAST = Gauge("rapport_duty_last_success_timestamp_seconds", "When a duty last ended well", ["service", "duty"])

log = structlog.get_logger(__name__)


async def perform(runtime: Runtime, duty: Duty) -> None:
    """Until cancelled. A duty that fails is tried again at its next turn; a lost connection gives the lock away."""
    pause = duty.every.total_seconds()
    while True:
        try:
            await _hold_and_run(runtime, duty, pause)
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("duty_waits", service=runtime.name, duty=duty.name, reason=f"{type(error).__name__}: {error}")
        await asyncio.sleep(min(pause, 5.0))


async def _hold_and_run(runtime: Runtime, duty: Duty, pause: float) -> None:
    async with runtime.database.locks.held(f"duty:{runtime.name}:{duty.name}", min(pause, 5.0)) as lock:
        while True:
            await _run(runtime, duty)
            await asyncio.sleep(pause)
            await lock.confirm()


async def _run(runtime: Runtime, duty: Duty) -> None:
    try:
        await duty.run(runtime)
    except Exception:
        RUNS.labels(runtime.name, duty.name, "failed").inc()
        log.exception("duty_failed", service=runtime.name, duty=duty.name)
    else:
        RUNS.labels(runtime.name, duty.name, "ok").inc()
        LAST.labels(runtime.name, duty.name).set_to_current_time()
