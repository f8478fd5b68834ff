"""What terms on the table stand on: their back-tests, and whether those who carry the agreement can hold them."""

from collections.abc import Sequence
from typing import NamedTuple

from common.auth import Role
from common.work import Work
from sla.agreements.model import AgreementVersion
from sla.agreements.states import Side, Stage
from sla.agreements.store import party
from sla.backtests import store as backtests
from sla.backtests.model import Backtest
from sla.chains.actions import check_version
from sla.chains.feasibility import Answer
from sla.chains.reasons import Feasibility


class Evidence(NamedTuple):
    tried: Sequence[Backtest]
    """The newest back-test of each wording of the terms, the last one first."""
    chain: Answer | None
    """Null where nothing is named that carries the agreement, and where nothing is to be decided any more."""


async def evidence(work: Work, version: AgreementVersion) -> Evidence:
    """Customers are not shown who carries their agreement."""
    tried = await backtests.newest_of(work, version)
    shown = version.stage.open and not work.principal.has(Role.customer)
    return Evidence(tried, await check_version(work, version) if shown else None)


async def shortfalls(work: Work, version: AgreementVersion) -> list[str]:
    """What the chain cannot hold however lucky it is, in sentences: asked of whom it concerns, before they sign."""
    if version.stage is not Stage.ACCEPTED or party(work).side is not Side.PROVIDER:
        return []
    answer = await check_version(work, version)
    reasons = answer.reasons if answer else []
    return [one.sentence for one in reasons if one.feasibility is Feasibility.INFEASIBLE]
