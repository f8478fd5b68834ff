"""Reactions that fill the read model. A repeated event, or an older revision, changes nothing."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute

from common.unit_of_work import UnitOfWork
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered, CustomerRenamed
from published.event import Event
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
from reporting.schema import Base
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
    await _upsert(work, CustomerReplica, {"customer_id": event.customer_id, "name": event.name})


async def upsert_offering(work: UnitOfWork, event: OfferingPublished) -> None:
    row = {"offering_id": event.offering_id, "name": event.offering_name, "tier": event.tier}
    await _upsert(work, OfferingReplica, row)


async def add_signed_version(work: UnitOfWork, event: AgreementSigned) -> None:
    objectives = [objective.model_dump(mode="json") for objective in event.objectives]
    await _upsert(work, AgreementReplica, _shared_fields(AgreementReplica, event) | {"objectives": objectives})


async def add_amended_version(work: UnitOfWork, event: AgreementAmended) -> None:
    """Add a further version; what an amendment cannot change comes from the version before."""
    earlier_versions = select(AgreementReplica).where(
        AgreementReplica.agreement_id == event.agreement_id, AgreementReplica.version < event.version
    )
    previous = (await work.session.scalars(earlier_versions.order_by(AgreementReplica.version.desc()).limit(1))).one()
    objectives = [objective.model_dump(mode="json") for objective in event.objectives]
    row = _shared_fields(AgreementReplica, event) | {"starts_on": event.valid_from, "objectives": objectives}
    await _upsert(
        work, AgreementReplica, row | {"offering_id": previous.offering_id, "service_name": previous.service_name}
    )


async def mark_agreement_activated(work: UnitOfWork, event: AgreementActivated) -> None:
    version = (AgreementReplica.agreement_id == event.agreement_id) & (AgreementReplica.version == event.version)
    await work.session.execute(update(AgreementReplica).where(version).values(activated_at=event.activated_at))


async def mark_agreement_ended(work: UnitOfWork, event: AgreementEnded) -> None:
    versions = AgreementReplica.agreement_id == event.agreement_id
    await work.session.execute(update(AgreementReplica).where(versions).values(ended_at=event.ended_at))


async def upsert_statement(work: UnitOfWork, event: StatementIssued) -> None:
    computed = {
        "objectives": [objective.model_dump(mode="json") for objective in event.objectives],
        "month": Month.from_review_period(event.period_from, event.period_to).first_day,
    }
    await _upsert(work, Statement, _shared_fields(Statement, event) | computed, newest=Statement.revision)


async def add_breach(work: UnitOfWork, event: ObjectiveBreached) -> None:
    month = Month.from_review_period(event.period_from, event.period_to).first_day
    await _upsert(work, Breach, _shared_fields(Breach, event) | {"month": month})


async def delete_breach(work: UnitOfWork, event: ObjectiveCleared) -> None:
    """Delete a breach that a restatement has cleared."""
    key = {"agreement_id": event.agreement_id, "objective_id": event.objective_id, "period_from": event.period_from}
    await work.session.execute(delete(Breach).filter_by(**key))


async def add_issue(work: UnitOfWork, event: IssueOpened) -> None:
    month = (
        Month.from_review_period(event.period_from, event.period_to) if event.period_from and event.period_to else None
    )
    await _upsert(work, Issue, _shared_fields(Issue, event) | {"month": month.first_day if month else None})


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
    await _upsert(
        work, Satisfaction, _shared_fields(Satisfaction, event) | {"month": month}, newest=Satisfaction.revision
    )


def _shared_fields(kind: type[Base], event: Event) -> dict[str, Any]:
    """Return the event's fields that the table has; further fields of an event do not matter here."""
    return event.model_dump(include={column.name for column in kind.__table__.columns})


async def _upsert(
    work: UnitOfWork, kind: type[Base], row: dict[str, Any], *, newest: InstrumentedAttribute[int] | None = None
) -> None:
    """Insert the row or replace the one of the same key; columns that are not named keep their values.

    `newest` is the column by which a newer row is kept.
    """
    keys = [column.name for column in kind.__table__.primary_key]
    new = insert(kind).values(row)
    replaced = {name: new.excluded[name] for name in row if name not in keys}
    condition = None if newest is None else newest <= new.excluded[newest.key]
    await work.session.execute(new.on_conflict_do_update(index_elements=keys, set_=replaced, where=condition))
