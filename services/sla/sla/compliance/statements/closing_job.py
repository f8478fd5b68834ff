"""Closes review periods that are due, each agreement independent of the others."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from common.auth.principal import SYSTEM, Principal
from common.errors import DomainError
from common.http.problems import InternalError
from common.jobs.retries import FailedItem, JobBatch, list_items_on_hold
from common.runtime import Runtime
from common.service import PeriodicJob
from sla.agreements.store import list_due_for_review
from sla.compliance.statements import actions
from sla.compliance.statements.restatement_job import restate_due_periods
from sla.compliance.statements.settings import StatementSettings
from sla.compliance.statements.views import ClosingRefusalView, ClosingView
from sla.measurements.settings import PushSettings

JOB_NAME = "close-periods"
AGREEMENTS_PER_QUERY = 200


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        on_hold = await list_items_on_hold(runtime, JOB_NAME)
        await _close_due(runtime, settings, grace=settings.grace, skipped=on_hold)

    return PeriodicJob(JOB_NAME, settings.interval, run)


async def close_all_due(runtime: Runtime, principal: Principal) -> ClosingView:
    """Close all periods that are over, without a grace, and also those that failed before; then restate what is due."""
    await runtime.clock_guard.check()
    closed, failed_items = await _close_due(runtime, runtime.settings_of(StatementSettings), principal)
    restated = await restate_due_periods(runtime)
    return ClosingView(closed=closed, restated=restated, refused=[_to_refusal(item) for item in failed_items])


async def _close_due(
    runtime: Runtime,
    settings: StatementSettings,
    principal: Principal = SYSTEM,
    *,
    grace: timedelta = timedelta(0),
    skipped: Collection[str] = (),
) -> tuple[int, list[FailedItem]]:
    """Close batches until only periods that cannot be closed are due; what was closed stays closed if interrupted."""
    batch = JobBatch(runtime, JOB_NAME, actions.close_due_periods, batch_size=settings.batch_size, principal=principal)
    closed, failed_items, skip = 0, list[FailedItem](), set(skipped)
    while due := await _list_due(runtime, grace, skip):
        outcome = await batch.run_now(due, concurrency=settings.concurrency)
        closed += sum(outcome.results)
        failed_items += outcome.failed_items
        skip |= {str(failed_item.item) for failed_item in outcome.failed_items}
    return closed, failed_items


async def _list_due(runtime: Runtime, grace: timedelta, skip: Collection[str]) -> Sequence[UUID]:
    async with runtime.begin() as work:
        over_by = work.now - max(grace, work.settings(PushSettings).late_after)
        due = await list_due_for_review(work, over_by, AGREEMENTS_PER_QUERY + len(skip))
        await actions.wait_for_rollup(work)
    return [agreement_id for agreement_id in due if str(agreement_id) not in skip]


def _to_refusal(failed_item: FailedItem) -> ClosingRefusalView:
    """Return the broken rule; of a bug the log says more than a person should read."""
    error = failed_item.error
    rule = error if isinstance(error, DomainError) else InternalError("The period could not be closed.")
    return ClosingRefusalView(agreement_id=failed_item.item, rule=rule.slug, message=rule.message)
