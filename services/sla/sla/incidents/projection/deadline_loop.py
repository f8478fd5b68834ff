"""The background loop that projects incidents as soon as one of their clocks becomes due soon or late."""

# Each replica sleeps until the next deadline that it knows of, for at most a second, as another one may have set an
# earlier one. Whichever wakes takes the overdue incidents that no other has locked; what it emits is stored in the
# transaction that moves their deadlines on. So a replica that dies leaves nothing half done, and nobody waits for it.

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from prometheus_client import Histogram

from common.jobs.due_rows import DueRows
from common.jobs.retries import JobBatch, select_items_on_hold
from common.runtime import Runtime
from common.service import BackgroundLoop
from common.unit_of_work import UnitOfWork
from sla.incidents import store
from sla.incidents.model import Incident
from sla.incidents.projection.projector import project_incidents

OVERDUE_INCIDENTS = DueRows(Incident, Incident.next_deadline_at)
LOOP_NAME = "incident-deadlines"
BATCH_SIZE = 50
LONGEST_SLEEP = timedelta(seconds=1)
LOCKED_PAUSE = timedelta(milliseconds=100)
"""The sleep while another replica has overdue incidents locked."""

DEADLINE_DELAY = Histogram(
    "rapport_deadline_delay_seconds",
    "From a deadline of an incident to the emission of its event",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


async def watch_deadlines(runtime: Runtime) -> None:
    """Project overdue incidents until the loop is cancelled, or the clock can no longer be trusted."""
    while True:
        await runtime.clock_guard.check()
        async with runtime.begin() as work:
            deadline = await store.find_next_deadline(work, select_items_on_hold(runtime, LOOP_NAME, work.now))
        remaining = LONGEST_SLEEP if deadline is None else deadline - runtime.clock()
        if remaining > timedelta(0):
            await asyncio.sleep(min(LONGEST_SLEEP, remaining).total_seconds())
        elif not await project_overdue_incidents(runtime):
            await asyncio.sleep(LOCKED_PAUSE.total_seconds())


async def project_overdue_incidents(runtime: Runtime) -> int:
    """Project the overdue incidents, and return how many; one that fails does not stop the others."""
    async with runtime.begin() as work:
        incident_ids = await OVERDUE_INCIDENTS.list_ids(work)
    result = await JobBatch(runtime, LOOP_NAME, _project_batch, batch_size=BATCH_SIZE).run(incident_ids)
    delays = [delay for batch_delays in result.results for delay in batch_delays]
    for delay in delays:
        DEADLINE_DELAY.observe(delay.total_seconds())
    return len(delays) + len(result.failed_items)


async def _project_batch(work: UnitOfWork, incident_ids: Sequence[UUID]) -> list[timedelta]:
    """Project those that are still overdue, and return by how much."""
    incidents = await OVERDUE_INCIDENTS.lock(work, incident_ids)
    delays = [work.now - incident.next_deadline_at for incident in incidents if incident.next_deadline_at]
    await project_incidents(work, incidents)
    return delays


DEADLINE_LOOP = BackgroundLoop(LOOP_NAME, watch_deadlines)
