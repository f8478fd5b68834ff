"""What happens to statements by itself: due periods are closed, and late measurements lead to restatements."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from common.errors import RuleBroken
from common.service import Duty, Runtime
from common.work import Work
from sla.agreements.store import due_for_review
from sla.compliance import actions, store
from sla.compliance.settings import StatementSettings
from sla.measurements.store import late_arrivals

AT_ONCE = 200
LATE = "Measurements of this period arrived after it was closed."

log = structlog.get_logger(__name__)


def duty(settings: StatementSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            due = await due_for_review(work, work.now - settings.grace)
        for agreement_id in due:
            await _alone(runtime, actions.close_oldest, agreement_id)
        await restate_late(runtime)

    return Duty("close-periods", settings.every, run)


async def restate_late(runtime: Runtime) -> None:
    """Restate what late hours are evidence of, and take them off the list."""
    async with runtime.begin() as work:
        await store.hold_closing(work, alone=True)  # a period being closed may have missed what is on the list
        late = await late_arrivals(work.session, AT_ONCE)
        for hour in late:
            for statement_id in await store.drawn_from(work, hour.indicator_id, hour.hour):
                await _correct(work, statement_id)
            await work.session.delete(hour)


async def _correct(work: Work, statement_id: UUID) -> None:
    try:
        await actions.correct(work, statement_id, LATE)
    except RuleBroken as rule:
        log.info("late_without_restatement", statement=str(statement_id), reason=str(rule))


async def _alone(runtime: Runtime, action: Callable[[Work, UUID], Awaitable[object]], agreement_id: UUID) -> None:
    """In a unit of its own, so that one agreement that cannot be reviewed does not keep the others from it."""
    try:
        async with runtime.begin() as work:
            await action(work, agreement_id)
    except RuleBroken as rule:
        log.warning("period_not_closed", agreement=str(agreement_id), reason=str(rule))
