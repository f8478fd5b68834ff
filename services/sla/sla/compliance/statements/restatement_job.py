"""Restates closed periods when something is learnt later: late measurements, and recorded corrections."""

# One unit of work turns what was learnt into a list of periods; each period is then restated in a unit of its own.

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import structlog

from common.error_descriptions import describe_error
from common.jobs.retries import JobBatch
from common.runtime import Runtime
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from sla.compliance.statements import actions, store
from sla.compliance.statements.errors import NothingToRestate
from sla.compliance.statements.settings import StatementSettings
from sla.corrections.store import (
    add_due_restatement,
    list_due_restatement_ids,
    lock_due_corrections,
    lock_due_restatements,
)
from sla.hours.spans import HOUR, Span, to_microseconds, union
from sla.measurements.model import LateArrival
from sla.measurements.rollup.late_arrivals import lock_late_arrivals

JOB_NAME = "restate-periods"
BATCH_SIZE = 2000
"""Late hours, and corrections, that are matched with statements in one unit of work."""
LATE_MEASUREMENTS = "Measurements of this period arrived after it was closed."

CLOSED_TOO_EARLY = "This period was closed before it was over, by a clock that ran ahead."

log = structlog.get_logger(__name__)


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        await restate_due_periods(runtime)

    return PeriodicJob(JOB_NAME, settings.interval, run)


async def restate_due_periods(runtime: Runtime) -> int:
    """Restate what is due, and return how many statements were issued again."""
    while await _find_affected_periods(runtime):
        pass
    async with runtime.begin() as work:
        due_ids = await list_due_restatement_ids(work)
    return sum((await JobBatch(runtime, JOB_NAME, _restate).run(due_ids)).results)


async def _find_affected_periods(runtime: Runtime) -> bool:
    """Record which periods depend on what was learnt, delete that, and return whether there may be more."""
    async with runtime.begin() as work:
        await store.lock_closing(work, exclusive=True)  # a period being closed may have missed what was learnt
        late_arrivals = await lock_late_arrivals(work.session, BATCH_SIZE)
        affected = await store.list_periods_by_measurements(work, _late_stretches(late_arrivals))
        reasons = dict.fromkeys(affected, LATE_MEASUREMENTS)
        corrections = await lock_due_corrections(work, BATCH_SIZE)
        for correction in corrections:
            affected = await store.list_periods_by_agreement(
                work, correction.agreement_id, correction.window_from, correction.window_to
            )
            reasons |= dict.fromkeys(affected, correction.reason)
        reasons |= dict.fromkeys(await store.list_periods_not_over(work), CLOSED_TOO_EARLY)
        for stated_period, reason in reasons.items():
            # Whatever else is known says more than that measurements were late.
            await add_due_restatement(work, *stated_period, reason, replace=reason != LATE_MEASUREMENTS)
        for row in (*late_arrivals, *corrections):
            await work.session.delete(row)
    return BATCH_SIZE in (len(late_arrivals), len(corrections))


def _late_stretches(late_arrivals: Iterable[LateArrival]) -> dict[UUID, list[Span]]:
    """Join the hours of each indicator to stretches of time."""
    hours: dict[UUID, list[Span]] = defaultdict(list)
    for late in late_arrivals:
        start = to_microseconds(late.hour)
        hours[late.indicator_id].append(Span(start, start + HOUR))
    return {indicator_id: union(spans) for indicator_id, spans in hours.items()}


async def _restate(work: UnitOfWork, ids: Sequence[UUID]) -> int:
    """Restate the periods that come out differently, and return how many there were.

    One that was closed too early stays due until it is over.
    """
    restated = 0
    for due in await lock_due_restatements(work, ids):
        statement = await store.find_latest_revision(work, due.agreement_id, due.period)
        if statement is not None and not actions.is_over(work, statement.period_to):
            continue
        await work.session.delete(due)
        if statement is None:
            continue
        try:
            await actions.restate_from_minutes(work, statement, due.reason)
            restated += 1
        except NothingToRestate as rule:
            log.info("restatement_not_needed", statement=str(statement.id), reason=describe_error(rule))
    return restated
