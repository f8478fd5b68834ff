"""Taking improvements through the register, from the proposal to the verified effect."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import (
    ImprovementApproved,
    ImprovementClosed,
    ImprovementImplemented,
    ImprovementProposed,
    ImprovementRejected,
)
from sla.agreements.model import CustomerReplica
from sla.improvements import store
from sla.improvements.errors import ImprovementCustomerUnknown, ImprovementMeasureUnknown, ImprovementSourceUnknown
from sla.improvements.model import Improvement, ImprovementSource, SourceKind
from sla.improvements.registration import Registration
from sla.improvements.states import ImprovementState
from sla.improvements.views import NewImprovement
from sla.indicators.model import Indicator
from sla.issues.model import Issue
from sla.issues.states import IssueState


async def propose(work: UnitOfWork, new: NewImprovement) -> Improvement:
    """Propose an improvement from issues, for customers, or as the person's own idea."""
    if unknown := await work.find_unknown_ids(CustomerReplica.customer_id, new.customer_ids):
        raise ImprovementCustomerUnknown("Customer", min(unknown), field="customer_ids")
    sources = [_from_issue(issue) for issue in await _list_issues(work, new.issue_ids)]
    subject = work.principal.subject
    sources += [_from_person(subject, customer_id) for customer_id in dict.fromkeys(new.customer_ids)]
    return await add_proposal(work, new.title, new.description, sources or [_from_person(subject, None)])


async def add_proposal(work: UnitOfWork, title: str, description: str, sources: list[ImprovementSource]) -> Improvement:
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
    return await _save(work, improvement, ImprovementProposed)


async def register_measure(work: UnitOfWork, improvement_id: UUID, match: int, new: Registration) -> Improvement:
    """Register how the improvement is measured; after the approval the registration does not change."""
    improvement = await store.get_improvement(work, improvement_id, match=match)
    improvement.register(new, work.now)
    for field, measure in {"measure": new.measure, "control": new.control}.items():
        if measure.kind == "indicator" and await work.find_unknown_ids(Indicator.id, [measure.indicator_id]):
            raise ImprovementMeasureUnknown(f"There is no indicator {measure.indicator_id}.", field=field)
    return await _save(work, improvement)


async def assess(work: UnitOfWork, improvement_id: UUID, assessment: dict[str, Any]) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.assess(assessment | {"by": work.principal.subject, "at": work.now.isoformat()})
    return await _save(work, improvement)


async def approve(work: UnitOfWork, improvement_id: UUID) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.approve(work.principal.subject, work.now)
    return await _save(work, improvement, ImprovementApproved)


async def reject(work: UnitOfWork, improvement_id: UUID, reason: str) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.reject(reason, work.now)
    return await _save(work, improvement, ImprovementRejected, reason=reason, rejected_at=work.now)


async def start(work: UnitOfWork, improvement_id: UUID) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.start(work.now)
    return await _save(work, improvement)


async def implement(work: UnitOfWork, improvement_id: UUID, outcome: str, at: datetime | None) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.implement(outcome, at or work.now, work.now)
    return await _save(work, improvement, ImprovementImplemented)


async def extend_verification(work: UnitOfWork, improvement_id: UUID, periods_after: int) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.extend_verification(periods_after)
    return await _save(work, improvement)


async def mark_customer_notified(work: UnitOfWork, improvement_id: UUID, notice_id: UUID, how: str) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.get_notice(notice_id).mark_given(work.principal.subject, work.now, how)
    return await _save(work, improvement)


async def close(work: UnitOfWork, improvement_id: UUID) -> Improvement:
    improvement = await store.get_improvement(work, improvement_id, lock=True)
    improvement.close(work.now)
    return await _save(work, improvement, ImprovementClosed)


async def _save(
    work: UnitOfWork, improvement: Improvement, event: type[Event] | None = None, **event_fields: Any
) -> Improvement:
    improvement.touch(work.now)
    await work.flush()
    if event is not None:
        work.emit(event.from_entity(improvement, **event_fields))
    return improvement


async def _list_issues(work: UnitOfWork, issue_ids: Sequence[UUID]) -> Sequence[Issue]:
    issues = await store.list_source_issues(work, issue_ids)
    if missing := set(issue_ids) - {issue.id for issue in issues}:
        raise ImprovementSourceUnknown(f"There is no issue {min(missing)}.", field="issue_ids")
    for issue in issues:
        if issue.state in (IssueState.MERGED, IssueState.UNFOUNDED):
            raise ImprovementSourceUnknown(
                f"The issue {issue.id} is {issue.state}: name another one.", field="issue_ids"
            )
    return issues


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
