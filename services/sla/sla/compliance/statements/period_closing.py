"""Closes review periods by itself when they are due, each agreement for itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from common.auth.principal import SYSTEM, Principal
from common.errors import DomainError
from common.http.problems import InternalError
from common.jobs.retries import FailedItem, JobBatch, list_items_on_hold
from common.service import PeriodicJob, Runtime
from sla.agreements.store import list_due_for_review
from sla.compliance.settings import StatementSettings
from sla.compliance.statements import actions
from sla.compliance.statements.restatement_job import restate_due_periods
from sla.measurements.settings import PushSettings

JOB_NAME = "close-periods"
AGREEMENTS_PER_QUERY = 200
"""Agreements that are looked for at a time."""


@dataclass(frozen=True, slots=True)
class ClosingRefusal:
    agreement_id: UUID
    rule: str
    message: str


@dataclass(slots=True)
class ClosingResult:
    closed: int = 0
    restated: int = 0
    refused: list[ClosingRefusal] = field(default_factory=list)


def periodic_job(settings: StatementSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        chore = _chore(runtime, SYSTEM, settings)
        await _close_due(
            runtime, chore, settings.grace, settings.side_by_side, await list_items_on_hold(runtime, JOB_NAME)
        )

    return PeriodicJob(JOB_NAME, settings.every, run)


async def close_all_due(runtime: Runtime, principal: Principal) -> ClosingResult:
    """All that is over, without waiting for the grace of the duty or for what failed before; in units of their own."""
    settings = StatementSettings()
    chore = _chore(runtime, principal, settings)
    closed, setbacks = await _close_due(runtime, chore, timedelta(0), settings.side_by_side)
    return ClosingResult(closed, await restate_due_periods(runtime), [_refused(one) for one in setbacks])


def _chore(runtime: Runtime, principal: Principal, settings: StatementSettings) -> JobBatch[int]:
    return JobBatch(runtime, JOB_NAME, actions.close_due_periods, batch_size=settings.at_once, principal=principal)


async def _close_due(
    runtime: Runtime, chore: JobBatch[int], grace: timedelta, side_by_side: int, besides: Collection[str] = ()
) -> tuple[int, list[FailedItem]]:
    """Until none is due but what cannot be closed. What was closed stays closed if this is cut off."""
    closed, setbacks, left_out = 0, list[FailedItem](), set(besides)
    while due := await _due(runtime, grace, left_out):
        done = await chore.run_now(due, concurrency=side_by_side)
        closed += sum(done.results)
        setbacks += done.failed_items
        left_out |= {str(one.item) for one in done.failed_items}
    return closed, setbacks


async def _due(runtime: Runtime, grace: timedelta, left_out: Collection[str]) -> Sequence[UUID]:
    async with runtime.begin() as work:
        over = work.now - max(grace, PushSettings().late_after)
        due = await list_due_for_review(work, over, AGREEMENTS_PER_QUERY + len(left_out))
        await actions.wait_for_rollup(work)
    return [agreement_id for agreement_id in due if str(agreement_id) not in left_out]


def _refused(one: FailedItem) -> ClosingRefusal:
    """Of a bug the log says more than a person should read."""
    rule = one.error if isinstance(one.error, DomainError) else InternalError("The period could not be closed.")
    return ClosingRefusal(one.item, rule.slug, rule.message)
