"""Planning, resolving and closing issues, and the tasks of their plans."""

from datetime import date
from uuid import UUID

from pydantic import MISSING

from common.unit_of_work import UnitOfWork
from published.sla import IssueAnnotated, IssueCleared, IssueCommented, IssueOpened, IssuePrioritized, IssueResolved
from sla.issues import store
from sla.issues.children import IssueEntry, IssueEntryKind, IssueTask
from sla.issues.customer_importance import CustomerImportance, get_importance
from sla.issues.model import Issue
from sla.issues.settings import IssueSettings
from sla.issues.views import IssueChange, NewComment, NewImportance, NewTask, TaskChange


async def change_issue(work: UnitOfWork, issue_id: UUID, match: int, change: IssueChange) -> Issue:
    """Change the owner, the plan or its due date; a new owner takes the issue up."""
    issue = await store.lock_unsolved_issue(work, issue_id, match=match)
    if change.owner is not MISSING and change.owner != issue.owner:
        issue.assign(change.owner)
        store.add_entry(work, issue, IssueEntryKind.TAKEN_UP, f"Taken up by {change.owner}.")
    if isinstance(change.due_on, date) and change.due_on != issue.due_on:
        issue.check_due_on(change.due_on, work.now)
    change.apply_to(issue)
    return await save_issue(work, issue)


async def add_task(work: UnitOfWork, issue_id: UUID, task: NewTask) -> Issue:
    issue = await store.lock_unsolved_issue(work, issue_id)
    issue.check_due_on(task.due_on, work.now)
    issue.tasks.append(IssueTask(**task.model_dump()))
    return await save_issue(work, issue)


async def change_task(work: UnitOfWork, issue_id: UUID, task_id: UUID, match: int, change: TaskChange) -> Issue:
    issue = await store.lock_unsolved_issue(work, issue_id, match=match)
    task = issue.get_task(task_id)
    task.check_not_finished()
    if isinstance(change.due_on, date) and change.due_on != task.due_on:
        issue.check_due_on(change.due_on, work.now)
    change.apply_to(task)
    return await save_issue(work, issue)


async def complete_task(work: UnitOfWork, issue_id: UUID, task_id: UUID, outcome: str | None) -> Issue:
    issue = await store.lock_unsolved_issue(work, issue_id)
    issue.get_task(task_id).complete(work.principal.subject, work.now, outcome)
    return await save_issue(work, issue)


async def drop_task(work: UnitOfWork, issue_id: UUID, task_id: UUID, reason: str) -> Issue:
    issue = await store.lock_unsolved_issue(work, issue_id)
    issue.get_task(task_id).drop(work.now, reason)
    return await save_issue(work, issue)


async def resolve(work: UnitOfWork, issue_id: UUID, resolution: str) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.resolve(resolution, work.now)
    store.add_entry(work, issue, IssueEntryKind.RESOLVED, resolution)
    work.emit(IssueResolved.from_entity(issue))
    return await save_issue(work, issue)


async def close(work: UnitOfWork, issue_id: UUID) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.close(work.now)
    store.add_entry(work, issue, IssueEntryKind.CLOSED, "Closed.")
    return await save_issue(work, issue)


async def add_comment(work: UnitOfWork, issue_id: UUID, comment: NewComment) -> IssueEntry:
    """Add a comment to the activity log; a customer can always read its own."""
    issue = await store.get_issue(work, issue_id)
    for_customer = comment.for_customer or work.principal.is_bound
    entry = store.add_entry(work, issue, IssueEntryKind.COMMENT, comment.text, for_customer=for_customer)
    await work.flush()
    event = IssueCommented if for_customer else IssueAnnotated
    work.emit(event.from_entity(issue, entry_id=entry.id, commented_at=entry.at))
    return entry


async def set_customer_importance(work: UnitOfWork, customer_id: UUID, new: NewImportance) -> CustomerImportance:
    """Set the importance of a customer, and triage its unsolved issues again."""
    await store.lock_customer_issues(work, customer_id)
    customer = CustomerImportance(customer_id=customer_id, changed_at=work.now, **new.model_dump())
    customer = await work.session.merge(customer)
    await work.flush()
    for issue in await store.lock_unsolved_issues(work, customer_id):
        await save_issue(work, issue)
    return customer


async def add_issue(work: UnitOfWork, issue: Issue, kind: IssueEntryKind, text: str) -> Issue:
    """Add a new issue to the queue, with the entry that says why."""
    await save_issue(work, issue)
    store.add_entry(work, issue, kind, text)
    work.emit(IssueOpened.from_entity(issue))
    return issue


async def save_issue(work: UnitOfWork, issue: Issue) -> Issue:
    """Record the change, place the issue in the queue anew if it is unsolved, and schedule its escalation."""
    earlier_priority = issue.priority
    if issue.is_unsolved:
        issue.triage(await get_importance(work, issue.customer_id))
    if earlier_priority not in {None, issue.priority}:
        work.emit(IssuePrioritized.from_entity(issue, prioritized_at=work.now))
    work.add(issue)
    issue.mark_changed(work.service_settings.of(IssueSettings), work.now)
    await work.flush()
    return issue


async def dismiss_if_unfounded(work: UnitOfWork, issue: Issue) -> Issue:
    """Save the issue, closed as unfounded if it is unsolved and nothing of it is left."""
    if issue.is_unsolved and not issue.is_founded:
        issue.dismiss(work.now)
        store.add_entry(work, issue, IssueEntryKind.CLOSED, "Nothing of it is left: unfounded.")
        work.emit(IssueCleared.from_entity(issue, cleared_at=work.now))
    return await save_issue(work, issue)
