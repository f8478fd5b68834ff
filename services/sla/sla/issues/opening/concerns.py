"""Opening issues for concerns, and ending concerns: many of one issue cost little more than one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements.store import get_timezone
from sla.issues import store
from sla.issues.actions import add_issue, dismiss_if_unfounded, save_issue
from sla.issues.children import IssueConcern, IssueEntryKind
from sla.issues.model import Issue, build_cause_key
from sla.issues.origins import Concern


async def open_issue_for_concern(work: UnitOfWork, concern: Concern) -> Issue | None:
    """Add the concern to the open issue of its service, or to a new one; return None if it is open already."""
    issues = await open_issues_for_concerns(work, concern.customer_id, [concern])
    return issues[0] if issues else None


async def open_issues_for_concerns(work: UnitOfWork, customer_id: UUID, concerns: Collection[Concern]) -> list[Issue]:
    """Add concerns of a customer to the open issues of their services, or to new ones, unless they are open already.

    Of those about the same thing and agreement, the first is added. Return the issues that changed.
    """
    await store.lock_customer_issues(work, customer_id)
    agreement_ids, about_ids = ({getattr(concern, name) for concern in concerns} for name in ("agreement_id", "about"))
    open_concerns = await store.list_open_concerns_about(work, agreement_ids, about_ids)
    open_keys = {(concern.kind, concern.about, concern.agreement_id) for concern in open_concerns}
    new_by_service = defaultdict[UUID, list[Concern]](list)
    for concern in concerns:
        key = concern.kind, concern.about, concern.agreement_id
        if key not in open_keys:
            open_keys.add(key)
            new_by_service[concern.service_id].append(concern)
    return [await _add_to_issue(work, new_concerns) for new_concerns in new_by_service.values()]


async def _add_to_issue(work: UnitOfWork, concerns: Sequence[Concern]) -> Issue:
    """Add concerns of one customer and service to their oldest unsolved issue, or to a new one."""
    first, rest = concerns[0], concerns
    cause_key = build_cause_key(first.service_id)
    issue = await store.lock_oldest_unsolved_issue(work, customer_id=first.customer_id, cause_key=cause_key)
    if issue is None:
        issue = Issue.from_origin(first, await get_timezone(work, first.agreement_id), work.now)
        await add_issue(work, issue, IssueEntryKind.OPENED, first.summary)
        rest = concerns[1:]
    for concern in rest:
        issue.add_origin(concern, work.now)
        store.add_entry(work, issue, IssueEntryKind.ORIGIN_ADDED, concern.summary)
    return await save_issue(work, issue) if rest else issue


async def end_concern(work: UnitOfWork, concern: IssueConcern) -> None:
    """End a concern; close its issue as unfounded if nothing is left of that."""
    await end_concerns(work, [(concern, None)])


async def end_concerns(work: UnitOfWork, successors: Iterable[tuple[IssueConcern, Concern | None]]) -> None:
    """End concerns, of each of which a successor may be left; close issues as unfounded if nothing is left of them."""
    by_issue = defaultdict[UUID, list[tuple[IssueConcern, Concern | None]]](list)
    for concern, successor in successors:
        by_issue[concern.issue_id].append((concern, successor))
    for issue_id, ended_concerns in sorted(by_issue.items()):
        await store.lock_issues_beside(work, issue_id)
        issue = await store.get_issue(work, issue_id, lock=True)
        for concern, successor in ended_concerns:
            concern.ended_at = work.now
            store.add_entry(work, issue, IssueEntryKind.CONCERN_ENDED, f"{concern.name}: no {concern.kind} any more.")
            if successor is not None:
                issue.add_origin(successor, work.now)
                store.add_entry(work, issue, IssueEntryKind.ORIGIN_ADDED, successor.summary)
        await dismiss_if_unfounded(work, issue)
