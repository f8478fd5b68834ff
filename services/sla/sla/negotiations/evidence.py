"""The evidence on terms on the table: their back-tests, and whether supporting agreements can hold them."""

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
    """Null when the agreement names no supporting agreements, and when its negotiation is over."""


async def load_negotiation_evidence(work: UnitOfWork, version: AgreementVersion) -> NegotiationEvidence:
    """Load what supports the terms; customers are not shown the supporting agreements."""
    newest_backtests = await backtests.list_newest_backtests(work, version)
    shows_chain = version.stage.is_open and not work.principal.has_role(Role.customer)
    feasibility = await check_version_feasibility(work, version) if shows_chain else None
    return NegotiationEvidence(newest_backtests, feasibility)


async def list_chain_shortfalls(work: UnitOfWork, version: AgreementVersion) -> list[str]:
    """List, in sentences, what the chain cannot hold, for a provider about to sign; others get an empty list."""
    if version.stage is not NegotiationStage.ACCEPTED or acting_party(work).side is not Side.PROVIDER:
        return []
    result = await check_version_feasibility(work, version)
    reasons = result.reasons if result else []
    return [reason.sentence for reason in reasons if reason.feasibility is Feasibility.INFEASIBLE]
