"""Closes review periods by itself when they are due, each agreement for itself."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from common.auth.principal import SYSTEM, Principal
from common.errors import RuleBroken
from common.problems import InternalError
from common.service import Duty, Runtime
from common.setbacks import Chore, Setback, resting
from sla.agreements.store import due_for_review
from sla.compliance import actions
from sla.compliance.restating import restate_late
from sla.compliance.settings import StatementSettings
from sla.measurements.settings import PushSettings

NAME = "close-periods"
AT_ONCE = 200
"""Agreements that are looked for at a time."""


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
        chore = _chore(runtime, SYSTEM, settings)
        await _close_due(runtime, chore, settings.grace, settings.side_by_side, await resting(runtime, NAME))

    return Duty(NAME, settings.every, run)


async def close_all(runtime: Runtime, principal: Principal) -> Closing:
    """All that is over, without waiting for the grace of the duty or for what failed before; in units of their own."""
    settings = StatementSettings()
    chore = _chore(runtime, principal, settings)
    closed, setbacks = await _close_due(runtime, chore, timedelta(0), settings.side_by_side)
    return Closing(closed, await restate_late(runtime), [_refused(one) for one in setbacks])


def _chore(runtime: Runtime, principal: Principal, settings: StatementSettings) -> Chore[int]:
    return Chore(runtime, NAME, actions.close_due, at_once=settings.at_once, principal=principal)


async def _close_due(
    runtime: Runtime, chore: Chore[int], grace: timedelta, side_by_side: int, besides: Collection[str] = ()
) -> tuple[int, list[Setback]]:
    """Until none is due but what cannot be closed. What was closed stays closed if this is cut off."""
    closed, setbacks, left_out = 0, list[Setback](), set(besides)
    while due := await _due(runtime, grace, left_out):
        done = await chore.all(due, side_by_side=side_by_side)
        closed += sum(done.results)
        setbacks += done.setbacks
        left_out |= {str(one.item) for one in done.setbacks}
    return closed, setbacks


async def _due(runtime: Runtime, grace: timedelta, left_out: Collection[str]) -> Sequence[UUID]:
    async with runtime.begin() as work:
        over = work.now - max(grace, PushSettings().late_after)
        due = await due_for_review(work, over, AT_ONCE + len(left_out))
        await actions.folded(work)
    return [agreement_id for agreement_id in due if str(agreement_id) not in left_out]


def _refused(one: Setback) -> Refused:
    """Of a bug the log says more than a person should read."""
    rule = one.error if isinstance(one.error, RuleBroken) else InternalError("The period could not be closed.")
    return Refused(one.item, rule.slug, rule.message)
