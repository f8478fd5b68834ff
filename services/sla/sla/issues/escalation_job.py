"""A periodic job that escalates ignored issues: each level once, however many replicas run it."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from common.jobs.retries import JobBatch
from common.service import PeriodicJob, Runtime
from common.unit_of_work import UnitOfWork
from published.sla import IssueEscalated
from sla.issues import store
from sla.issues.children import IssueEntryKind
from sla.issues.model import Issue
from sla.issues.settings import IssueSettings
from sla.issues.states import EscalationLevel
from sla.issues.store import add_entry

JOB_NAME = "escalate-issues"
BATCH_SIZE = 20
REASON_BY_LEVEL = {
    EscalationLevel.NOT_TAKEN_UP: "Nobody took it up in time.",
    EscalationLevel.OVERDUE: "Its remediation is overdue.",
}


def periodic_job(settings: IssueSettings) -> PeriodicJob:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            due = await store.list_ids_due_for_escalation(work)
        await JobBatch(runtime, JOB_NAME, partial(escalate_issues, settings=settings), batch_size=BATCH_SIZE).run(due)

    return PeriodicJob(JOB_NAME, settings.watch_every, run)


async def escalate_issues(work: UnitOfWork, issue_ids: Sequence[UUID], settings: IssueSettings) -> int:
    """Escalate those of the issues that are still due; return how many were."""
    due = await store.lock_due_for_escalation(work, issue_ids)
    for issue in due:
        for level in issue.escalate(settings, work.now):
            _report(work, issue, level)
        issue.mark_changed(settings, work.now)
    await work.flush()
    return len(due)


def _report(work: UnitOfWork, issue: Issue, level: EscalationLevel) -> None:
    reason = REASON_BY_LEVEL[level]
    add_entry(work, issue, IssueEntryKind.ESCALATED, reason, for_customer=False)
    work.emit(
        IssueEscalated(
            issue_id=issue.id,
            customer_id=issue.customer_id,
            title=issue.title,
            priority=issue.priority,
            owner=issue.owner,
            level=level,
            reason=reason,
            escalated_at=work.now,
        )
    )
