"""Queries of what scorecards are built from, constant in number however many customers there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from common.unit_of_work import UnitOfWork
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

ZONE_GRACE = timedelta(days=1)
"""An agreement that ends with a month ends some hours into the next one in zones west of Greenwich."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScorecardFacts:
    """Everything that a scorecard of one customer is built from, in a fixed order."""

    agreements: Sequence[AgreementReplica]
    """The newest version of each agreement at the period's end."""
    offerings: Mapping[UUID, OfferingReplica]
    statements: Sequence[Statement]
    progress: Sequence[Progress]
    """Of the period, also where its statement was issued since."""
    breaches: Sequence[Breach]
    issues: Sequence[Issue]
    satisfaction: Sequence[Satisfaction]


def select_customers(work: UnitOfWork) -> Select[CustomerReplica]:
    return work.select_visible(select(CustomerReplica), CustomerReplica.customer_id)


async def load_facts(
    session: AsyncSession, customer_ids: Sequence[UUID], first: Month, period: Month
) -> Mapping[UUID, ScorecardFacts]:
    """Load the facts of each customer: statements and satisfaction from `first` to `period`, the rest of `period`."""
    window = (first.first_day, period.first_day)
    agreements = await _load_grouped(session, _select_agreements(customer_ids, period), AgreementReplica.customer_id)
    offering_ids = [agreement.offering_id for versions in agreements.values() for agreement in versions]
    offerings = {offering.offering_id: offering for offering in await session.scalars(_select_offerings(offering_ids))}
    statements = await _load_grouped(session, _select_statements(customer_ids, *window), Statement.customer_id)
    progress = await _load_grouped(session, _select_progress(customer_ids, period), Progress.customer_id)
    breaches = await _load_grouped(session, _select_breaches(customer_ids, period), Breach.customer_id)
    issues = await _load_grouped(session, _select_issues(customer_ids, period), Issue.customer_id)
    satisfaction = await _load_grouped(session, _select_satisfaction(customer_ids, *window), Satisfaction.customer_id)
    return {
        customer: ScorecardFacts(
            agreements.get(customer, []),
            offerings,
            statements.get(customer, []),
            progress.get(customer, []),
            breaches.get(customer, []),
            issues.get(customer, []),
            satisfaction.get(customer, []),
        )
        for customer in customer_ids
    }


async def _load_grouped(
    session: AsyncSession, query: Select[T], key: InstrumentedAttribute[UUID]
) -> dict[UUID, list[T]]:
    groups: dict[UUID, list[T]] = {}
    rows: list[Any] = list(await session.scalars(query))
    for row in rows:
        groups.setdefault(getattr(row, key.key), []).append(row)
    return groups


def _select_agreements(customers: Sequence[UUID], period: Month) -> Select[AgreementReplica]:
    """Select the agreements in force in the period, each in its newest version of that time."""
    any_version = aliased(AgreementReplica)
    activated = any_version.activated_at.is_not(None) & (any_version.agreement_id == AgreementReplica.agreement_id)
    has_begun = exists().where(activated) & (AgreementReplica.starts_on < period.add_months(1).first_day)
    has_not_ended = or_(AgreementReplica.ended_at.is_(None), AgreementReplica.ended_at > period.start + ZONE_GRACE)
    query = select(AgreementReplica).where(AgreementReplica.customer_id.in_(customers), has_begun, has_not_ended)
    return query.ext(distinct_on(AgreementReplica.agreement_id)).order_by(
        AgreementReplica.agreement_id, AgreementReplica.version.desc()
    )


def _select_offerings(offering_ids: Sequence[UUID]) -> Select[OfferingReplica]:
    return select(OfferingReplica).where(OfferingReplica.offering_id.in_(offering_ids))


def _select_statements(customers: Sequence[UUID], first: object, last: object) -> Select[Statement]:
    query = select(Statement).where(Statement.customer_id.in_(customers), Statement.month.between(first, last))
    return query.order_by(Statement.agreement_name, Statement.agreement_id, Statement.period_from)


def _select_progress(customers: Sequence[UUID], period: Month) -> Select[Progress]:
    query = select(Progress).where(Progress.customer_id.in_(customers), Progress.month == period.first_day)
    return query.order_by(Progress.agreement_name, Progress.agreement_id, Progress.period_from)


def _select_breaches(customers: Sequence[UUID], period: Month) -> Select[Breach]:
    query = select(Breach).where(Breach.customer_id.in_(customers), Breach.month == period.first_day)
    return query.order_by(Breach.objective_name, Breach.objective_id, Breach.period_from)


def _select_issues(customers: Sequence[UUID], period: Month) -> Select[Issue]:
    is_open = (Issue.opened_at < period.end) & or_(Issue.resolved_at.is_(None), Issue.resolved_at >= period.start)
    query = select(Issue).where(Issue.customer_id.in_(customers), is_open | (Issue.month == period.first_day))
    return query.order_by(Issue.priority, Issue.opened_at, Issue.issue_id)


def _select_satisfaction(customers: Sequence[UUID], first: object, last: object) -> Select[Satisfaction]:
    query = select(Satisfaction).where(Satisfaction.customer_id.in_(customers), Satisfaction.month.between(first, last))
    return query.order_by(Satisfaction.month, Satisfaction.survey_id)
