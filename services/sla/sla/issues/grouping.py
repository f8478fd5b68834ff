"""Putting issues together and taking them apart, where people know better than time and service what belongs where."""

from collections.abc import Collection
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import IssueMerged
from sla.agreements.store import get_timezone
from sla.causes.model import Cause
from sla.issues import store
from sla.issues.actions import build_issue_opened, save_issue
from sla.issues.activity_log import add_entry
from sla.issues.children import IssueEntryKind
from sla.issues.model import Issue
from sla.issues.states import (
    BreachNotInIssue,
    IssueOfAnotherCustomer,
    IssueState,
    MergeIntoSameIssue,
    SplitLeavesIssueEmpty,
)


async def merge(work: UnitOfWork, issue_id: UUID, into_id: UUID, reason: str) -> Issue:
    """Move all of it into another issue of the same customer; merging it there again changes nothing."""
    if issue_id == into_id:
        raise MergeIntoSameIssue("This is the same issue.", field="into")
    await store.lock_customer_issues(work, (await store.get_issue(work, issue_id)).customer_id)
    found = {key: await store.get_issue(work, key, lock=True) for key in sorted((issue_id, into_id))}
    issue, into = found[issue_id], found[into_id]
    if issue.state is IssueState.MERGED and issue.merged_into == into_id:
        return into
    return await _merged(work, issue, into, reason)


async def split(
    work: UnitOfWork, issue_id: UUID, breach_ids: Collection[UUID], title: str | None, reason: str
) -> Issue:
    """A new issue with some of the breaches."""
    await store.lock_customer_issues(work, (await store.get_issue(work, issue_id)).customer_id)
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.check_unsolved()
    moved = [breach for breach in issue.breaches if breach.id in breach_ids]
    if len(moved) < len(set(breach_ids)):
        raise BreachNotInIssue("Not all of these breaches are in this issue.", field="breaches")
    if all(breach.cleared_at for breach in moved):
        raise SplitLeavesIssueEmpty("Restatements have cleared all of these.", field="breaches")
    zone = await get_timezone(work, moved[0].agreement_id)
    off = Issue.from_split(issue, moved, title or issue.title, zone, work.now)
    if not issue.is_founded:
        raise SplitLeavesIssueEmpty("Nothing would be left in this issue.", field="breaches")
    return await _apart(work, issue, off, reason)


async def assign_cause(work: UnitOfWork, issue_id: UUID, match: int, cause_id: UUID | None) -> Issue:
    """Say what caused it. Answers the customer's issue of this cause: an older one takes this one up."""
    await store.lock_customer_issues(work, (await store.get_issue(work, issue_id)).customer_id)
    issue = await store.get_issue(work, issue_id, match=match)
    issue.check_unsolved()
    if cause_id is None:
        issue.cause_id = None
        add_entry(work, issue, IssueEntryKind.CAUSE_SET, "Of no known cause.", for_customer=False)
        return await save_issue(work, issue)
    cause = await work.get(Cause, cause_id)
    cause.check_not_eliminated()
    older = await store.lock_unsolved_issue_of_cause(work, issue.customer_id, cause_id)
    issue.cause_id = cause_id
    add_entry(work, issue, IssueEntryKind.CAUSE_SET, f"Caused by: {cause.name}.", for_customer=False)
    if older is not None and older.id != issue.id:
        return await _merged(work, issue, older, f"Both have the cause {cause.name}.")
    return await save_issue(work, issue)


async def _merged(work: UnitOfWork, issue: Issue, into: Issue, reason: str) -> Issue:
    issue.check_unsolved()
    into.check_unsolved()
    if issue.customer_id != into.customer_id:
        raise IssueOfAnotherCustomer("Give both the same cause instead.", field="into")
    issue.merge_into(into, work.now)
    await _weighed(work, into)
    add_entry(work, issue, IssueEntryKind.MERGED, f"Merged into {into.id}: {reason}")
    add_entry(work, into, IssueEntryKind.MERGED, f"Took up {issue.id}, {issue.title}: {reason}")
    work.emit(
        IssueMerged(
            issue_id=issue.id,
            into_issue_id=into.id,
            customer_id=issue.customer_id,
            reason=reason,
            merged_at=work.now,
        )
    )
    await save_issue(work, issue)
    return await save_issue(work, into)


async def _apart(work: UnitOfWork, issue: Issue, off: Issue, reason: str) -> Issue:
    await _weighed(work, off)
    await _weighed(work, issue)
    work.add(off)
    await save_issue(work, off)
    await save_issue(work, issue)
    add_entry(work, off, IssueEntryKind.SPLIT, f"Split off from {issue.id}: {reason}")
    add_entry(work, issue, IssueEntryKind.SPLIT, f"{off.id} was split off: {reason}")
    first = off.breaches[0]
    work.emit(build_issue_opened(off, first.period_from, first.period_to))
    await work.flush()
    return off


async def _weighed(work: UnitOfWork, issue: Issue) -> None:
    issue.triage(await store.get_importance(work, issue.customer_id))
