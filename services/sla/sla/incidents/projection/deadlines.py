"""Tells on time what comes due, by whichever replica is there: all of them watch, and one of them tells."""

# Each replica sleeps until the next deadline that it knows of, for a second at the most, as another one may have set an
# earlier one. Whoever wakes takes the overdue incidents that nobody else has locked; what it tells is written in the
# transaction that moves their deadlines on. So a replica that dies leaves nothing half told, and nobody waits for it.

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from prometheus_client import Histogram

from common.jobs.retries import JobBatch, list_items_on_hold
from common.service import BackgroundLoop, Runtime
from common.unit_of_work import UnitOfWork
from sla.incidents import store
from sla.incidents.projection.projector import project_incidents

LOOP_NAME = "incident-deadlines"
BATCH_SIZE = 50
LONGEST_SLEEP = timedelta(seconds=1)
LOCKED_PAUSE = timedelta(milliseconds=100)
"""For how long to leave alone what another replica is telling."""

DEADLINE_DELAY = Histogram(
    "rapport_deadline_delay_seconds",
    "From a deadline to the moment at which it is told",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


def background_loop() -> BackgroundLoop:
    return BackgroundLoop(LOOP_NAME, watch_deadlines)


async def watch_deadlines(runtime: Runtime) -> None:
    """Until it is cancelled."""
    while True:
        await project_overdue_incidents(runtime)
        await asyncio.sleep((await _pause(runtime)).total_seconds())


async def project_overdue_incidents(runtime: Runtime) -> int:
    """How many incidents were looked at. One that cannot be keeps no other from being told."""
    async with runtime.begin() as work:
        overdue = await store.list_overdue_incident_ids(work)
    done = await JobBatch(runtime, LOOP_NAME, _settle, batch_size=BATCH_SIZE).run(overdue)
    delays = [delay for unit in done.results for delay in unit]
    for delay in delays:
        DEADLINE_DELAY.observe(delay.total_seconds())
    return len(delays) + len(done.failed_items)


async def _settle(work: UnitOfWork, incident_ids: Sequence[UUID]) -> list[timedelta]:
    """How late each of them is told."""
    incidents = await store.lock_overdue_incidents(work, incident_ids)
    delays = [work.now - incident.next_deadline_at for incident in incidents if incident.next_deadline_at]
    await project_incidents(work, incidents)
    return delays


async def _pause(runtime: Runtime) -> timedelta:
    left_alone = [UUID(incident_id) for incident_id in await list_items_on_hold(runtime, LOOP_NAME)]
    async with runtime.begin() as work:
        deadline = await store.find_next_deadline(work, left_alone)
    if deadline is None:
        return LONGEST_SLEEP
    left = deadline - runtime.clock()
    return min(LONGEST_SLEEP, left) if left > timedelta(0) else LOCKED_PAUSE
