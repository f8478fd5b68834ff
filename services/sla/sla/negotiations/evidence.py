"""What terms on the table stand on: their back-tests, and whether those who carry the agreement can hold them."""

from collections.abc import Sequence
from typing import NamedTuple

from common.auth import Role
from common.unit_of_work import UnitOfWork
from sla.agreements.model import AgreementVersion
from sla.agreements.states import NegotiationStage, Side
from sla.agreements.store import acting_party
from sla.backtests import store as backtests
from sla.backtests.model import Backtest
from sla.chains.actions import check_version_feasibility
from sla.chains.feasibility import FeasibilityResult
from sla.chains.reasons import Feasibility


class NegotiationEvidence(NamedTuple):
    backtests: Sequence[Backtest]
    """The newest back-test of each wording of the terms, the last one first."""
    feasibility: FeasibilityResult | None
    """Null where nothing is named that carries the agreement, and where nothing is to be decided any more."""


async def load_negotiation_evidence(work: UnitOfWork, version: AgreementVersion) -> NegotiationEvidence:
    """Customers are not shown who carries their agreement."""
    tried = await backtests.list_newest_backtests(work, version)
    shown = version.stage.is_open and not work.principal.has_role(Role.customer)
    return NegotiationEvidence(tried, await check_version_feasibility(work, version) if shown else None)


async def list_chain_shortfalls(work: UnitOfWork, version: AgreementVersion) -> list[str]:
    """What the chain cannot hold however lucky it is, in sentences: asked of whom it concerns, before they sign."""
    if version.stage is not NegotiationStage.ACCEPTED or acting_party(work).side is not Side.PROVIDER:
        return []
    answer = await check_version_feasibility(work, version)
    reasons = answer.reasons if answer else []
    return [one.sentence for one in reasons if one.feasibility is Feasibility.INFEASIBLE]
