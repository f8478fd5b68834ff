"""Opening issues for concerns, and ending concerns."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements.store import AgreementInForce, get_timezone
from sla.issues import store
from sla.issues.actions import add_issue, dismiss_if_unfounded, save_issue
from sla.issues.children import IssueConcern, IssueEntryKind
from sla.issues.model import Issue
from sla.issues.origins import Concern, ConcernKind
from sla.issues.store import add_entry


async def open_issue_for_concern(work: UnitOfWork, concern: Concern) -> Issue | None:
    """Add the concern to the open issue of its service, or to a new one; return None if it is open already."""
    await store.lock_customer_issues(work, concern.customer_id)
    if await store.list_open_concerns(work, concern.kind, concern.about, concern.agreement_id):
        return None
    issue = await store.lock_unsolved_issue_of_service(work, concern)
    if issue is None:
        issue = Issue.from_origin(concern, await get_timezone(work, concern.agreement_id), work.now)
        return await add_issue(work, issue, IssueEntryKind.OPENED, concern.summary)
    issue.add_origin(concern, work.now)
    add_entry(work, issue, IssueEntryKind.ORIGIN_ADDED, concern.summary)
    return await save_issue(work, issue)


async def end_concern(work: UnitOfWork, concern: IssueConcern) -> None:
    """End a concern, and close its issue as unfounded if nothing else is left of it."""
    issue = await store.get_issue(work, concern.issue_id, lock=True)
    concern.ended_at = work.now
    add_entry(work, issue, IssueEntryKind.CONCERN_ENDED, f"{concern.name}: no {concern.kind} any more.")
    await dismiss_if_unfounded(work, issue)


def build_concern(
    agreement: AgreementInForce,
    kind: ConcernKind,
    about: UUID,
    name: str,
    objective_ids: Collection[UUID],
    *,
    urgency: int,
    because: str,
) -> Concern:
    """Build a concern about objectives of an agreement."""
    objectives = agreement.terms.objectives
    weights = [objective.weight for objective in objectives if objective.id in objective_ids]
    share = 100 * sum(weights, Decimal(0)) / sum((objective.weight for objective in objectives), Decimal(0))
    return Concern(
        kind=kind,
        agreement_id=agreement.agreement_id,
        customer_id=agreement.customer_id,
        service_id=agreement.service_id,
        service_name=agreement.service_name,
        about=about,
        name=name,
        weight_share=round(share, 2),
        urgency=urgency,
        because=because,
    )
