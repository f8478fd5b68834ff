"""Adding, changing and finishing the tasks of a remediation plan."""

from datetime import date
from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.issues import store
from sla.issues.actions import save_issue
from sla.issues.children import IssueTask
from sla.issues.model import Issue


async def add_task(work: UnitOfWork, issue_id: UUID, description: str, assignee: str, due_on: date) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.check_due_on(due_on, work.now)
    issue.tasks.append(IssueTask(id=new_id(), description=description, assignee=assignee, due_on=due_on))
    return await save_issue(work, issue)


async def change_task(
    work: UnitOfWork,
    issue_id: UUID,
    task_id: UUID,
    match: int,
    description: str | None,
    assignee: str | None,
    due_on: date | None,
) -> Issue:
    """Change the fields that are given."""
    issue = await store.get_issue(work, issue_id, match=match)
    issue.check_unsolved()
    task = issue.get_task(task_id)
    task.check_not_finished()
    if due_on is not None and due_on != task.due_on:
        issue.check_due_on(due_on, work.now)
        task.due_on = due_on
    task.description = description or task.description
    task.assignee = assignee or task.assignee
    return await save_issue(work, issue)


async def complete_task(work: UnitOfWork, issue_id: UUID, task_id: UUID, outcome: str | None) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.get_task(task_id).complete(work.principal.subject, work.now, outcome)
    return await save_issue(work, issue)


async def drop_task(work: UnitOfWork, issue_id: UUID, task_id: UUID, reason: str) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.get_task(task_id).drop(work.now, reason)
    return await save_issue(work, issue)
