"""Taking improvements through the register: proposed, assessed, approved, done, verified, told, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from common.work import Work
from published.sla import ImprovementApproved, ImprovementClosed
from sla.improvements import store, telling
from sla.improvements.examining import evidence, examine
from sla.improvements.measures import IndicatorMeasure, Registration
from sla.improvements.model import Improvement, ImprovementSource, SourceKind
from sla.improvements.states import (
    ImprovementCustomerUnknown,
    ImprovementMeasureUnknown,
    ImprovementSourceUnknown,
    ImprovementState,
)
from sla.issues.model import Issue
from sla.issues.states import IssueState


async def propose(
    work: Work, title: str, description: str, issue_ids: Sequence[UUID], customer_ids: Sequence[UUID]
) -> Improvement:
    """By a person: from issues, or for customers, or of their own accord."""
    if unknown := await store.unknown_customers(work, customer_ids):
        raise ImprovementCustomerUnknown(f"Not registered: {min(unknown)}.", field="customer_ids")
    sources = [_from_issue(issue) for issue in await _issues(work, issue_ids)]
    sources += [_from_person(work.principal.subject, customer_id) for customer_id in dict.fromkeys(customer_ids)]
    return await enter(work, title, description, sources or [_from_person(work.principal.subject, None)])


async def enter(work: Work, title: str, description: str, sources: list[ImprovementSource]) -> Improvement:
    """Put an improvement into the register."""
    improvement = Improvement(
        title=title,
        description=description,
        state=ImprovementState.PROPOSED,
        proposed_by=work.principal.subject,
        proposed_at=work.now,
        sources=sources,
        notices=[],
    )
    work.add(improvement)
    await _kept(work, improvement)
    telling.proposed(work, improvement)
    return improvement


async def register(work: Work, improvement_id: UUID, match: int, wanted: Registration) -> Improvement:
    """What it will be measured by; from the approval on nothing of it can be changed."""
    improvement = await store.improvement(work, improvement_id, match=match)
    improvement.register(wanted, work.now)
    measures = {"measure": wanted.measure, "control": wanted.control}
    for field, measure in measures.items():
        if isinstance(measure, IndicatorMeasure) and await store.unknown_indicators(work, [measure.indicator_id]):
            raise ImprovementMeasureUnknown(f"There is no indicator {measure.indicator_id}.", field=field)
    return await _kept(work, improvement)


async def assess(work: Work, improvement_id: UUID, assessment: dict[str, Any]) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.assess(assessment | {"by": work.principal.subject, "at": work.now.isoformat()})
    return await _kept(work, improvement)


async def approve(work: Work, improvement_id: UUID) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.approve(work.principal.subject, work.now)
    work.emit(ImprovementApproved(improvement_id=improvement.id, title=improvement.title, approved_at=work.now))
    return await _kept(work, improvement)


async def reject(work: Work, improvement_id: UUID, reason: str) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.reject(reason, work.now)
    telling.rejected(work, improvement, reason)
    return await _kept(work, improvement)


async def start(work: Work, improvement_id: UUID) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.start(work.now)
    return await _kept(work, improvement)


async def implement(work: Work, improvement_id: UUID, outcome: str, at: datetime | None) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.implement(outcome, at or work.now, work.now)
    telling.implemented(work, improvement)
    return await _kept(work, improvement)


async def verify(work: Work, improvement_id: UUID) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    return await conclude(work, improvement)


async def conclude(work: Work, improvement: Improvement) -> Improvement:
    """Give the verdict, once all points have come."""
    improvement.check_due(work.now)
    found = await examine(work, improvement)
    finding = found.finding()
    if finding is None:
        raise AssertionError("what is due was implemented")
    improvement.conclude(finding.verdict, evidence(found, finding), work.now)
    telling.verified(work, improvement, finding)
    return await _kept(work, improvement)


async def measure_longer(work: Work, improvement_id: UUID, periods_after: int) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.measure_longer(periods_after)
    return await _kept(work, improvement)


async def tell(work: Work, improvement_id: UUID, notice_id: UUID, how: str) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.notice(notice_id).give(work.principal.subject, work.now, how)
    return await _kept(work, improvement)


async def close(work: Work, improvement_id: UUID) -> Improvement:
    improvement = await store.improvement(work, improvement_id, lock=True)
    improvement.close(work.now)
    work.emit(ImprovementClosed(improvement_id=improvement.id, closed_at=work.now))
    return await _kept(work, improvement)


async def _kept(work: Work, improvement: Improvement) -> Improvement:
    improvement.changed_at = work.now
    await work.flush()
    return improvement


async def _issues(work: Work, issue_ids: Sequence[UUID]) -> Sequence[Issue]:
    found = await store.issues(work, issue_ids)
    if missing := set(issue_ids) - {issue.id for issue in found}:
        raise ImprovementSourceUnknown(f"There is no issue {min(missing)}.", field="issue_ids")
    for issue in found:
        if issue.state in (IssueState.MERGED, IssueState.UNFOUNDED):
            raise ImprovementSourceUnknown(f"The issue {issue.id} is {issue.state}.", field="issue_ids")
    return found


def _from_issue(issue: Issue) -> ImprovementSource:
    spans = sorted({(breach.period_from, breach.period_to) for breach in issue.breaches if breach.cleared_at is None})
    return ImprovementSource(
        kind=SourceKind.ISSUE,
        key=f"issue:{issue.id}",
        subject=issue.id,
        customer_id=issue.customer_id,
        triggers=[{"from": start.isoformat(), "to": end.isoformat()} for start, end in spans],
    )


def _from_person(subject: str, customer_id: UUID | None) -> ImprovementSource:
    key = f"person:{subject}:{customer_id or ''}"
    return ImprovementSource(kind=SourceKind.PERSON, key=key, subject=None, customer_id=customer_id, triggers=[])
