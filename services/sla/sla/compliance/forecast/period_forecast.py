"""Forecast an open period: what was attained to date, what can still be attained, and how fast budgets are spent."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sla.agreements.objectives import IncidentObjective, MeasuredObjective, RollingWindow, VolumeObjective
from sla.agreements.review_periods import local_day, midnight
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import count_true
from sla.compliance.evaluation.evaluation_context import EvaluationContext, MeasuredWindow
from sla.compliance.evaluation.evidence import IndicatorObjective, PeriodEvidence
from sla.compliance.evaluation.objective_kinds.volume_objectives import VolumeUnits, build_volume_units
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.ratios import Ratio, ratio_or_none
from sla.compliance.evaluation.windows import EvaluationWindow, compute_evaluation_window
from sla.compliance.forecast.breach_risk import LOOKBACK_DAYS, BreachRisk, estimate_breach_risk
from sla.compliance.forecast.burn_rates import BurnRate, compute_burn_rates
from sla.compliance.forecast.unavoidable_breach import OpenWindow, extrapolate_events
from sla.measurements.minutes import Minutes


@dataclass(frozen=True, slots=True)
class ObjectiveForecast:
    outcome: ObjectiveOutcome
    """To date."""
    window: EvaluationWindow
    """It ends with the period or, if that is later, with its calendar unit."""
    burn_rates: list[BurnRate]
    if_perfect: Ratio | None = None
    """What the whole window attains if nothing more goes wrong, and as much as now is measured."""
    open_window: OpenWindow | None = None
    """Only of what is measured minute by minute."""
    risk: BreachRisk | None = None

    @property
    def can_be_met(self) -> bool | None:
        """None for incidents: nobody knows how many there will be."""
        if self.if_perfect is None or isinstance(self.outcome.objective, IncidentObjective):
            return None
        return self.if_perfect.reaches(self.outcome.assessment.target)


class Outlook(StrEnum):
    """The state of a review period that is under way, and how it can still end."""

    NOT_IN_FORCE = "not_in_force"
    """No review period is under way: nothing was signed, has begun, or goes on."""
    NOT_MEASURED = "not_measured"
    """Nothing has a figure yet."""
    ON_TRACK = "on_track"
    BELOW_TARGET = "below_target"
    """An objective is missed to date, and none is lost."""
    LOST = "lost"
    """The target of an objective cannot be reached any more."""


@dataclass(frozen=True, slots=True)
class PeriodForecast:
    to_date: PeriodEvaluation
    objectives: list[ObjectiveForecast]

    @property
    def outlook(self) -> Outlook:
        assessments = [objective.outcome.assessment for objective in self.objectives]
        if all(assessment.ratio is None for assessment in assessments):
            return Outlook.NOT_MEASURED
        if any(objective.can_be_met is False for objective in self.objectives):
            return Outlook.LOST
        is_missed = any(assessment.met is False for assessment in assessments)
        return Outlook.BELOW_TARGET if is_missed else Outlook.ON_TRACK


def compute_period_forecast(
    terms: Terms,
    start: datetime,
    until: datetime,
    end: datetime,
    evidence: PeriodEvidence,
    *,
    in_short: bool = False,
) -> PeriodForecast:
    """Forecast from `evidence` up to `until`: the further back it reaches, the more there is to estimate from.

    `in_short`: without burn rates and the risk of a breach, for which evidence of earlier periods is needed.
    """
    context, to_date = EvaluationContext(terms, evidence), evaluate_period(terms, start, until, evidence)
    forecasts = []
    for outcome in to_date.outcomes:
        window = compute_evaluation_window(outcome.objective, terms, start, end)
        forecasts.append(_forecast_objective(context, outcome, window, until, in_short=in_short))
    outcomes = [forecast.outcome for forecast in forecasts]
    return PeriodForecast(replace(to_date, outcomes=outcomes, charged_until=end), forecasts)


def _forecast_objective(
    context: EvaluationContext, outcome: ObjectiveOutcome, window: EvaluationWindow, until: datetime, *, in_short: bool
) -> ObjectiveForecast:
    objective = outcome.objective
    burn_rates = [] if in_short else list(compute_burn_rates(context, objective, until, window.full_length))
    forecast = ObjectiveForecast(outcome, window, burn_rates)
    if isinstance(objective, IncidentObjective):  # those that run may still end in time
        counts = context.evidence.incidents[objective.id]
        if_perfect = ratio_or_none(counts.in_time + counts.running, counts.decided + counts.running)
        return replace(forecast, if_perfect=if_perfect)
    measured = context.measured_window(objective, window.start, window.full_end, until)
    match objective, measured.series:
        case VolumeObjective(), Minutes() as minutes:
            units = build_volume_units(objective, minutes, measured.window, measured.mask.excluded)
            outcome = _volume_to_date(context, objective, outcome, window, until)
            return replace(forecast, outcome=outcome, if_perfect=_volume_if_perfect(units))
        case MeasuredObjective(), Minutes() as minutes:
            open_window = OpenWindow(objective, minutes, measured)
            forecast = replace(forecast, if_perfect=open_window.if_perfect, open_window=open_window)
        case _:
            forecast = replace(forecast, if_perfect=_percentile_if_perfect(measured))
    return (
        forecast
        if in_short
        else replace(forecast, risk=estimate_breach_risk(measured, _past_days(context, objective, until)))
    )


def _past_days(context: EvaluationContext, objective: IndicatorObjective, until: datetime) -> MeasuredWindow:
    """Return the whole days before today that were measured."""
    today = local_day(context.terms, until)
    begin = midnight(context.terms, today - timedelta(days=LOOKBACK_DAYS))
    since = max(context.evidence.measured_for(objective).start, begin)
    return context.measured_window(objective, since, max(since, midnight(context.terms, today)))


def _percentile_if_perfect(measured: MeasuredWindow) -> Ratio | None:
    """Return what is attained with as many observations per minute as in those measured, all of them fast."""
    to_date, to_come = measured.assess(), count_true(measured.scope_to_come)
    return extrapolate_events(to_date, count_true(measured.scope) - to_come - to_date.unknown, to_come)


def _volume_if_perfect(units: VolumeUnits) -> Ratio | None:
    decided, undecided = count_true(units.is_decided), count_true(units.is_undecided)
    good = count_true(units.is_decided & units.is_within_limit)
    return ratio_or_none(good + undecided, decided + undecided)


def _volume_to_date(
    context: EvaluationContext,
    objective: VolumeObjective,
    outcome: ObjectiveOutcome,
    window: EvaluationWindow,
    until: datetime,
) -> ObjectiveOutcome:
    """Assess anew: an hour, day or period that is not over counts only if nothing can change its result."""
    if objective.per == "period" and isinstance(objective.window, RollingWindow):
        return outcome
    measured = context.measured_window(objective, outcome.window.start, window.full_end, until)
    return replace(outcome, assessment=measured.assess())
