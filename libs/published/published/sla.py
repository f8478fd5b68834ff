"""What the sla service tells: promises, statements of what was kept, and what went wrong."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event, Part


class PromisedObjective(Part):
    objective_id: UUID
    name: str
    kind: str
    target: Decimal
    """Percent."""


class ObjectiveResult(Part):
    objective_id: UUID
    name: str
    target: Decimal
    """Percent."""
    attained: Decimal | None
    """Percent; null when nothing was measured."""
    met: bool | None
    budget_remaining: Decimal | None
    """Percent of the error budget, negative when overspent."""
    coverage: Decimal | None
    """Percent of the minutes in scope for which something was measured."""


class AgreementSigned(Event, service="sla", aggregate="agreement_id"):
    agreement_id: UUID
    version: int
    name: str
    customer_id: UUID
    offering_id: UUID
    service_name: str
    starts_on: date
    objectives: tuple[PromisedObjective, ...]
    signed_at: datetime


class AgreementActivated(Event, service="sla", aggregate="agreement_id"):
    agreement_id: UUID
    version: int
    customer_id: UUID
    activated_at: datetime


class AgreementEnded(Event, service="sla", aggregate="agreement_id"):
    """Its last day is over, or it was ended before: nothing is promised any more."""

    agreement_id: UUID
    customer_id: UUID
    ended_at: datetime


class StatementIssued(Event, service="sla", aggregate="agreement_id"):
    """One review period of one agreement, evaluated; a higher revision replaces the one before."""

    agreement_id: UUID
    statement_id: UUID
    customer_id: UUID
    agreement_name: str
    service_name: str
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    revision: int
    performance: Decimal | None
    """Overall performance percentage."""
    met: bool | None
    objectives: tuple[ObjectiveResult, ...]
    credit: Decimal | None
    currency: str | None
    sha256: str
    issued_at: datetime


class ObjectiveBreached(Event, service="sla", aggregate="agreement_id"):
    agreement_id: UUID
    statement_id: UUID
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    period_from: datetime
    period_to: datetime
    target: Decimal
    attained: Decimal


class IssueOpened(Event, service="sla", aggregate="issue_id"):
    issue_id: UUID
    agreement_id: UUID
    customer_id: UUID
    title: str
    priority: int
    """1 is the most pressing."""
    opened_at: datetime
    period_from: datetime | None = None
    """Of the review period whose statement showed the breach; null when the issue has another origin."""
    period_to: datetime | None = None


class IssueResolved(Event, service="sla", aggregate="issue_id"):
    issue_id: UUID
    customer_id: UUID
    resolved_at: datetime


class IndicatorWentSilent(Event, service="sla", aggregate="indicator_id"):
    indicator_id: UUID
    name: str
    last_seen: datetime | None
    noticed_at: datetime


class IndicatorResumed(Event, service="sla", aggregate="indicator_id"):
    indicator_id: UUID
    resumed_at: datetime
