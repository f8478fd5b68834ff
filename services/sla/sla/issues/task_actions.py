"""Adding, changing and finishing the tasks of a remediation plan."""

from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.issues import store
from sla.issues.actions import save_issue
from sla.issues.children import IssueTask
from sla.issues.model import Issue
from sla.issues.views import NewTask, TaskChange


async def add_task(work: UnitOfWork, issue_id: UUID, task: NewTask) -> Issue:
    issue = await store.get_issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.check_due_on(task.due_on, work.now)
    issue.tasks.append(IssueTask(id=new_id(), **task.model_dump()))
    return await save_issue(work, issue)


async def change_task(work: UnitOfWork, issue_id: UUID, task_id: UUID, match: int, change: TaskChange) -> Issue:
    issue = await store.get_issue(work, issue_id, match=match)
    issue.check_unsolved()
    task = issue.get_task(task_id)
    task.check_not_finished()
    if change.due_on is not None and change.due_on != task.due_on:
        issue.check_due_on(change.due_on, work.now)
    for name, value in change.model_dump(exclude_none=True).items():
        setattr(task, name, value)
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
