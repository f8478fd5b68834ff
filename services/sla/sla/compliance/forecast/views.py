"""The views of open periods over HTTP: forecasts, burn rates and the risk of a breach."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, Self
from uuid import UUID

from pydantic import Field

from common.views import View
from sla.agreements.model import Agreement
from sla.agreements.objectives import ObjectiveKind
from sla.agreements.review_periods import ReviewPeriod
from sla.agreements.states import AgreementState
from sla.agreements.terms import Terms
from sla.compliance.evaluation.period_evaluation import ObjectiveVerdict
from sla.compliance.evaluation.ratios import cut_percent, places_to_tell
from sla.compliance.forecast.burn_rates import BurnRate, cut_rate
from sla.compliance.forecast.period_forecast import ObjectiveForecast, Outlook, PeriodForecast
from sla.hours.durations import format_duration
from sla.hours.spans import MINUTE


class BurnRateView(View):
    rule: str = Field(description="The long window.", examples=["PT1H"])
    short_window: str = Field(description="Both windows must exceed the threshold.", examples=["PT5M"])
    burn_rate: Decimal | None
    short_window_burn_rate: Decimal | None
    threshold: Decimal = Field(description="Cut down, and rates are cut up: what fires never looks as if it did not.")
    firing: bool

    @classmethod
    def from_burn_rate(cls, burn_rate: BurnRate) -> Self:
        return cls(
            rule=burn_rate.rule.name,
            short_window=burn_rate.rule.short_name,
            burn_rate=burn_rate.shown_rate,
            short_window_burn_rate=cut_rate(burn_rate.short_window_rate),
            threshold=burn_rate.shown_threshold,
            firing=burn_rate.is_firing,
        )


class BreachRiskView(View):
    """An estimate: how often the target would be missed if what is left of the window went as past days did."""

    probability: Decimal = Field(description="Between 0 and 1.")
    days: int = Field(description="Past days that it is estimated from; what is to come may begin like any of them.")


class ObjectiveStatusView(View):
    """One objective of an open period, in percent; the verdicts compare exact values."""

    objective_id: UUID
    name: str
    kind: ObjectiveKind
    target: Decimal
    attained: Decimal | None = Field(description="To date.")
    margin: Decimal | None = Field(
        description="Percentage points above the target, cut down: below 0 if and only if it is missed."
    )
    verdict: ObjectiveVerdict
    budget_consumed: Decimal | None
    budget_remaining: Decimal | None
    coverage: Decimal | None
    credit_percent: Decimal = Field(description="Of the charge: what it would owe if the period ended now.")
    window_from: datetime
    window_to: datetime
    if_perfect: Decimal | None = Field(description="What the window attains if nothing more goes wrong.")
    can_be_met: bool | None = Field(description="Null for incidents: it depends on how many there will be.")
    affordable_minutes: int | None = Field(description="Bad minutes left, if minutes decide; negative once it is lost.")
    largest_outage: str | None = Field(
        description="The longest outage from now on with the target still met; null once it is lost."
    )
    breach_unavoidable_at: datetime | None = Field(
        description="When the target is lost if all is bad from now on, or was lost; null while it cannot be lost."
    )
    burn_rates: list[BurnRateView] = Field(
        description="Empty for incidents and volumes: their budgets are not spent by the minute."
    )
    breach_risk: BreachRiskView | None = Field(
        description="Null for incidents and volumes, and if fewer than 14 days were measured to estimate it from."
    )

    @classmethod
    def from_forecast(cls, forecast: ObjectiveForecast, terms: Terms) -> Self:
        outcome, open_window = forecast.outcome, forecast.open_window
        outage = open_window.largest_outage if open_window else None
        return super().from_entity(
            outcome.objective,
            outcome.assessment,
            outcome,
            forecast,
            objective_id=outcome.objective.id,
            credit_percent=outcome.credit_percent(terms),
            window_from=forecast.window.start,
            window_to=forecast.window.full_end,
            if_perfect=cut_percent(forecast.if_perfect, places_to_tell(outcome.assessment.target)),
            affordable_minutes=open_window.affordable_minutes if open_window else None,
            largest_outage=None if outage is None else format_duration(outage * MINUTE),
            breach_unavoidable_at=open_window.breach_unavoidable_at if open_window else None,
            burn_rates=[BurnRateView.from_burn_rate(burn_rate) for burn_rate in forecast.burn_rates],
            breach_risk=forecast.risk,
        )


class ObjectiveInShort(View):
    """One objective of an open period, in percent."""

    objective_id: UUID
    name: str
    kind: ObjectiveKind
    target: Decimal
    attained: Decimal | None = Field(description="To date.")
    margin: Decimal | None = Field(description="Percentage points above the target, cut down.")
    verdict: ObjectiveVerdict
    can_be_met: bool | None = Field(description="Null for incidents: it depends on how many there will be.")

    @classmethod
    def from_forecast(cls, forecast: ObjectiveForecast) -> Self:
        outcome = forecast.outcome
        return super().from_entity(
            outcome.objective, outcome.assessment, outcome, forecast, objective_id=outcome.objective.id
        )


class ComplianceSummary(View):
    """The current review period of an agreement as it stands; nothing of it is stored."""

    outlook: Outlook
    period: str | None = Field(description="Null, like the rest, while nothing is in force.")
    period_from: datetime | None
    period_to: datetime | None
    until: datetime | None
    performance: Decimal | None = Field(description="To date: the mean of what was attained, by weight, in percent.")
    met: bool | None
    credit: Decimal | None
    objectives: list[ObjectiveInShort]

    @classmethod
    def from_forecast(cls, period: ReviewPeriod, forecast: PeriodForecast) -> Self:
        to_date = forecast.to_date
        return super().from_entity(
            to_date,
            forecast,
            period=period.key,
            period_from=period.start,
            period_to=period.end,
            until=to_date.window.end,
            performance=cut_percent(to_date.performance),
            objectives=[ObjectiveInShort.from_forecast(objective) for objective in forecast.objectives],
        )


NOTHING_IN_FORCE = ComplianceSummary(
    outlook=Outlook.NOT_IN_FORCE,
    period=None,
    period_from=None,
    period_to=None,
    until=None,
    performance=None,
    met=None,
    credit=None,
    objectives=[],
)


class PeriodComplianceView(View):
    """A review period as it stands; nothing of it is stored."""

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
    def from_forecast(cls, agreement_id: UUID, period: ReviewPeriod, forecast: PeriodForecast) -> Self:
        to_date = forecast.to_date
        return super().from_entity(
            to_date,
            agreement_id=agreement_id,
            period=period.key,
            period_from=period.start,
            period_to=period.end,
            until=to_date.window.end,
            performance=cut_percent(to_date.performance),
            objectives=[
                ObjectiveStatusView.from_forecast(objective, to_date.terms) for objective in forecast.objectives
            ],
        )


NOT_IN_FORCE_REASONS = {
    AgreementState.SIGNED: "It is signed, and begins on {starts_on}.",
    AgreementState.ENDED: "It has ended.",
    AgreementState.WITHDRAWN: "It was withdrawn before both sides had signed it.",
    AgreementState.REJECTED: "It was rejected before both sides had signed it.",
}


class ComplianceNotInForce(View):
    """An agreement that promises nothing today: it is not signed, has not begun, or has ended."""

    agreement_id: UUID
    state: Literal[Outlook.NOT_IN_FORCE] = Outlook.NOT_IN_FORCE
    agreement_state: AgreementState
    starts_on: date
    ends_on: date | None
    reason: str = Field(description="Why nothing is in force.", examples=["Both sides have not signed it yet."])

    @classmethod
    def from_agreement(cls, agreement: Agreement) -> Self:
        state = agreement.state
        reason = NOT_IN_FORCE_REASONS.get(state, "Both sides have not signed it yet.")
        if state in {AgreementState.ACTIVE, AgreementState.SUSPENDED}:
            reason = "Its review period has just begun, or is over."
        return super().from_entity(
            agreement,
            agreement_id=agreement.id,
            state=Outlook.NOT_IN_FORCE,
            agreement_state=state,
            reason=reason.format(starts_on=agreement.starts_on),
        )
