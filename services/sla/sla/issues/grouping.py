"""Merging issues, splitting them, and assigning causes, where people know better what belongs together."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import IssueMerged
from sla.agreements.store import get_timezone
from sla.causes.model import Cause
from sla.issues import store
from sla.issues.actions import add_issue, save_issue
from sla.issues.children import IssueEntryKind
from sla.issues.errors import BreachNotInIssue, IssueOfAnotherCustomer, MergeIntoSameIssue, SplitLeavesIssueEmpty
from sla.issues.model import Issue
from sla.issues.states import IssueState
from sla.issues.views import IssueSplit


async def merge(work: UnitOfWork, issue_id: UUID, into_id: UUID, reason: str) -> Issue:
    """Merge the issue into another one of the same customer; merging it there again changes nothing."""
    if issue_id == into_id:
        raise MergeIntoSameIssue("Name another issue to merge into.", field="into")
    await store.lock_issues_beside(work, issue_id)
    issues = {key: await store.get_issue(work, key, lock=True) for key in sorted((issue_id, into_id))}
    issue, into = issues[issue_id], issues[into_id]
    if issue.state is IssueState.MERGED and issue.merged_into == into_id:
        return into
    return await _merge(work, issue, into, reason)


async def split(work: UnitOfWork, issue_id: UUID, split: IssueSplit) -> Issue:
    """Split breaches off into a new issue, and return that."""
    await store.lock_issues_beside(work, issue_id)
    issue = await store.lock_unsolved_issue(work, issue_id)
    breaches = [breach for breach in issue.breaches if breach.id in split.breaches]
    if len(breaches) < len(set(split.breaches)):
        raise BreachNotInIssue("Some of these breaches are not in this issue.", field="breaches")
    if all(breach.cleared_at for breach in breaches):
        raise SplitLeavesIssueEmpty("Split off at least one breach that is not cleared.", field="breaches")
    zone = await get_timezone(work, breaches[0].agreement_id)
    new_issue = Issue.from_split(issue, breaches, split.title or issue.title, zone, work.now)
    if not issue.is_founded:
        raise SplitLeavesIssueEmpty("Leave at least one breach or concern in this issue.", field="breaches")
    await add_issue(work, new_issue, IssueEntryKind.SPLIT, f"Split off from {issue.id}: {split.reason}")
    store.add_entry(work, issue, IssueEntryKind.SPLIT, f"{new_issue.id} was split off: {split.reason}")
    await save_issue(work, issue)
    return new_issue


async def assign_cause(work: UnitOfWork, issue_id: UUID, match: int, cause_id: UUID | None) -> Issue:
    """Set the cause of the issue, or merge it into the customer's older issue of that cause; return the issue left."""
    await store.lock_issues_beside(work, issue_id)
    issue = await store.lock_unsolved_issue(work, issue_id, match=match)
    if cause_id is None:
        issue.cause_id = None
        store.add_entry(work, issue, IssueEntryKind.CAUSE_SET, "No known cause.", for_customer=False)
        return await save_issue(work, issue)
    cause = await work.get(Cause, cause_id)
    cause.check_not_eliminated()
    older = await store.lock_oldest_unsolved_issue(work, customer_id=issue.customer_id, cause_id=cause_id)
    issue.cause_id = cause_id
    store.add_entry(work, issue, IssueEntryKind.CAUSE_SET, f"Caused by: {cause.name}.", for_customer=False)
    if older is not None and older.id != issue.id:
        return await _merge(work, issue, older, f"Both have the cause {cause.name}.")
    return await save_issue(work, issue)


async def _merge(work: UnitOfWork, issue: Issue, into: Issue, reason: str) -> Issue:
    issue.check_unsolved()
    into.check_unsolved()
    if issue.customer_id != into.customer_id:
        raise IssueOfAnotherCustomer("Give the issues of both customers the same cause instead.", field="into")
    issue.merge_into(into, work.now)
    store.add_entry(work, issue, IssueEntryKind.MERGED, f"Merged into {into.id}: {reason}")
    store.add_entry(work, into, IssueEntryKind.MERGED, f"{issue.id}, {issue.title}, was merged into this: {reason}")
    work.emit(IssueMerged.from_entity(issue, into_issue_id=into.id, reason=reason, merged_at=work.now))
    await save_issue(work, issue)
    return await save_issue(work, into)
