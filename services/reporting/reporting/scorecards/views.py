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
    TOO_LITTLE_MEASURED = "too_little_measured"
    """Less than the agreed coverage floor: there is a figure, but no verdict."""
    NO_CASES = "no_cases"
    """Nothing happened that it could be judged by."""
    PENDING = "pending"
    """Its window ends later."""
    AWAITED = "awaited"
    """The period has no statement yet."""

    @classmethod
    def from_met(cls, met: bool | None) -> "Verdict":
        if met is None:
            return cls.NOT_MEASURED
        return cls.MET if met else cls.MISSED

    @classmethod
    def from_result(cls, met: bool | None, verdict: str | None) -> "Verdict":
        """Return the verdict of an objective; older events say only whether it was met."""
        return cls(verdict) if met is None and verdict in list(cls) else cls.from_met(met)


class ReportedCustomer(View):
    id: UUID
    name: str


class Performance(View):
    percent: Decimal | None
    """The mean over the statements, and over figures to date, with a performance; null when there is none."""
    provisional: bool
    """Whether figures to date are among these, of periods that have no statement yet."""
    until: datetime | None
    """Up to when all figures to date were measured: the earliest such instant; null where there are none."""
    agreements: int
    """The number of agreements in force in the period."""
    stated: int
    """The number of these agreements that have a statement on the period."""
    objectives: int
    """The number of objectives with a verdict."""
    objectives_met: int
    objectives_missed: int
    objectives_undecided: int
    """The number of objectives without a verdict: not measured, too little, nothing to judge, or still awaited."""
    verdict: Verdict
    """Missed as soon as one objective is; met once every agreement is stated and every measured objective is met."""


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
    warnings: list[str]
    """little_evidence, good_above_total: what somebody who reads the verdict should know about what it rests on."""


class Credit(View):
    amount: Decimal
    currency: str


class StatementCard(View):
    """One review period of one agreement, from its newest statement."""

    agreement_id: UUID
    agreement_name: str
    service_name: str
    offering_name: str | None
    tier: str | None
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    timezone: str | None
    """The IANA zone whose calendar the period follows; null in older statements."""
    performance: Decimal | None
    verdict: Verdict
    objectives: list[Objective]
    credit: Credit | None
    statement_id: UUID
    revision: int
    sha256: str
    """The hash of the statement's canonical JSON, as the sla service stores it."""
    issued_at: datetime


class ProgressCard(View):
    """A review period under way, as it stood at `until`: provisional, until its statement is issued."""

    agreement_id: UUID
    agreement_name: str
    service_name: str
    offering_name: str | None
    tier: str | None
    period_from: datetime
    period_to: datetime
    """Exclusive."""
    timezone: str
    until: datetime
    performance: Decimal | None
    verdict: Verdict
    objectives: list[Objective]


class AwaitedCard(View):
    """An agreement that was in force in the period, with neither a statement on it nor figures to date."""

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
    """False once a newer revision of the statement shows no breach."""


class IssueCard(View):
    """An issue that was open in the period, or that was opened for the period's statement."""

    issue_id: UUID
    agreement_id: UUID
    title: str
    priority: int
    opened_at: datetime
    resolved_at: datetime | None


class Withheld(View):
    """The reason why something is not shown: too few answers, or else that the survey is not closed."""

    answered: int
    needed: int


class SatisfactionCard(View):
    """A survey that opened in the period, whenever its answers came."""

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
    """The score; null while fewer than smallest_n people have answered."""
    withheld: Withheld | None
    """Why there are answers and no score; null otherwise."""
    low: Decimal | None
    high: Decimal | None
    population: int
    smallest_n: int
    measured_at: datetime


class TrendPoint(View):
    period: str
    performance: Decimal | None
    provisional: bool = False
    """Whether figures to date are in it."""
    verdict: Verdict


class Scorecard(View):
    format: Literal["rapport-scorecard/1"] = FORMAT
    customer: ReportedCustomer
    period: str
    performance: Performance
    statements: list[StatementCard]
    under_way: list[ProgressCard]
    """Figures to date of the periods that have no statement yet."""
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
    """The hash of the scorecard's canonical JSON (RFC 8785), the form in which this answer is written."""


class ScorecardLine(View):
    """A scorecard in one line."""

    customer: ReportedCustomer
    period: str
    performance: Performance
    breaches: int
    """The number of breaches that stand."""
    open_issues: int
    satisfaction: list[SatisfactionCard]
