"""What happens to statements by itself: due periods are closed, and what is learnt later leads to restatements."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog

from common.auth.principal import SYSTEM, Principal
from common.errors import RuleBroken
from common.service import Duty, Runtime
from common.work import Work
from sla.agreements.store import due_for_review
from sla.compliance import actions, store
from sla.compliance.settings import StatementSettings
from sla.corrections.store import due as corrections_due
from sla.measurements.settings import PushSettings
from sla.measurements.store import late_arrivals

AT_ONCE = 200
LATE = "Measurements of this period arrived after it was closed."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    agreement_id: UUID
    rule: str
    message: str


@dataclass(slots=True)
class Closing:
    closed: int = 0
    restated: int = 0
    refused: list[Refused] = field(default_factory=list)


def duty(settings: StatementSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        await _close_due(runtime, SYSTEM, settings.grace, settings, Closing())
        await restate_late(runtime)

    return Duty("close-periods", settings.every, run)


async def close_all(runtime: Runtime, principal: Principal) -> Closing:
    """All that is over, without waiting for the grace of the duty; in units of their own."""
    found = Closing()
    await _close_due(runtime, principal, timedelta(0), StatementSettings(), found)
    found.restated = await restate_late(runtime)
    return found


async def _close_due(
    runtime: Runtime, principal: Principal, grace: timedelta, settings: StatementSettings, found: Closing
) -> None:
    """Until none is due but what is refused. What was closed stays closed if this is cut off."""
    while True:
        refused = {one.agreement_id for one in found.refused}
        async with runtime.begin(principal) as work:
            over = work.now - max(grace, PushSettings().late_after)
            due = await due_for_review(work, over, AT_ONCE + len(refused))
            await actions.folded(work)
        due = [agreement_id for agreement_id in due if agreement_id not in refused]
        if not due:
            return
        groups = iter([due[first : first + settings.at_once] for first in range(0, len(due), settings.at_once)])
        try:
            async with asyncio.TaskGroup() as lanes:
                for _ in range(settings.side_by_side):
                    lanes.create_task(_close_groups(runtime, principal, groups, found))
        except ExceptionGroup as problems:  # whoever runs the duty tells outages from bugs by their class
            raise problems.exceptions[0] from None


async def _close_groups(
    runtime: Runtime, principal: Principal, groups: Iterator[Sequence[UUID]], found: Closing
) -> None:
    for group in groups:
        await _close_group(runtime, principal, group, found)


async def _close_group(runtime: Runtime, principal: Principal, group: Sequence[UUID], found: Closing) -> None:
    """In one unit or, if one of them cannot be closed, each in its own, so that it does not keep the others up."""
    try:
        async with runtime.begin(principal) as work:
            closed = await actions.close_due(work, group)
        found.closed += closed
    except RuleBroken as rule:
        if len(group) > 1:
            for agreement_id in group:
                await _close_group(runtime, principal, [agreement_id], found)
            return
        log.warning("period_not_closed", agreement=str(group[0]), reason=str(rule))
        found.refused.append(Refused(group[0], rule.slug(), rule.message))


async def restate_late(runtime: Runtime) -> int:
    """Restate what depends on late hours and on corrections that were noted, and take them off their lists."""
    async with runtime.begin() as work:
        await store.hold_closing(work, alone=True)  # a period being closed may have missed what is on the lists
        reasons: dict[UUID, str] = {}
        for hour in (late := await late_arrivals(work.session, AT_ONCE)):
            reasons |= dict.fromkeys(await store.drawn_from(work, hour.indicator_id, hour.hour), LATE)
        for one in (corrections := await corrections_due(work, AT_ONCE)):
            statements = await store.depending_on(work, one.agreement_id, one.window_from, one.window_to)
            reasons |= dict.fromkeys(statements, one.reason)
        restated = [await _correct(work, statement_id, reason) for statement_id, reason in reasons.items()]
        for done in (*late, *corrections):
            await work.session.delete(done)
    return sum(restated)


async def _correct(work: Work, statement_id: UUID, reason: str) -> bool:
    try:
        await actions.correct(work, statement_id, reason)
    except RuleBroken as rule:
        log.info("late_without_restatement", statement=str(statement_id), reason=str(rule))
        return False
    return True
