"""Opening issues for concerns, and ending concerns."""

from common.unit_of_work import UnitOfWork
from sla.agreements.store import get_timezone
from sla.issues import store
from sla.issues.actions import add_issue, dismiss_if_unfounded, save_issue
from sla.issues.children import IssueConcern, IssueEntryKind
from sla.issues.model import Issue, build_cause_key
from sla.issues.origins import Concern


async def open_issue_for_concern(work: UnitOfWork, concern: Concern) -> Issue | None:
    """Add the concern to the open issue of its service, or to a new one; return None if it is open already."""
    await store.lock_customer_issues(work, concern.customer_id)
    if await store.list_open_concerns(work, concern.kind, about=concern.about, agreement_id=concern.agreement_id):
        return None
    cause_key = build_cause_key(concern.service_id)
    issue = await store.lock_oldest_unsolved_issue(work, customer_id=concern.customer_id, cause_key=cause_key)
    if issue is None:
        issue = Issue.from_origin(concern, await get_timezone(work, concern.agreement_id), work.now)
        return await add_issue(work, issue, IssueEntryKind.OPENED, concern.summary)
    issue.add_origin(concern, work.now)
    store.add_entry(work, issue, IssueEntryKind.ORIGIN_ADDED, concern.summary)
    return await save_issue(work, issue)


async def end_concern(work: UnitOfWork, concern: IssueConcern, successor: Concern | None = None) -> None:
    """End a concern, of which a successor may be left; close its issue as unfounded if nothing is left of that."""
    await store.lock_issues_beside(work, concern.issue_id)
    issue = await store.get_issue(work, concern.issue_id, lock=True)
    concern.ended_at = work.now
    store.add_entry(work, issue, IssueEntryKind.CONCERN_ENDED, f"{concern.name}: no {concern.kind} any more.")
    if successor is not None:
        issue.add_origin(successor, work.now)
        store.add_entry(work, issue, IssueEntryKind.ORIGIN_ADDED, successor.summary)
    await dismiss_if_unfounded(work, issue)
