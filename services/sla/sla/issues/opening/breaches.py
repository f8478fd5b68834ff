"""Opening and reopening issues for breaches that statements show, and clearing breaches that restatements take back."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import IssueReopened
from sla.agreements.store import get_timezone
from sla.issues import store
from sla.issues.actions import add_issue, dismiss_if_unfounded, save_issue
from sla.issues.children import IssueEntryKind
from sla.issues.model import Issue
from sla.issues.opening.matching import BreachRelation, IssueMatch, lock_nearest_issue
from sla.issues.origins import Breach, BreachKey
from sla.issues.states import IssueState


async def open_issue_for_breach(work: UnitOfWork, breach: Breach) -> Issue:
    """Add the breach to the issue of its cause and time, reopen one that recurs, or open a new one."""
    await store.lock_customer_issues(work, breach.customer_id)
    match = await lock_nearest_issue(work, breach)
    issue, is_recurrence = match.issue, match.relation is BreachRelation.RECURRENCE
    if issue is None or (is_recurrence and issue.state is IssueState.CLOSED):
        return await _open(work, breach, match)
    issue.add_origin(breach, work.now)
    if is_recurrence:
        issue.recurrences += 1
        return await _reopen(work, issue, f"It has come back: {breach.summary}")
    if issue.state is IssueState.UNFOUNDED:
        return await _reopen(work, issue, f"Missed after all: {breach.summary}")
    if match.relation is not BreachRelation.SAME_BREACH:
        store.add_entry(work, issue, IssueEntryKind.ORIGIN_ADDED, breach.summary)
    return await save_issue(work, issue)


async def clear_breach(work: UnitOfWork, customer_id: UUID, key: BreachKey) -> Issue | None:
    """Clear a breach that a restatement took back, and close its issue as unfounded if nothing else is left."""
    await store.lock_customer_issues(work, customer_id)
    issue = await store.lock_issue_of_breach(work, key)
    breach = issue.find_breach(key) if issue else None
    if issue is None or breach is None or breach.cleared_at is not None:
        return issue
    breach.cleared_at = work.now
    text = f"{breach.objective_name} was met after all, as restated."
    store.add_entry(work, issue, IssueEntryKind.BREACH_CLEARED, text)
    return await dismiss_if_unfounded(work, issue)


async def _open(work: UnitOfWork, breach: Breach, match: IssueMatch) -> Issue:
    issue = Issue.from_origin(breach, await get_timezone(work, breach.agreement_id), work.now)
    issue.cause_id = match.suspected_cause_id
    if match.issue is not None:
        issue.recurrence_of, issue.recurrences = match.issue.id, match.issue.recurrences + 1
    return await add_issue(work, issue, IssueEntryKind.OPENED, breach.summary)


async def _reopen(work: UnitOfWork, issue: Issue, reason: str) -> Issue:
    issue.reopen(work.now)
    store.add_entry(work, issue, IssueEntryKind.REOPENED, reason)
    work.emit(IssueReopened.from_entity(issue, reason=reason, reopened_at=work.now))
    return await save_issue(work, issue)
