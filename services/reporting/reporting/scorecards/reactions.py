"""Reactions that fill the read model. A repeated event, or an older revision, changes nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update

from common.events.entity_replicas import upsert_replica
from common.unit_of_work import UnitOfWork
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered, CustomerRenamed
from published.event import EventPart
from published.feedback import SatisfactionMeasured
from published.sla import (
    AgreementActivated,
    AgreementAmended,
    AgreementEnded,
    AgreementSigned,
    IssueCleared,
    IssueMerged,
    IssueOpened,
    IssueReopened,
    IssueResolved,
    ObjectiveBreached,
    ObjectiveCleared,
    StatementIssued,
)
from reporting.scorecards.model import (
    AgreementReplica,
    Breach,
    CustomerReplica,
    Issue,
    OfferingReplica,
    Satisfaction,
    Statement,
)
from reporting.scorecards.months import Month


async def upsert_customer(work: UnitOfWork, event: CustomerRegistered | CustomerRenamed) -> None:
    await upsert_replica(work, CustomerReplica, event)


async def upsert_offering(work: UnitOfWork, event: OfferingPublished) -> None:
    await upsert_replica(work, OfferingReplica, event, name=event.offering_name)


async def add_signed_version(work: UnitOfWork, event: AgreementSigned) -> None:
    await upsert_replica(work, AgreementReplica, event, objectives=_to_json(event.objectives))


async def add_amended_version(work: UnitOfWork, event: AgreementAmended) -> None:
    """Add a further version; what an amendment cannot change comes from the version before."""
    earlier_versions = select(AgreementReplica).where(
        AgreementReplica.agreement_id == event.agreement_id, AgreementReplica.version < event.version
    )
    previous = (await work.session.scalars(earlier_versions.order_by(AgreementReplica.version.desc()).limit(1))).one()
    await upsert_replica(
        work,
        AgreementReplica,
        event,
        starts_on=event.valid_from,
        objectives=_to_json(event.objectives),
        offering_id=previous.offering_id,
        service_name=previous.service_name,
    )


async def mark_agreement_activated(work: UnitOfWork, event: AgreementActivated) -> None:
    version = (AgreementReplica.agreement_id == event.agreement_id) & (AgreementReplica.version == event.version)
    await work.session.execute(update(AgreementReplica).where(version).values(activated_at=event.activated_at))


async def mark_agreement_ended(work: UnitOfWork, event: AgreementEnded) -> None:
    versions = AgreementReplica.agreement_id == event.agreement_id
    await work.session.execute(update(AgreementReplica).where(versions).values(ended_at=event.ended_at))


async def upsert_statement(work: UnitOfWork, event: StatementIssued) -> None:
    month = Month.from_review_period(event.period_from, event.period_to).first_day
    objectives = _to_json(event.objectives)
    await upsert_replica(work, Statement, event, newest=Statement.revision, month=month, objectives=objectives)


async def add_breach(work: UnitOfWork, event: ObjectiveBreached) -> None:
    month = Month.from_review_period(event.period_from, event.period_to).first_day
    await upsert_replica(work, Breach, event, month=month)


async def delete_breach(work: UnitOfWork, event: ObjectiveCleared) -> None:
    """Delete a breach that a restatement has cleared."""
    key = {"agreement_id": event.agreement_id, "objective_id": event.objective_id, "period_from": event.period_from}
    await work.session.execute(delete(Breach).filter_by(**key))


async def add_issue(work: UnitOfWork, event: IssueOpened) -> None:
    month = (
        Month.from_review_period(event.period_from, event.period_to) if event.period_from and event.period_to else None
    )
    await upsert_replica(work, Issue, event, month=month and month.first_day)


async def mark_issue_resolved(work: UnitOfWork, event: IssueResolved) -> None:
    await _set_resolved(work, event.issue_id, event.resolved_at)


async def mark_issue_merged(work: UnitOfWork, event: IssueMerged) -> None:
    """Mark the issue as resolved: the rest of the work is in the other issue."""
    await _set_resolved(work, event.issue_id, event.merged_at)


async def mark_issue_cleared(work: UnitOfWork, event: IssueCleared) -> None:
    await _set_resolved(work, event.issue_id, event.cleared_at)


async def mark_issue_reopened(work: UnitOfWork, event: IssueReopened) -> None:
    await _set_resolved(work, event.issue_id, None)


async def _set_resolved(work: UnitOfWork, issue_id: UUID, at: datetime | None) -> None:
    await work.session.execute(update(Issue).where(Issue.issue_id == issue_id).values(resolved_at=at))


async def upsert_satisfaction(work: UnitOfWork, event: SatisfactionMeasured) -> None:
    month = Month.from_date(event.opened_at.astimezone(UTC)).first_day
    await upsert_replica(work, Satisfaction, event, newest=Satisfaction.revision, month=month)


def _to_json(parts: Sequence[EventPart]) -> list[dict[str, Any]]:
    return [part.model_dump(mode="json") for part in parts]
