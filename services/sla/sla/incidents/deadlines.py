"""Tells on time what comes due, by whichever replica is there: all of them watch, and one of them tells."""

# Each replica sleeps until the next deadline that it knows of, for a second at the most, as another one may have set an
# earlier one. Whoever wakes takes the overdue incidents that nobody else has locked; what it tells is written in the
# transaction that moves their deadlines on. So a replica that dies leaves nothing half told, and nobody waits for it.

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from prometheus_client import Histogram

from common.service import Loop, Runtime
from common.setbacks import Chore, resting
from common.work import Work
from sla.incidents import store
from sla.incidents.settling import settle

NAME = "incident-deadlines"
AT_ONCE = 50
LONGEST_SLEEP = timedelta(seconds=1)
WHILE_LOCKED = timedelta(milliseconds=100)
"""For how long to leave alone what another replica is telling."""

DELAY = Histogram(
    "rapport_deadline_delay_seconds",
    "From a deadline to the moment at which it is told",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)


def loop() -> Loop:
    return Loop(NAME, watch)


async def watch(runtime: Runtime) -> None:
    """Until it is cancelled."""
    while True:
        await tell_overdue(runtime)
        await asyncio.sleep((await _pause(runtime)).total_seconds())


async def tell_overdue(runtime: Runtime) -> int:
    """How many incidents were looked at. One that cannot be keeps no other from being told."""
    async with runtime.begin() as work:
        overdue = await store.overdue(work)
    done = await Chore(runtime, NAME, _settle, at_once=AT_ONCE).each(overdue)
    delays = [delay for unit in done.results for delay in unit]
    for delay in delays:
        DELAY.observe(delay.total_seconds())
    return len(delays) + len(done.setbacks)


async def _settle(work: Work, incident_ids: Sequence[UUID]) -> list[timedelta]:
    """How late each of them is told."""
    incidents = await store.telling(work, incident_ids)
    delays = [work.now - incident.next_deadline_at for incident in incidents if incident.next_deadline_at]
    await settle(work, incidents)
    return delays


async def _pause(runtime: Runtime) -> timedelta:
    left_alone = [UUID(incident_id) for incident_id in await resting(runtime, NAME)]
    async with runtime.begin() as work:
        deadline = await store.next_deadline(work, left_alone)
    if deadline is None:
        return LONGEST_SLEEP
    left = deadline - runtime.clock()
    return min(LONGEST_SLEEP, left) if left > timedelta(0) else WHILE_LOCKED
