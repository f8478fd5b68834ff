"""Escalates what is ignored: each level once, however many replicas there are and however long nobody looked."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from common.service import Duty, Runtime
from common.setbacks import Chore
from common.work import Work
from published.sla import IssueEscalated
from sla.issues import store
from sla.issues.model import Issue
from sla.issues.parts import EntryKind
from sla.issues.record import write
from sla.issues.settings import IssueSettings
from sla.issues.states import Escalation

NAME = "escalate-issues"
AT_ONCE = 20
REASONS = {
    Escalation.NOT_TAKEN_UP: "Nobody has taken it up in time.",
    Escalation.OVERDUE: "Its remediation is overdue.",
}


def duty(settings: IssueSettings) -> Duty:
    async def run(runtime: Runtime) -> None:
        async with runtime.begin() as work:
            due = await store.to_escalate(work)
        await Chore(runtime, NAME, partial(escalate, settings=settings), at_once=AT_ONCE).each(due)

    return Duty(NAME, settings.watch_every, run)


async def escalate(work: Work, issue_ids: Sequence[UUID], settings: IssueSettings) -> int:
    """How many issues were looked at."""
    due = await store.escalating(work, issue_ids)
    for issue in due:
        for level in issue.escalate(settings, work.now):
            _tell(work, issue, level)
        issue.rest(settings, work.now)
    await work.flush()
    return len(due)


def _tell(work: Work, issue: Issue, level: Escalation) -> None:
    reason = REASONS[level]
    write(work, issue, EntryKind.ESCALATED, reason, for_customer=False)
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
