"""The tasks of a remediation plan: who does what by when."""

from datetime import date
from uuid import UUID

from common.ids import new_id
from common.work import Work
from sla.issues import store
from sla.issues.actions import settled
from sla.issues.model import Issue
from sla.issues.parts import IssueTask


async def add(work: Work, issue_id: UUID, what: str, who: str, due_on: date) -> Issue:
    issue = await store.issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.check_due(due_on, work.now)
    issue.tasks.append(IssueTask(id=new_id(), what=what, who=who, due_on=due_on))
    return await settled(work, issue)


async def change(
    work: Work, issue_id: UUID, task_id: UUID, match: int, what: str | None, who: str | None, due_on: date | None
) -> Issue:
    """What is not given stays."""
    issue = await store.issue(work, issue_id, match=match)
    issue.check_unsolved()
    task = issue.task(task_id)
    task.check_unsettled()
    if due_on is not None and due_on != task.due_on:
        issue.check_due(due_on, work.now)
        task.due_on = due_on
    task.what, task.who = what or task.what, who or task.who
    return await settled(work, issue)


async def finish(work: Work, issue_id: UUID, task_id: UUID, outcome: str | None) -> Issue:
    issue = await store.issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.task(task_id).finish(work.principal.subject, work.now, outcome)
    return await settled(work, issue)


async def drop(work: Work, issue_id: UUID, task_id: UUID, reason: str) -> Issue:
    issue = await store.issue(work, issue_id, lock=True)
    issue.check_unsolved()
    issue.task(task_id).drop(work.now, reason)
    return await settled(work, issue)
