"""Closes review periods that are due, each agreement independent of the others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from common.auth.principal import SYSTEM, Principal
from common.errors import DomainError
from common.http.problems import InternalError
from common.jobs.periodic_jobs import JobPostponed
from common.jobs.retries import FailedItem, JobBatch, list_items_on_hold
from common.runtime import Runtime
from common.service import PeriodicJob
from sla.agreements.store import load_due_for_review
from sla.compliance.statements import actions
from sla.compliance.statements.restatement_job import restate_due_periods
from sla.compliance.statements.settings import StatementSettings
from sla.compliance.statements.views import ClosingRefusalView, ClosingView
from sla.measurements.backlog import STILL_PENDING
from sla.measurements.errors import MeasurementsPending
from sla.measurements.settings import PushSettings

JOB_NAME = "close-periods"
AGREEMENTS_PER_QUERY = 200

log = structlog.get_logger(__name__)


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        on_hold = await list_items_on_hold(runtime, JOB_NAME)
        try:
            closing = await _close_due(runtime, settings, grace=settings.grace, skipped=on_hold)
        except MeasurementsPending:
            raise JobPostponed from None
        if closing.behind:
            log.info("closing_waits_for_rollup", agreements=len(closing.behind))
            raise JobPostponed

    return PeriodicJob(JOB_NAME, settings.interval, run)


@dataclass(slots=True)
class _Closing:
    closed: int = 0
    failed_items: list[FailedItem] = field(default_factory=list)
    behind: set[UUID] = field(default_factory=set)
    """Agreements that wait for measurements which are being rolled up."""


async def close_all_due(runtime: Runtime, principal: Principal) -> ClosingView:
    """Close all periods that are over, without a grace, and also those that failed before; then restate what is due."""
    await runtime.clock_guard.check()
    closing = await _close_due(runtime, runtime.service_settings.of(StatementSettings), principal)
    restated = await restate_due_periods(runtime)
    waiting = [FailedItem(agreement_id, MeasurementsPending(STILL_PENDING)) for agreement_id in sorted(closing.behind)]
    refused = [_to_refusal(item) for item in (*closing.failed_items, *waiting)]
    return ClosingView(closed=closing.closed, restated=restated, refused=refused)


async def _close_due(
    runtime: Runtime,
    settings: StatementSettings,
    principal: Principal = SYSTEM,
    *,
    grace: timedelta = timedelta(0),
    skipped: Collection[str] = (),
) -> _Closing:
    """Close batches until only periods that cannot be closed are due; what was closed stays closed if interrupted."""
    batch = JobBatch(runtime, JOB_NAME, actions.close_due_periods, batch_size=settings.batch_size, principal=principal)
    closing, skip = _Closing(), set(skipped)
    while due := await _list_due(runtime, grace, skip, closing.behind):
        outcome = await batch.run_now(due, concurrency=settings.concurrency)
        closing.closed += sum(outcome.results)
        closing.failed_items += outcome.failed_items
        skip |= {str(failed_item.item) for failed_item in outcome.failed_items}
    return closing


async def _list_due(runtime: Runtime, grace: timedelta, skip: Collection[str], behind: set[UUID]) -> Sequence[UUID]:
    """List agreements with a due period, except those that are skipped or behind; add to those that are behind."""
    async with runtime.begin() as work:
        over_by = work.now - max(grace, work.service_settings.of(PushSettings).late_after)
        limit = AGREEMENTS_PER_QUERY + len(skip) + len(behind)
        due = {
            agreement_id: end
            for agreement_id, end in (await load_due_for_review(work, over_by, limit)).items()
            if str(agreement_id) not in skip and agreement_id not in behind
        }
        behind |= await actions.find_agreements_behind(work, due, over_by) if due else frozenset()
    return [agreement_id for agreement_id in due if agreement_id not in behind]


def _to_refusal(failed_item: FailedItem) -> ClosingRefusalView:
    """Return the broken rule; of a bug the log says more than a person should read."""
    error = failed_item.error
    rule = error if isinstance(error, DomainError) else InternalError("The period could not be closed.")
    return ClosingRefusalView(agreement_id=failed_item.item, rule=rule.slug, message=rule.message)
