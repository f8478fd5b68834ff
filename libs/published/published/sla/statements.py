"""Events of statements, breaches and error budgets."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event, EventPart


class ObjectiveResult(EventPart):
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
    margin: Decimal | None = None
    """Percentage points above the target: its sign is the verdict's where all else looks alike."""
    verdict: str | None = None
    """met, missed, pending, no_cases, not_measured or too_little_measured: why `met` is null, where it is."""
    warnings: tuple[str, ...] = ()
    """little_evidence, good_above_total: what somebody who reads the verdict should know about what it rests on."""


class StatementIssued(Event, service="sla", aggregate="agreement_id", name="StatementIssued", for_customer=True):
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
    timezone: str | None = None
    """The IANA zone whose calendar the period follows; older events lack it."""


class PeriodProgressed(Event, service="sla", aggregate="agreement_id", name="PeriodProgressed"):
    """The figures to date of a review period under way, a few times a day: provisional until its statement."""

    agreement_id: UUID
    customer_id: UUID
    agreement_name: str
    service_name: str
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    until: datetime
    """The end of what is evaluated; a later one replaces the one before."""
    timezone: str
    """The IANA zone whose calendar the period follows."""
    performance: Decimal | None
    """Overall performance percentage to date."""
    met: bool | None
    objectives: tuple[ObjectiveResult, ...]


class ObjectiveBreached(Event, service="sla", aggregate="agreement_id", name="ObjectiveBreached", for_customer=True):
    agreement_id: UUID
    statement_id: UUID
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    period_from: datetime
    period_to: datetime
    target: Decimal
    attained: Decimal
    coverage: Decimal | None = None
    """Percent of the minutes in scope that were measured; null of incidents."""


class ObjectiveCleared(Event, service="sla", aggregate="agreement_id", name="ObjectiveCleared", for_customer=True):
    """A restatement cleared a breach: the objective was not missed after all."""

    agreement_id: UUID
    statement_id: UUID
    """The one that replaces the other."""
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    period_from: datetime
    period_to: datetime
    target: Decimal
    attained: Decimal | None
    """Percent; null when nothing is left that it is counted on."""
    coverage: Decimal | None = None
    """Percent of the minutes in scope that were measured; null of incidents."""


class ErrorBudgetBurning(Event, service="sla", aggregate="agreement_id", name="ErrorBudgetBurning", for_customer=True):
    """The error budget of the running period burns too fast; emitted once until it recovers."""

    agreement_id: UUID
    customer_id: UUID
    objective_id: UUID
    objective_name: str
    rule: str
    """The long window, as PT1H."""
    burn_rate: Decimal
    """How many times faster than the target allows, over the long window."""
    threshold: Decimal
    period_from: datetime
    period_to: datetime
    since: datetime


class ErrorBudgetRecovered(
    Event, service="sla", aggregate="agreement_id", name="ErrorBudgetRecovered", for_customer=True
):
    """The burn rate rule no longer fires."""

    agreement_id: UUID
    customer_id: UUID
    objective_id: UUID
    rule: str
    since: datetime
    recovered_at: datetime
