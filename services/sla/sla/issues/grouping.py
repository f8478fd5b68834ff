"""Putting issues together and taking them apart, where people know better than time and service what belongs where."""

from collections.abc import Collection
from uuid import UUID

from common.work import Work
from published.sla import IssueMerged
from sla.agreements.store import timezone
from sla.causes.model import Cause
from sla.issues import store
from sla.issues.actions import opened, settled
from sla.issues.model import Issue
from sla.issues.parts import EntryKind
from sla.issues.record import write
from sla.issues.states import BreachNotOfIssue, IssueIsTheSame, IssueOfAnotherCustomer, IssueState, NothingLeftBehind


async def merge(work: Work, issue_id: UUID, into_id: UUID, reason: str) -> Issue:
    """Move all of it into another issue of the same customer; merging it there again changes nothing."""
    if issue_id == into_id:
        raise IssueIsTheSame("This is the same issue.", field="into")
    await store.hold_customer(work, (await store.issue(work, issue_id)).customer_id)
    found = {key: await store.issue(work, key, lock=True) for key in sorted((issue_id, into_id))}
    issue, into = found[issue_id], found[into_id]
    if issue.state is IssueState.MERGED and issue.merged_into == into_id:
        return into
    return await _merged(work, issue, into, reason)


async def split(work: Work, issue_id: UUID, breach_ids: Collection[UUID], title: str | None, reason: str) -> Issue:
    """A new issue with some of the breaches."""
    await store.hold_customer(work, (await store.issue(work, issue_id)).customer_id)
    issue = await store.issue(work, issue_id, lock=True)
    issue.check_unsolved()
    moved = [breach for breach in issue.breaches if breach.id in breach_ids]
    if len(moved) < len(set(breach_ids)):
        raise BreachNotOfIssue("Not all of these breaches are in this issue.", field="breaches")
    if all(breach.cleared_at for breach in moved):
        raise NothingLeftBehind("Restatements have cleared all of these.", field="breaches")
    zone = await timezone(work, moved[0].agreement_id)
    off = Issue.split_off(issue, moved, title or issue.title, zone, work.now)
    if not issue.standing:
        raise NothingLeftBehind("Nothing would be left in this issue.", field="breaches")
    return await _apart(work, issue, off, reason)


async def attribute(work: Work, issue_id: UUID, match: int, cause_id: UUID | None) -> Issue:
    """Say what caused it. Answers the customer's issue of this cause: an older one takes this one up."""
    await store.hold_customer(work, (await store.issue(work, issue_id)).customer_id)
    issue = await store.issue(work, issue_id, match=match)
    issue.check_unsolved()
    if cause_id is None:
        issue.cause_id = None
        write(work, issue, EntryKind.CAUSE_SET, "Of no known cause.", for_customer=False)
        return await settled(work, issue)
    cause = await work.get(Cause, cause_id)
    cause.check_acting()
    older = await store.of_cause(work, issue.customer_id, cause_id)
    issue.cause_id = cause_id
    write(work, issue, EntryKind.CAUSE_SET, f"Caused by: {cause.name}.", for_customer=False)
    if older is not None and older.id != issue.id:
        return await _merged(work, issue, older, f"Both have the cause {cause.name}.")
    return await settled(work, issue)


async def _merged(work: Work, issue: Issue, into: Issue, reason: str) -> Issue:
    issue.check_unsolved()
    into.check_unsolved()
    if issue.customer_id != into.customer_id:
        raise IssueOfAnotherCustomer("Give both the same cause instead.", field="into")
    issue.merge_into(into, work.now)
    await _weighed(work, into)
    write(work, issue, EntryKind.MERGED, f"Merged into {into.id}: {reason}")
    write(work, into, EntryKind.MERGED, f"Took up {issue.id}, {issue.title}: {reason}")
    work.emit(
        IssueMerged(
            issue_id=issue.id,
            into_issue_id=into.id,
            customer_id=issue.customer_id,
            reason=reason,
            merged_at=work.now,
        )
    )
    await settled(work, issue)
    return await settled(work, into)


async def _apart(work: Work, issue: Issue, off: Issue, reason: str) -> Issue:
    await _weighed(work, off)
    await _weighed(work, issue)
    work.add(off)
    await settled(work, off)
    await settled(work, issue)
    write(work, off, EntryKind.SPLIT, f"Split off from {issue.id}: {reason}")
    write(work, issue, EntryKind.SPLIT, f"{off.id} was split off: {reason}")
    first = off.breaches[0]
    work.emit(opened(off, first.period_from, first.period_to))
    await work.flush()
    return off


async def _weighed(work: Work, issue: Issue) -> None:
    issue.triage(await store.importance(work, issue.customer_id))
