"""A periodic job that escalates ignored issues: each level once, however many replicas run it."""

from common.jobs.due_rows import DueRows, due_rows_job
from common.service import PeriodicJob
from common.unit_of_work import UnitOfWork
from published.sla import IssueEscalated
from sla.issues.children import IssueEntryKind
from sla.issues.model import Issue
from sla.issues.settings import IssueSettings
from sla.issues.states import EscalationLevel
from sla.issues.store import WITH_CHILDREN, add_entry

DUE_ISSUES = DueRows(Issue, Issue.escalate_at, WITH_CHILDREN)
REASON_BY_LEVEL = {
    EscalationLevel.NOT_TAKEN_UP: "Nobody took it up in time.",
    EscalationLevel.OVERDUE: "Its remediation is overdue.",
}


def periodic_job(settings: IssueSettings) -> PeriodicJob:
    return due_rows_job("escalate-issues", settings.watch_every, DUE_ISSUES, escalate_issue)


async def escalate_issue(work: UnitOfWork, issue: Issue) -> None:
    settings = work.service_settings.of(IssueSettings)
    for level in issue.escalate(settings, work.now):
        reason = REASON_BY_LEVEL[level]
        add_entry(work, issue, IssueEntryKind.ESCALATED, reason, for_customer=False)
        work.emit(IssueEscalated.from_entity(issue, level=level, reason=reason, escalated_at=work.now))
    issue.mark_changed(settings, work.now)
