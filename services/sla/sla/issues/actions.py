"""Opening issues for breaches, clearing breaches, and planning, resolving and closing issues."""

from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.sla import IssueCleared, IssueOpened, IssueReopened, IssueResolved
from sla.agreements.store import get_timezone
from sla.issues import store
from sla.issues.children import CustomerImportance, IssueEntry, IssueEntryKind
from sla.issues.matching import BreachRelation, lock_nearest_issue
from sla.issues.model import Issue
from sla.issues.settings import IssueSettings
from sla.issues.states import IssueState
from sla.issues.store import add_entry
from sla.issues.triage import Breach
from sla.issues.views import IssuePlan


async def open_issue_for_breach(work: UnitOfWork, breach: Breach) -> Issue:
    """Add the breach to the issue of its cause and time, reopen one that recurs, or open a new one."""
    await store.lock_customer_issues(work, breach.customer_id)
    importance = await store.get_importance(work, breach.customer_id)
    match, suspected = await lock_nearest_issue(work, breach, work.settings(IssueSettings).recurs_within)
    if match is None:
        return await _open(work, breach, importance, suspected)
    if match.relation is BreachRelation.SAME_BREACH:
        return await _restate(work, match.issue, breach, importance)
    if match.relation is BreachRelation.RECURRENCE and match.issue.state is IssueState.CLOSED:
        return await _open(work, breach, importance, suspected, earlier=match.issue)
    match.issue.add_breach(breach, importance)
    if match.relation is BreachRelation.RECURRENCE:
        return await _reopen(work, match.issue, f"It has come back: {_sentence(breach)}")
    add_entry(work, match.issue, IssueEntryKind.BREACH_ADDED, _sentence(breach))
    return await save_issue(work, match.issue)


async def clear_breach(work: UnitOfWork, agreement_id: UUID, objective_id: UUID, period_from: datetime) -> Issue | None:
    """Clear a breach that a restatement took back, and close its issue as unfounded if nothing else is left."""
    issue = await store.lock_issue_of_breach(work, agreement_id, objective_id, period_from)
    if issue is None:
        return None
    for breach in issue.breaches:
        key = (breach.agreement_id, breach.objective_id, breach.period_from)
        if key == (agreement_id, objective_id, period_from) and breach.cleared_at is None:
            breach.cleared_at = work.now
            add_entry(
                work, issue, IssueEntryKind.BREACH_CLEARED, f"{breach.objective_name} was met after all, as restated."
            )
    issue.triage(await store.get_importance(work, issue.customer_id))
    return await dismiss_if_unfounded(work, issue)


async def dismiss_if_unfounded(work: UnitOfWork, issue: Issue) -> Issue:
    """Save the issue, closed as unfounded if it is unsolved and nothing of it is left."""
    if issue.is_unsolved and not issue.is_founded:
        issue.dismiss(work.now)
        add_entry(work, issue, IssueEntryKind.CLOSED, "Nothing of it is left: unfounded.")
        work.emit(IssueCleared.from_entity(issue, cleared_at=work.now))
    return await save_issue(work, issue)


async def plan(work: UnitOfWork, issue_id: UUID, match: int, change: IssuePlan) -> Issue:
    """Change the owner, plan or due date that is given; a new owner takes the issue up."""
    issue = await store.get_issue(work, issue_id, match=match)
    issue.check_unsolved()
    if change.owner is not None and change.owner != issue.owner:
        issue.assign(change.owner)
        add_entry(work, issue, IssueEntryKind.TAKEN_UP, f"Taken up by {change.owner}.")
    if change.plan is not None or change.due_on is not None:
        plan = issue.plan if change.plan is None else change.plan
        issue.plan_remediation(plan, change.due_on or issue.due_on, work.now)
    return await save_issue(work, issue)


async def resolve(work: UnitOfWork, issue_id: UUID, resolution: str) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.resolve(resolution, work.now)
    add_entry(work, issue, IssueEntryKind.RESOLVED, resolution)
    work.emit(IssueResolved.from_entity(issue))
    return await save_issue(work, issue)


async def close(work: UnitOfWork, issue_id: UUID) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.close(work.now)
    add_entry(work, issue, IssueEntryKind.CLOSED, "Closed.")
    return await save_issue(work, issue)


async def add_comment(work: UnitOfWork, issue_id: UUID, text: str, *, for_customer: bool) -> IssueEntry:
    """Add a comment to the activity log; a customer can always read its own."""
    issue = await store.get_issue(work, issue_id)
    by_customer = work.principal.customer_id is not None
    entry = add_entry(work, issue, IssueEntryKind.COMMENT, text, for_customer=for_customer or by_customer)
    await work.flush()
    return entry


async def save_issue(work: UnitOfWork, issue: Issue) -> Issue:
    """Record the change, reschedule the escalation, and flush."""
    issue.mark_changed(work.settings(IssueSettings), work.now)
    await work.flush()
    return issue


async def _restate(work: UnitOfWork, issue: Issue, breach: Breach, importance: int) -> Issue:
    issue.add_breach(breach, importance)
    if issue.state is IssueState.UNFOUNDED:
        return await _reopen(work, issue, f"Missed after all: {_sentence(breach)}", recurrence=False)
    return await save_issue(work, issue)


async def _reopen(work: UnitOfWork, issue: Issue, reason: str, *, recurrence: bool = True) -> Issue:
    issue.reopen(work.now)
    issue.recurrences += recurrence
    add_entry(work, issue, IssueEntryKind.REOPENED, reason)
    work.emit(IssueReopened.from_entity(issue, reason=reason, reopened_at=work.now))
    return await save_issue(work, issue)


async def _open(
    work: UnitOfWork, breach: Breach, importance: int, cause_id: UUID | None, *, earlier: Issue | None = None
) -> Issue:
    issue = Issue.from_origin(breach, await get_timezone(work, breach.agreement_id), work.now, importance)
    issue.cause_id = cause_id
    if earlier is not None:
        issue.recurrence_of, issue.recurrences = earlier.id, earlier.recurrences + 1
    work.add(issue)
    await save_issue(work, issue)
    add_entry(work, issue, IssueEntryKind.OPENED, _sentence(breach))
    work.emit(IssueOpened.from_entity(issue, period_from=breach.period_from, period_to=breach.period_to))
    return issue


def _sentence(breach: Breach) -> str:
    window = f"{breach.period_from:%Y-%m-%d %H:%M} to {breach.period_to:%Y-%m-%d %H:%M} UTC"
    attained, target = f"{breach.attained:f} %", f"{breach.target:f} %"
    return f"{breach.objective_name} attained {attained} of {target} promised, {window}."


async def set_importance(work: UnitOfWork, customer_id: UUID, importance: int, reason: str) -> CustomerImportance:
    """Set the importance of a customer, and triage its unsolved issues again."""
    await store.lock_customer_issues(work, customer_id)
    existing = await work.session.get(CustomerImportance, customer_id)
    customer = existing or CustomerImportance(customer_id=customer_id)
    customer.importance, customer.reason, customer.changed_at = importance, reason, work.now
    work.add(customer)
    for issue in await store.lock_unsolved_issues(work, customer_id):
        issue.triage(importance)
        await save_issue(work, issue)
    await work.flush()
    return customer
