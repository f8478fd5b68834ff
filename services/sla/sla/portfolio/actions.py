"""Adding to agreements what other rooms know of them, for all agreements of a page at once."""

from collections.abc import Collection, Sequence

from common.http.conventions.open_actions import list_open_actions
from common.unit_of_work import UnitOfWork
from sla.compliance.forecast.actions import summarize_compliance
from sla.issues.store import count_open_issues
from sla.issues.views import OpenIssueCounts
from sla.portfolio.positions import AGREEMENT_ACTIONS, load_positions
from sla.portfolio.views import AgreementPage, AgreementPart, ListedAgreement


async def add_parts(
    work: UnitOfWork, agreements: Sequence[ListedAgreement | AgreementPage], parts: Collection[AgreementPart]
) -> None:
    agreement_ids = [agreement.id for agreement in agreements]
    if AgreementPart.COMPLIANCE in parts:
        summaries = await summarize_compliance(work, agreement_ids)
        for agreement in agreements:
            agreement.compliance = summaries[agreement.id]
    if AgreementPart.ACTIONS in parts:
        positions = await load_positions(work, agreement_ids)
        for agreement in agreements:
            agreement.actions = list_open_actions(work, AGREEMENT_ACTIONS, positions[agreement.id])
    if AgreementPart.ISSUES in parts:
        counts = await count_open_issues(work, agreement_ids)
        for agreement in agreements:
            agreement.open_issues = OpenIssueCounts.from_counts(counts[agreement.id])
