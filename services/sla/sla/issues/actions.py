"""Opening issues for breaches, and seeing them through."""

from datetime import date
from uuid import UUID

from common.work import Work
from published.sla import IssueOpened, IssueResolved
from sla.issues import store
from sla.issues.model import Issue
from sla.issues.triage import Breach


async def open_for_breach(work: Work, breach: Breach) -> Issue:
    """The issue of this breach: a new one, unless one of the same cause and time is open."""
    await store.hold_customer(work, breach.customer_id)
    issue = await store.issue_for(work, breach)
    if issue is not None:
        issue.gather(breach)
    else:
        issue = Issue.opened(breach, work.now)
        work.add(issue)
        work.emit(_opened(issue, breach))
    await work.flush()
    return issue


async def plan(
    work: Work, issue_id: UUID, match: int, owner: str | None, note: str | None, due_on: date | None
) -> Issue:
    """Change what is given; an owner takes the issue up."""
    issue = await store.issue(work, issue_id, match=match)
    if owner is not None:
        issue.assign(owner)
    if note is not None or due_on is not None:
        issue.schedule(issue.plan if note is None else note, due_on or issue.due_on, work.now.date())
    await work.flush()
    return issue


async def resolve(work: Work, issue_id: UUID, resolution: str) -> Issue:
    issue = await store.issue(work, issue_id, lock=True)
    issue.resolve(resolution, work.now)
    work.emit(IssueResolved(issue_id=issue.id, customer_id=issue.customer_id, resolved_at=work.now))
    await work.flush()
    return issue


async def close(work: Work, issue_id: UUID) -> Issue:
    issue = await store.issue(work, issue_id, lock=True)
    issue.close(work.now)
    await work.flush()
    return issue


def _opened(issue: Issue, breach: Breach) -> IssueOpened:
    return IssueOpened(
        issue_id=issue.id,
        agreement_id=issue.agreement_id,
        customer_id=issue.customer_id,
        title=issue.title,
        priority=issue.priority,
        opened_at=issue.opened_at,
        period_from=breach.period_from,
        period_to=breach.period_to,
    )
