"""Forecast an open period: what was attained to date, what can still be attained, and how fast budgets are spent."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sla.agreements.objectives import (
    CalendarWindow,
    IncidentObjective,
    Objective,
    PercentileObjective,
    RollingWindow,
    VolumeObjective,
)
from sla.agreements.review_periods import local_day, midnight
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence, minutes_between
from sla.compliance.evaluation.exclusion_masks import mask_excluded
from sla.compliance.evaluation.objective_kinds import assess_volume, compute_local_day_starts
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.windows import (
    DaysInForce,
    ServiceWindow,
    build_service_window,
    compute_calendar_window,
    compute_evaluation_window,
    days_in_force_of,
)
from sla.compliance.forecast.breach_risk import LOOKBACK_DAYS
from sla.compliance.forecast.burn_rates import BurnRate, compute_burn_rates
from sla.compliance.forecast.objective_forecast import (
    ForecastBasis,
    ObjectiveForecast,
    ScopedWindow,
    forecast_incidents,
    forecast_measured,
    forecast_percentile,
    forecast_volume,
)


class ForecastWindow(NamedTuple):
    """The objective's window that ends with the period or, if that is later, with its calendar unit."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Length in real time."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class ObjectiveStatus:
    outcome: ObjectiveOutcome
    """To date."""
    burn_rates: list[BurnRate]
    forecast: ObjectiveForecast
    window: ForecastWindow

    @property
    def can_be_met(self) -> bool | None:
        """None for incidents: nobody knows how many there will be."""
        if_perfect, objective = self.forecast.if_perfect, self.outcome.objective
        if if_perfect is None or isinstance(objective, IncidentObjective):
            return None
        return if_perfect.reaches(self.outcome.assessment.target)


@dataclass(frozen=True, slots=True)
class PeriodForecast:
    to_date: PeriodEvaluation
    objectives: list[ObjectiveStatus]


@dataclass(frozen=True, slots=True)
class OpenPeriod:
    """A period that is not over, and when it is looked at."""

    terms: Terms
    start: datetime
    until: datetime
    end: datetime
    days: DaysInForce


def compute_period_forecast(
    terms: Terms,
    start: datetime,
    until: datetime,
    end: datetime,
    evidence: PeriodEvidence,
    days: DaysInForce | None = None,
) -> PeriodForecast:
    """Forecast from `evidence` up to `until`: the further back it reaches, the more there is to estimate from."""
    period = OpenPeriod(terms, start, until, end, days or days_in_force_of(terms))
    to_date = replace(evaluate_period(terms, start, until, evidence, period.days), charged_until=end)
    forecaster = PeriodForecaster(period, evidence)
    outcomes = [forecaster.outcome_to_date(outcome) for outcome in to_date.outcomes]
    statuses = [forecaster.objective_status(outcome) for outcome in outcomes]
    return PeriodForecast(replace(to_date, outcomes=outcomes), statuses)


@dataclass(frozen=True, slots=True)
class PeriodForecaster:
    period: OpenPeriod
    evidence: PeriodEvidence
    _windows: dict[tuple[datetime, datetime], ServiceWindow] = field(default_factory=dict)

    def outcome_to_date(self, outcome: ObjectiveOutcome) -> ObjectiveOutcome:
        """Assess volumes anew: an hour, day or period that is not over counts only if nothing can change its result."""
        objective = outcome.objective
        if not isinstance(objective, VolumeObjective) or (
            objective.per == "period" and isinstance(objective.window, RollingWindow)
        ):
            return outcome
        end = compute_forecast_window(objective, self.period).end
        scoped = self._scoped_window(objective, outcome.window.start, end)
        until = min(self.period.until, scoped.window.end)
        minutes = minutes_between(self.evidence.minutes[objective.indicator_id], scoped.window.start, until)
        assessment = assess_volume(objective, minutes, scoped.window, self._timezone, scoped.excluded)
        return replace(outcome, objective_assessment=assessment)

    def objective_status(self, outcome: ObjectiveOutcome) -> ObjectiveStatus:
        period, objective = self.period, outcome.objective
        window = compute_forecast_window(objective, period)
        burn_rates = list(compute_burn_rates(objective, period.terms, period.until, window.length, self.evidence))
        return ObjectiveStatus(outcome, burn_rates, self._forecast(objective, window), window)

    def _forecast(self, objective: Objective, window: ForecastWindow) -> ObjectiveForecast:
        if isinstance(objective, IncidentObjective):
            return forecast_incidents(self.evidence.incidents[objective.id])
        if isinstance(objective, PercentileObjective):
            observations = self.evidence.observations[objective.indicator_id]
            return forecast_percentile(objective, self._basis(objective, window, observations.start), observations)
        minutes = self.evidence.minutes[objective.indicator_id]
        basis = self._basis(objective, window, minutes.start)
        if isinstance(objective, VolumeObjective):
            return forecast_volume(objective, basis, minutes)
        return forecast_measured(objective, basis, minutes)

    def _basis(self, objective: Objective, window: ForecastWindow, measured_since: datetime) -> ForecastBasis:
        terms, until = self.period.terms, self.period.until
        today = local_day(terms, until)
        since = max(measured_since, midnight(terms, today - timedelta(days=LOOKBACK_DAYS)))
        past = self._scoped_window(objective, since, max(since, midnight(terms, today)))
        seed = f"{objective.id} {until.isoformat()}"
        scoped = self._scoped_window(objective, *window)
        return ForecastBasis(scoped, min(until, window.end), past, self._timezone, seed)

    def _scoped_window(self, objective: Objective, start: datetime, end: datetime) -> ScopedWindow:
        if (start, end) not in self._windows:
            self._windows[start, end] = build_service_window(self.period.terms, start, end)
        window = self._windows[start, end]
        excluded = mask_excluded(self.evidence.exclusions, objective.id, window)
        return ScopedWindow(window, excluded, compute_local_day_starts(window, self._timezone))

    @property
    def _timezone(self) -> str:
        return self.period.terms.service_hours.timezone


def compute_forecast_window(objective: Objective, period: OpenPeriod) -> ForecastWindow:
    terms, end, days = period.terms, period.end, period.days
    if isinstance(objective.window, CalendarWindow):
        return ForecastWindow(*compute_calendar_window(objective.window, terms, end, days))
    return ForecastWindow(compute_evaluation_window(objective, terms, period.start, end, days).start, end)
