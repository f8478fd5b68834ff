"""What is known of the terms on the table: their back-tests, and whether supporting agreements can hold them."""

from collections.abc import Sequence
from typing import NamedTuple

from common.unit_of_work import UnitOfWork
from sla.agreements.model import AgreementVersion
from sla.agreements.states import NegotiationStage, Side
from sla.agreements.store import acting_party
from sla.backtests.model import Backtest
from sla.backtests.store import list_newest_backtests
from sla.chains.actions import check_version_feasibility
from sla.chains.feasibility_reasons import Feasibility, FeasibilityResult


class TermsChecks(NamedTuple):
    backtests: Sequence[Backtest]
    """The newest back-test of each wording of the terms, the last one first."""
    feasibility: FeasibilityResult | None
    """Null when the agreement names no supporting agreements, and when its negotiation is over."""


async def load_terms_checks(work: UnitOfWork, version: AgreementVersion) -> TermsChecks:
    """Load what supports the terms; customers are not shown the supporting agreements."""
    shows_chain = version.stage.is_open and not work.principal.is_bound
    feasibility = await check_version_feasibility(work, version) if shows_chain else None
    return TermsChecks(await list_newest_backtests(work, version), feasibility)


async def list_chain_shortfalls(work: UnitOfWork, version: AgreementVersion) -> list[str]:
    """List, in sentences, what the chain cannot hold, for a provider about to sign; others get an empty list."""
    if version.stage is not NegotiationStage.ACCEPTED or acting_party(work).side is not Side.PROVIDER:
        return []
    result = await check_version_feasibility(work, version)
    reasons = result.reasons if result else []
    return [reason.sentence for reason in reasons if reason.feasibility is Feasibility.INFEASIBLE]
