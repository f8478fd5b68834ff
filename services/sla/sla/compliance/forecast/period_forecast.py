"""An open period: what was attained to date, what can still come of it, and how fast its error budget is spent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
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
from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence, minutes_between
from sla.compliance.evaluation.exclusion_masks import build_exclusion_mask, exclusions_of_objective
from sla.compliance.evaluation.objective_kinds import assess_volume, compute_local_day_starts
from sla.compliance.evaluation.period_evaluation import ObjectiveOutcome, PeriodEvaluation, evaluate_period
from sla.compliance.evaluation.windows import (
    DaysInForce,
    ServiceWindow,
    build_service_window,
    compute_evaluation_window,
    days_in_force_of,
)
from sla.compliance.forecast import objective_forecast
from sla.compliance.forecast.breach_risk import LOOKBACK_DAYS
from sla.compliance.forecast.burn_rates import BurnRate, compute_burn_rates
from sla.compliance.forecast.objective_forecast import ForecastBasis, ObjectiveForecast, ScopedWindow
from sla.hours.spans import ONE_MICROSECOND


class ForecastWindow(NamedTuple):
    """The objective's window that ends with the period or, if that is later, with its calendar unit."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """In real time."""
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
        """None for incidents: how many there will be nobody knows."""
        perfect, objective = self.forecast.if_perfect, self.outcome.objective
        if perfect is None or isinstance(objective, IncidentObjective):
            return None
        return perfect.reaches(self.outcome.assessment.target)


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
    """`evidence` reaches from before `start` to `until`: the further back, the more there is to estimate from."""
    period = OpenPeriod(terms, start, until, end, days or days_in_force_of(terms))
    to_date = replace(evaluate_period(terms, start, until, evidence, period.days), charged_until=end)
    windows: dict[tuple[datetime, datetime], ServiceWindow] = {}

    def window(begin: datetime, finish: datetime) -> ServiceWindow:
        if (begin, finish) not in windows:
            windows[begin, finish] = build_service_window(terms, begin, finish)
        return windows[begin, finish]

    look = PeriodForecaster(period, evidence, window)
    outcomes = [look.outcome_to_date(outcome) for outcome in to_date.outcomes]
    return PeriodForecast(replace(to_date, outcomes=outcomes), [look.objective_status(outcome) for outcome in outcomes])


@dataclass(frozen=True, slots=True)
class PeriodForecaster:
    period: OpenPeriod
    evidence: PeriodEvidence
    window: Callable[[datetime, datetime], ServiceWindow]

    def outcome_to_date(self, outcome: ObjectiveOutcome) -> ObjectiveOutcome:
        """An hour, day or period that is not over has kept to no volume yet, nor missed it, while that can change."""
        objective = outcome.objective
        if not isinstance(objective, VolumeObjective) or (
            objective.per == "period" and isinstance(objective.window, RollingWindow)
        ):
            return outcome
        whole = self._stage(objective, outcome.window.start, compute_forecast_window(objective, self.period).end)
        until = min(self.period.until, whole.window.end)
        minutes = minutes_between(self.evidence.minutes[objective.indicator_id], whole.window.start, until)
        return replace(
            outcome,
            objective_assessment=assess_volume(objective, minutes, whole.window, whole.excluded, self._timezone),
        )

    def objective_status(self, outcome: ObjectiveOutcome) -> ObjectiveStatus:
        period, objective = self.period, outcome.objective
        asked = compute_forecast_window(objective, period)
        burning = list(compute_burn_rates(objective, period.terms, period.until, asked.length, self.evidence))
        return ObjectiveStatus(outcome, burning, self._foresight(objective, asked), asked)

    def _foresight(self, objective: Objective, asked: ForecastWindow) -> ObjectiveForecast:
        if isinstance(objective, IncidentObjective):
            return objective_forecast.forecast_incidents(self.evidence.incidents[objective.id])
        if isinstance(objective, PercentileObjective):
            observed = self.evidence.observations[objective.indicator_id]
            return objective_forecast.forecast_percentile(
                objective, self._ahead(objective, asked, observed.start), observed
            )
        minutes = self.evidence.minutes[objective.indicator_id]
        ahead = self._ahead(objective, asked, minutes.start)
        if isinstance(objective, VolumeObjective):
            return objective_forecast.forecast_volume(objective, ahead, minutes)
        return objective_forecast.forecast_measured(objective, ahead, minutes)

    def _ahead(self, objective: Objective, asked: ForecastWindow, known_from: datetime) -> ForecastBasis:
        terms, until = self.period.terms, self.period.until
        today = local_day(terms, until)
        since = max(known_from, midnight(terms, today - timedelta(days=LOOKBACK_DAYS)))
        past = self._stage(objective, since, max(since, midnight(terms, today)))
        seed = f"{objective.id} {until.isoformat()}"
        return ForecastBasis(self._stage(objective, *asked), min(until, asked.end), past, self._timezone, seed)

    def _stage(self, objective: Objective, start: datetime, end: datetime) -> ScopedWindow:
        window = self.window(start, end)
        excluded = build_exclusion_mask(exclusions_of_objective(self.evidence.exclusions, objective.id), window).all
        return ScopedWindow(window, excluded, compute_local_day_starts(window, self._timezone))

    @property
    def _timezone(self) -> str:
        return self.period.terms.service_hours.timezone


def compute_forecast_window(objective: Objective, period: OpenPeriod) -> ForecastWindow:
    start = compute_evaluation_window(objective, period.terms, period.start, period.end, period.days).start
    if not isinstance(objective.window, CalendarWindow):
        return ForecastWindow(start, period.end)
    unit = calendar_period_of(local_day(period.terms, period.end - ONE_MICROSECOND), objective.window.calendar)
    last = period.days.last_day
    after = unit.day_after if last is None else min(unit.day_after, last + timedelta(days=1))
    return ForecastWindow(start, midnight(period.terms, after))
