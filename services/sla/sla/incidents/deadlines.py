"""Tells on time what comes due, by whichever replica is there: all of them watch, and one of them tells."""

# Each replica sleeps until the next deadline that it knows of, for a second at the most, as another one may have set an
# earlier one. Whoever wakes takes the overdue incidents that nobody else has locked; what it tells is written in the
# transaction that moves their deadlines on. So a replica that dies leaves nothing half told, and nobody waits for it.

import asyncio
from datetime import timedelta

import structlog
from prometheus_client import Histogram

from common.failures import is_transient
from common.service import Loop, Runtime
from sla.incidents import store
from sla.incidents.settling import settle

AT_ONCE = 50
LONGEST_SLEEP = timedelta(seconds=1)
WHILE_LOCKED = timedelta(milliseconds=100)
"""For how long to leave alone what another replica is telling."""
PUT_OFF = timedelta(minutes=1)
"""For how long an incident is left alone that could not be looked at."""

DELAY = Histogram(
    "rapport_deadline_delay_seconds",
    "From a deadline to the moment at which it is told",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)

log = structlog.get_logger(__name__)


def loop() -> Loop:
    return Loop("incident-deadlines", watch)


async def watch(runtime: Runtime) -> None:
    """Until it is cancelled."""
    while True:
        if await tell_overdue(runtime) < AT_ONCE:
            await asyncio.sleep((await _pause(runtime)).total_seconds())


async def tell_overdue(runtime: Runtime) -> int:
    """How many incidents were looked at."""
    try:
        return await _settle(runtime, AT_ONCE)
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("deadlines_failed")
        return await _one_by_one(runtime)


async def _settle(runtime: Runtime, limit: int) -> int:
    async with runtime.begin() as work:
        incidents = await store.overdue(work, limit)
        delays = [work.now - incident.next_deadline_at for incident in incidents if incident.next_deadline_at]
        await settle(work, incidents)
    for delay in delays:
        DELAY.observe(delay.total_seconds())
    return len(incidents)


async def _one_by_one(runtime: Runtime) -> int:
    """So that one that fails does not keep the others from being told."""
    for count in range(AT_ONCE):
        try:
            if not await _settle(runtime, 1):
                return count
        except Exception as error:
            if is_transient(error):
                raise
            log.exception("deadline_failed")
            await _put_off(runtime)
    return AT_ONCE


async def _put_off(runtime: Runtime) -> None:
    async with runtime.begin() as work:
        for incident in await store.overdue(work, 1):
            incident.next_deadline_at = work.now + PUT_OFF
            log.error("incident_put_off", incident=str(incident.id))


async def _pause(runtime: Runtime) -> timedelta:
    async with runtime.begin() as work:
        deadline = await store.next_deadline(work)
    if deadline is None:
        return LONGEST_SLEEP
    left = deadline - runtime.clock()
    return min(LONGEST_SLEEP, left) if left > timedelta(0) else WHILE_LOCKED
