"""The scorecard as a document: missing figures are null, never 0 or 100. Percentages are decimals written as text."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal
from uuid import UUID

from common.views import View

FORMAT: Literal["rapport-scorecard/1"] = "rapport-scorecard/1"


class Verdict(StrEnum):
    MET = "met"
    MISSED = "missed"
    NOT_MEASURED = "not_measured"
    AWAITED = "awaited"
    """The period's statement is not there yet."""

    @classmethod
    def from_met(cls, met: bool | None) -> "Verdict":
        if met is None:
            return cls.NOT_MEASURED
        return cls.MET if met else cls.MISSED


class CustomerView(View):
    id: UUID
    name: str


class Performance(View):
    percent: Decimal | None
    """The mean over the statements that have one; null when none has."""
    agreements: int
    """In force in the period."""
    stated: int
    """Of these, how many have a statement on the period."""
    objectives: int
    """With a verdict."""
    objectives_met: int
    verdict: Verdict
    """Missed as soon as one objective is; met when every agreement is stated and all that is judged is met."""


class Objective(View):
    objective_id: UUID
    name: str
    target: Decimal
    attained: Decimal | None
    verdict: Verdict
    budget_remaining: Decimal | None
    """Percent of the error budget, negative when overspent."""
    coverage: Decimal | None
    """Percent of the minutes in scope for which something was measured."""
    margin: Decimal | None
    """Percentage points above the target: its sign is the verdict's where what was attained looks like the target."""


class Credit(View):
    amount: Decimal
    currency: str


class StatementCard(View):
    """One review period of one agreement, as its newest statement says."""

    agreement_id: UUID
    agreement_name: str
    service_name: str
    offering_name: str | None
    tier: str | None
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    performance: Decimal | None
    verdict: Verdict
    objectives: list[Objective]
    credit: Credit | None
    statement_id: UUID
    revision: int
    sha256: str
    """Of the statement's canonical JSON, as the sla service holds it."""
    issued_at: datetime


class AwaitedCard(View):
    """An agreement that was in force in the period and has no statement on it yet."""

    agreement_id: UUID
    agreement_name: str
    service_name: str
    offering_name: str | None
    tier: str | None
    starts_on: date
    objectives: list[Objective]


class BreachCard(View):
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    period_from: datetime
    target: Decimal
    attained: Decimal
    standing: bool
    """False once a newer revision of the statement shows no breach any more."""


class IssueCard(View):
    """An issue that was open in the period, or that the period's statement gave rise to."""

    issue_id: UUID
    agreement_id: UUID
    title: str
    priority: int
    opened_at: datetime
    resolved_at: datetime | None


class SatisfactionCard(View):
    """A survey opened in the period, whenever its answers came."""

    survey_id: UUID
    survey_name: str
    period: str
    instrument: str
    scoring: str
    invited: int
    answered: int
    response_rate: Decimal | None
    n: int
    score: Decimal | None
    """Null while too few have answered: see smallest_n."""
    low: Decimal | None
    high: Decimal | None
    population: int
    smallest_n: int
    measured_at: datetime


class TrendPoint(View):
    period: str
    performance: Decimal | None
    verdict: Verdict


class Scorecard(View):
    format: Literal["rapport-scorecard/1"] = FORMAT
    customer: CustomerView
    period: str
    performance: Performance
    statements: list[StatementCard]
    awaited: list[AwaitedCard]
    breaches: list[BreachCard]
    issues: list[IssueCard]
    satisfaction: list[SatisfactionCard]
    trend: list[TrendPoint]
    """The twelve months up to the period, without the empty ones at their beginning."""
    satisfaction_trend: list[SatisfactionCard]
    """The surveys of the same months."""


class ScorecardAnswer(View):
    scorecard: Scorecard
    sha256: str
    """Of the scorecard's canonical JSON (RFC 8785), which is how this answer is written."""


class ScorecardLine(View):
    """A scorecard in one line."""

    customer: CustomerView
    period: str
    performance: Performance
    breaches: int
    """That stand."""
    open_issues: int
    satisfaction: list[SatisfactionCard]
