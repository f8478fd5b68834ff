"""Reads what is known of customers in a window of months: a constant number of queries, however many customers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

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

ZONE_GRACE = timedelta(days=1)
"""An agreement that ends with a month ends, in zones west of Greenwich, some hours into the next one."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ScorecardFacts:
    """All that a scorecard of one customer is drawn from, in a fixed order."""

    agreements: Sequence[AgreementReplica]
    """The version of each that was the newest at the period's end."""
    offerings: Mapping[UUID, OfferingReplica]
    statements: Sequence[Statement]
    breaches: Sequence[Breach]
    issues: Sequence[Issue]
    satisfaction: Sequence[Satisfaction]


def select_customers() -> Select[CustomerReplica]:
    return select(CustomerReplica)


async def load_facts(
    session: AsyncSession, customer_ids: Sequence[UUID], first: Month, period: Month
) -> Mapping[UUID, ScorecardFacts]:
    """Of each customer, statements and satisfaction from `first` to `period`, and the rest of `period`."""
    window = (first.first_day, period.first_day)
    agreements = await _grouped(session, _agreements(customer_ids, period), AgreementReplica.customer_id)
    known = [one.offering_id for some in agreements.values() for one in some]
    offerings = {one.offering_id: one for one in await session.scalars(_offerings(known))}
    statements = await _grouped(session, _statements(customer_ids, *window), Statement.customer_id)
    breaches = await _grouped(session, _breaches(customer_ids, period), Breach.customer_id)
    issues = await _grouped(session, _issues(customer_ids, period), Issue.customer_id)
    satisfaction = await _grouped(session, _satisfaction(customer_ids, *window), Satisfaction.customer_id)
    return {
        customer: ScorecardFacts(
            agreements.get(customer, []),
            offerings,
            statements.get(customer, []),
            breaches.get(customer, []),
            issues.get(customer, []),
            satisfaction.get(customer, []),
        )
        for customer in customer_ids
    }


async def _grouped(session: AsyncSession, query: Select[T], key: InstrumentedAttribute[UUID]) -> dict[UUID, list[T]]:
    groups: dict[UUID, list[T]] = {}
    found: list[Any] = list(await session.scalars(query))
    for row in found:
        groups.setdefault(getattr(row, key.key), []).append(row)
    return groups


def _agreements(customers: Sequence[UUID], period: Month) -> Select[AgreementReplica]:
    """In force in the period, each in its newest version of that time."""
    any_version = aliased(AgreementReplica)
    activated = any_version.activated_at.is_not(None) & (any_version.agreement_id == AgreementReplica.agreement_id)
    begun = exists().where(activated) & (AgreementReplica.starts_on < period.add_months(1).first_day)
    lasting = or_(AgreementReplica.ended_at.is_(None), AgreementReplica.ended_at > period.start + ZONE_GRACE)
    query = select(AgreementReplica).where(AgreementReplica.customer_id.in_(customers), begun, lasting)
    return query.ext(distinct_on(AgreementReplica.agreement_id)).order_by(
        AgreementReplica.agreement_id, AgreementReplica.version.desc()
    )


def _offerings(known: Sequence[UUID]) -> Select[OfferingReplica]:
    return select(OfferingReplica).where(OfferingReplica.offering_id.in_(known))


def _statements(customers: Sequence[UUID], first: object, last: object) -> Select[Statement]:
    query = select(Statement).where(Statement.customer_id.in_(customers), Statement.month.between(first, last))
    return query.order_by(Statement.agreement_name, Statement.agreement_id, Statement.period_from)


def _breaches(customers: Sequence[UUID], period: Month) -> Select[Breach]:
    query = select(Breach).where(Breach.customer_id.in_(customers), Breach.month == period.first_day)
    return query.order_by(Breach.objective_name, Breach.objective_id, Breach.period_from)


def _issues(customers: Sequence[UUID], period: Month) -> Select[Issue]:
    open_in = (Issue.opened_at < period.end) & or_(Issue.resolved_at.is_(None), Issue.resolved_at >= period.start)
    query = select(Issue).where(Issue.customer_id.in_(customers), open_in | (Issue.month == period.first_day))
    return query.order_by(Issue.priority, Issue.opened_at, Issue.issue_id)


def _satisfaction(customers: Sequence[UUID], first: object, last: object) -> Select[Satisfaction]:
    query = select(Satisfaction).where(Satisfaction.customer_id.in_(customers), Satisfaction.month.between(first, last))
    return query.order_by(Satisfaction.month, Satisfaction.survey_id)
