"""How statements, their keys and open periods look to clients."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from common.views import Instant, RequiredText, View
from sla.agreements.objectives import ObjectiveKind
from sla.agreements.review_periods import ReviewPeriod, parse_period_key
from sla.compliance.evaluation.period_evaluation import ObjectiveVerdict
from sla.compliance.evaluation.ratios import rounded_percent
from sla.compliance.forecast.burn_rates import BurnRate
from sla.compliance.forecast.period_forecast import ObjectiveStatus, PeriodForecast
from sla.compliance.statements.document import StatementVerification
from sla.compliance.statements.model import Statement, StatementKey
from sla.compliance.statements.signing import to_jwk
from sla.hours.durations import format_duration
from sla.hours.spans import MINUTE, ONE_MICROSECOND
from sla.hours.time_zones import FIRST_YEAR, LAST_YEAR


def _period(text: str) -> str:
    if not FIRST_YEAR <= parse_period_key(text).year < LAST_YEAR:
        raise ValueError("must be of the years agreements can run in")
    return text


PeriodKey = Annotated[str, StringConstraints(max_length=10), AfterValidator(_period)]


class NewStatement(View):
    period: PeriodKey = Field(
        description="The key of a review period, in the zone of the service hours.", examples=["2026-10", "2026-Q4"]
    )


class NewRestatement(View):
    reason: RequiredText = Field(examples=["A probe was misread."])


class StatementSummary(View):
    id: UUID
    agreement_id: UUID
    customer_id: UUID
    number: int = Field(description="Its place in the chain of the agreement's statements.")
    period: str
    period_from: Instant
    period_to: Instant
    revision: int
    performance: Decimal | None = Field(description="Mean of what was attained, by weight, in percent.")
    met: bool | None
    sha256: str = Field(description="Of the document's canonical JSON (RFC 8785).")
    previous_sha256: str | None
    issued_at: Instant

    @classmethod
    def from_entity(cls, statement: Statement) -> Self:
        return cls.model_validate(cls._fields(statement))

    @classmethod
    def _fields(cls, statement: Statement) -> dict[str, Any]:
        names = set(cls.model_fields) - {"performance", "met", "signature"}
        result = statement.result
        return {name: getattr(statement, name) for name in names} | {
            name: result[name] for name in ("performance", "met")
        }


class StatementSignatureView(View):
    algorithm: Literal["Ed25519"] = "Ed25519"
    key_id: str = Field(description="Of the key as GET /sla/v1/statement-keys publishes it.")
    value: str = Field(description="Over the 32 bytes of the hash, in base64url.")


class StatementView(StatementSummary):
    document: dict[str, Any]
    signature: StatementSignatureView

    @classmethod
    def from_entity(cls, statement: Statement) -> Self:
        signature = StatementSignatureView(key_id=statement.kid, value=statement.signature)
        return cls.model_validate(cls._fields(statement) | {"signature": signature})


class StatementKeyView(View):
    """A JSON Web Key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str

    @classmethod
    def from_entity(cls, key: StatementKey) -> Self:
        return cls.model_validate(to_jwk(key.public))


class StatementKeySetView(View):
    keys: list[StatementKeyView] = Field(description="Newest first; those that are no longer signed with as well.")


class StatementExport(View):
    """What `rapport verify` checks offline."""

    document: dict[str, Any]
    sha256: str
    signature: StatementSignatureView
    key: StatementKeyView = Field(description="For convenience: trust the published one.")

    @classmethod
    def from_entity(cls, statement: Statement, key: StatementKey) -> Self:
        return cls(
            document=statement.document,
            sha256=statement.sha256,
            signature=StatementSignatureView(key_id=statement.kid, value=statement.signature),
            key=StatementKeyView.from_entity(key),
        )


class ClosingRefusalView(View):
    agreement_id: UUID
    rule: str = Field(description="As the type of a problem ends.")
    message: str


class ClosingView(View):
    closed: int = Field(description="Periods that got their statement.")
    restated: int
    refused: list[ClosingRefusalView]


class StatementDifferenceView(View):
    field: str
    stated: Any
    found: Any


class StatementVerificationView(View):
    verified: bool = Field(description="Untouched, chained, signed, and the same again, bit for bit.")
    untouched: bool = Field(description="The document still has its hash.")
    chained: bool = Field(description="So has every statement before, and each names the hash of the one before it.")
    signed: bool = Field(description="The signature fits the hash and the published key.")
    recomputed: bool = Field(description="The stored measurements give the same result again.")
    differences: list[StatementDifferenceView]

    @classmethod
    def from_verification(cls, found: StatementVerification) -> Self:
        recomputed = not found.differences
        return cls(
            verified=found.is_untouched and found.is_chained and found.is_signed and recomputed,
            untouched=found.is_untouched,
            chained=found.is_chained,
            signed=found.is_signed,
            recomputed=recomputed,
            differences=[StatementDifferenceView(**one._asdict()) for one in found.differences],
        )


class BurnRateView(View):
    rule: str = Field(description="The long window.", examples=["PT1H"])
    confirmed_over: str = Field(description="The short window: both must exceed the threshold.", examples=["PT5M"])
    burn_rate: Decimal | None
    burn_rate_now: Decimal | None = Field(description="Over the short window.")
    threshold: Decimal = Field(description="Rounded; compared exactly.")
    firing: bool

    @classmethod
    def from_burn_rate(cls, burn: BurnRate) -> Self:
        return cls(
            rule=burn.rule.name,
            confirmed_over=format_duration(burn.rule.short_window // ONE_MICROSECOND),
            burn_rate=burn.long_window_rate.to_decimal(3) if burn.long_window_rate else None,
            burn_rate_now=burn.short_window_rate.to_decimal(3) if burn.short_window_rate else None,
            threshold=burn.rounded_threshold,
            firing=burn.is_firing,
        )


class BreachRiskView(View):
    """A block bootstrap: what is left is drawn from past days, in blocks, and counted how often the target is lost."""

    probability: Decimal = Field(description="Between 0 and 1: an estimate.")
    days: int = Field(description="Past days that were drawn from.")
    replicates: int
    block_days: int


class ObjectiveStatusView(View):
    """Percentages; the verdicts compare exact values."""

    objective_id: UUID
    name: str
    kind: ObjectiveKind
    target: Decimal
    attained: Decimal | None = Field(description="To date.")
    margin: Decimal | None = Field(description="Percentage points above the target, away from 0: its sign is exact.")
    verdict: ObjectiveVerdict
    budget_consumed: Decimal | None
    budget_remaining: Decimal | None
    coverage: Decimal | None
    window_from: datetime
    window_to: datetime
    if_perfect: Decimal | None = Field(description="What the window attains if nothing more goes wrong.")
    can_be_met: bool | None = Field(description="Null for incidents: it depends on how many there will be.")
    affordable_minutes: int | None = Field(description="Bad minutes left, if minutes decide; negative once it is lost.")
    largest_outage: str | None = Field(description="That could begin now and would still be afforded; null once lost.")
    breach_unavoidable_at: datetime | None = Field(
        description="When the target is lost if all is bad from now on, or was lost; null while it cannot be lost."
    )
    burns: list[BurnRateView] = Field(
        description="None for incidents and volumes: they are not spent by the minute, so they have no speed."
    )
    breach: BreachRiskView | None = Field(description="How likely it ends in breach; null if too little is known.")

    @classmethod
    def from_status(cls, prospect: ObjectiveStatus) -> Self:
        outcome, (perfect, course, risk) = prospect.outcome, prospect.forecast
        found, outage = outcome.assessment, course.largest_outage if course else None
        return cls(
            objective_id=outcome.objective.id,
            name=outcome.objective.name,
            kind=outcome.objective.kind,
            target=outcome.objective.target,
            attained=found.attained,
            margin=found.margin,
            verdict=outcome.verdict,
            budget_consumed=found.budget.consumed.to_percent(3) if found.budget else None,
            budget_remaining=found.budget.remaining.to_percent(3) if found.budget else None,
            coverage=rounded_percent(found.coverage),
            window_from=prospect.window.start,
            window_to=prospect.window.end,
            if_perfect=rounded_percent(perfect),
            can_be_met=prospect.can_be_met,
            affordable_minutes=course.affordable_minutes if course else None,
            largest_outage=None if outage is None else format_duration(outage * MINUTE),
            breach_unavoidable_at=course.breach_unavoidable_at if course else None,
            burns=[BurnRateView.from_burn_rate(burn) for burn in prospect.burn_rates],
            breach=BreachRiskView.model_validate(risk) if risk else None,
        )


class PeriodComplianceView(View):
    """A period as it stands. Nothing of it is kept."""

    agreement_id: UUID
    period: str
    period_from: datetime
    period_to: datetime
    until: datetime
    performance: Decimal | None
    met: bool | None
    credit: Decimal | None
    objectives: list[ObjectiveStatusView]

    @classmethod
    def from_forecast(cls, agreement_id: UUID, period: ReviewPeriod, found: PeriodForecast) -> Self:
        return cls(
            agreement_id=agreement_id,
            period=period.key,
            period_from=period.start,
            period_to=period.end,
            until=found.to_date.window.end,
            performance=rounded_percent(found.to_date.performance),
            met=found.to_date.met,
            credit=found.to_date.credit,
            objectives=[ObjectiveStatusView.from_status(prospect) for prospect in found.objectives],
        )
