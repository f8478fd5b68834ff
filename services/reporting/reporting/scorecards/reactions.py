"""Reactions that fill the read model. A repeated event, or an older revision, changes nothing."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import select

from common.events.entity_replicas import delete_replicas, update_replicas, upsert_replicas
from common.unit_of_work import UnitOfWork
from published.catalog import OfferingPublished
from published.engagement import CustomerRegistered, CustomerRenamed
from published.feedback import SatisfactionMeasured
from published.sla import (
    AgreementActivated,
    AgreementAmended,
    AgreementEnded,
    AgreementSigned,
    IssueCleared,
    IssueMerged,
    IssueOpened,
    IssuePrioritized,
    IssueReopened,
    IssueResolved,
    ObjectiveBreached,
    ObjectiveCleared,
    PeriodProgressed,
    StatementIssued,
)
from reporting.scorecards.model import (
    AgreementReplica,
    Breach,
    CustomerReplica,
    Issue,
    OfferingReplica,
    Progress,
    Satisfaction,
    Statement,
)
from reporting.scorecards.months import Month


async def upsert_customers(work: UnitOfWork, events: Sequence[CustomerRegistered | CustomerRenamed]) -> None:
    await upsert_replicas(work, CustomerReplica, events)


async def upsert_offerings(work: UnitOfWork, events: Sequence[OfferingPublished]) -> None:
    await upsert_replicas(work, OfferingReplica, events, lambda event: {"name": event.offering_name})


async def add_signed_versions(work: UnitOfWork, events: Sequence[AgreementSigned]) -> None:
    await upsert_replicas(work, AgreementReplica, events, _objectives)


async def add_amended_version(work: UnitOfWork, event: AgreementAmended) -> None:
    """Add a further version; what an amendment cannot change comes from the version before."""
    earlier_versions = select(AgreementReplica).where(
        AgreementReplica.agreement_id == event.agreement_id, AgreementReplica.version < event.version
    )
    previous = (await work.session.scalars(earlier_versions.order_by(AgreementReplica.version.desc()).limit(1))).one()
    unchanged = {"offering_id": previous.offering_id, "service_name": previous.service_name}
    await upsert_replicas(
        work, AgreementReplica, [event], lambda _: unchanged | _objectives(event) | {"starts_on": event.valid_from}
    )


async def mark_agreements_activated(work: UnitOfWork, events: Sequence[AgreementActivated]) -> None:
    await update_replicas(
        work,
        AgreementReplica,
        events,
        lambda event: {"activated_at": event.activated_at},
        key=("agreement_id", "version"),
    )


async def mark_agreements_ended(work: UnitOfWork, events: Sequence[AgreementEnded]) -> None:
    """Mark all versions of the agreements as ended."""
    await update_replicas(
        work, AgreementReplica, events, lambda event: {"ended_at": event.ended_at}, key=("agreement_id",)
    )


async def upsert_statements(work: UnitOfWork, events: Sequence[StatementIssued]) -> None:
    await upsert_replicas(
        work, Statement, events, lambda event: _review_month(event) | _objectives(event), newest=Statement.revision
    )


async def upsert_progress(work: UnitOfWork, events: Sequence[PeriodProgressed]) -> None:
    await upsert_replicas(
        work, Progress, events, lambda event: _review_month(event) | _objectives(event), newest=Progress.until
    )


async def add_breaches(work: UnitOfWork, events: Sequence[ObjectiveBreached]) -> None:
    await upsert_replicas(work, Breach, events, _review_month)


async def delete_breaches(work: UnitOfWork, events: Sequence[ObjectiveCleared]) -> None:
    """Delete breaches that restatements have cleared."""
    await delete_replicas(work, Breach, events, key=("agreement_id", "objective_id", "period_from"))


async def add_issues(work: UnitOfWork, events: Sequence[IssueOpened]) -> None:
    await upsert_replicas(work, Issue, events, _review_month)


async def update_issue_priorities(work: UnitOfWork, events: Sequence[IssuePrioritized]) -> None:
    await update_replicas(work, Issue, events, lambda event: {"priority": event.priority}, key=("issue_id",))


async def mark_issues_resolved(work: UnitOfWork, events: Sequence[IssueResolved]) -> None:
    await update_replicas(work, Issue, events, lambda event: {"resolved_at": event.resolved_at}, key=("issue_id",))


async def mark_issues_merged(work: UnitOfWork, events: Sequence[IssueMerged]) -> None:
    """Mark the issues as resolved: the rest of the work is in other issues."""
    await update_replicas(work, Issue, events, lambda event: {"resolved_at": event.merged_at}, key=("issue_id",))


async def mark_issues_cleared(work: UnitOfWork, events: Sequence[IssueCleared]) -> None:
    await update_replicas(work, Issue, events, lambda event: {"resolved_at": event.cleared_at}, key=("issue_id",))


async def mark_issues_reopened(work: UnitOfWork, events: Sequence[IssueReopened]) -> None:
    await update_replicas(work, Issue, events, lambda _: {"resolved_at": None}, key=("issue_id",))


async def upsert_satisfaction(work: UnitOfWork, events: Sequence[SatisfactionMeasured]) -> None:
    await upsert_replicas(
        work,
        Satisfaction,
        events,
        lambda event: {"month": Month.from_date(event.opened_at.astimezone(UTC)).first_day},
        newest=Satisfaction.revision,
    )


def _review_month(event: StatementIssued | PeriodProgressed | ObjectiveBreached | IssueOpened) -> dict[str, Any]:
    """Return the month that the review period counts for; none where the event names no period."""
    if event.period_from is None or event.period_to is None:
        return {"month": None}
    return {"month": Month.from_review_period(event.period_from, event.period_to).first_day}


def _objectives(event: AgreementSigned | AgreementAmended | StatementIssued | PeriodProgressed) -> dict[str, Any]:
    return {"objectives": [objective.model_dump(mode="json") for objective in event.objectives]}
