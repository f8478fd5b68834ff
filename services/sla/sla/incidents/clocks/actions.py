"""Summarize the clocks of many incidents as of now."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.hours.spans import to_microseconds
from sla.incidents.clocks.clock_pauses import ClockContext
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.remaining_time import compute_remaining_time
from sla.incidents.clocks.store import list_clocks, load_clock_contexts, load_histories
from sla.incidents.clocks.verdict import ClockVerdict, evaluate_clock
from sla.incidents.clocks.views import ClockSummary

VERDICTS_OF_RUNNING_CLOCKS = (ClockVerdict.RUNNING, ClockVerdict.LATE)


async def summarize_clocks(work: UnitOfWork, incident_ids: Collection[UUID]) -> dict[UUID, list[ClockSummary]]:
    """Summarize the clocks of each incident: those that run are evaluated now, as their verdict may be due just now."""
    clocks = [clock for clock in await list_clocks(work, incident_ids) if clock.entered_at is not None]
    running = [clock for clock in clocks if clock.verdict in VERDICTS_OF_RUNNING_CLOCKS and clock.stopped_at is None]
    contexts: list[ClockContext] = []
    if running:
        histories = await load_histories(work, {clock.incident_id for clock in running})
        contexts = await load_clock_contexts(work, running, histories)
    evaluated = await asyncio.to_thread(_evaluate_running, running, contexts, to_microseconds(work.now))
    summaries = defaultdict[UUID, list[ClockSummary]](list)
    for clock in clocks:
        summary = evaluated.get(clock.id) or ClockSummary.from_clock(clock, clock.verdict, None)
        summaries[clock.incident_id].append(summary)
    return {incident_id: summaries[incident_id] for incident_id in incident_ids}


def _evaluate_running(
    clocks: Sequence[IncidentClock], contexts: Sequence[ClockContext], now: int
) -> dict[UUID, ClockSummary]:
    summaries = {}
    for clock, context in zip(clocks, contexts, strict=True):
        evaluation = evaluate_clock(context, now, foresee=False)
        if evaluation is not None:
            remaining = compute_remaining_time(context, evaluation, now)
            summaries[clock.id] = ClockSummary.from_clock(clock, evaluation.verdict, remaining)
    return summaries
