"""Forecast each kind of objective whose window is not over."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from sla.agreements.objectives import (
    BudgetingMethod,
    MeasuredObjective,
    MissingData,
    PercentileObjective,
    VolumeObjective,
)
from sla.compliance.evaluation.assessment import Assessment, Mask, count_true
from sla.compliance.evaluation.evidence import minutes_between, observations_between
from sla.compliance.evaluation.objective_kinds import (
    VolumeUnits,
    assess_measured,
    assess_percentile,
    assess_volume,
    build_volume_units,
)
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction, ratio_or_none
from sla.compliance.evaluation.windows import ServiceWindow
from sla.compliance.forecast.breach_risk import (
    BreachRisk,
    RiskAmounts,
    compute_day_event_rates,
    compute_day_rates,
    estimate_breach_risk,
    estimate_volume_risk,
)
from sla.compliance.forecast.unavoidable_breach import OpenWindow
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes, MinuteState

_MINUTE = timedelta(minutes=1)


class ObjectiveForecast(NamedTuple):
    if_perfect: Ratio | None
    """What the whole window attains if nothing more goes wrong, and as much as now is measured."""
    open_window: OpenWindow | None = None
    """Only of what is measured minute by minute."""
    risk: BreachRisk | None = None


class ScopedWindow(NamedTuple):
    """A stretch of time, and which of its minutes count."""

    window: ServiceWindow
    excluded: Mask
    day_starts: Sequence[int]
    """Where its local days begin, in minutes from its start."""

    @property
    def scope(self) -> Mask:
        return self.window.in_service & ~self.excluded

    def window_during(self, minutes: slice) -> ServiceWindow:
        start = self.window.start
        first, last = start + minutes.start * _MINUTE, start + minutes.stop * _MINUTE
        return ServiceWindow(first, last, self.window.in_service[minutes], 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class ForecastBasis:
    """The state of a window, and the past days that its rest is drawn from."""

    window: ScopedWindow
    until: datetime
    """Now, or the end of the window."""
    past: ScopedWindow
    timezone: str
    seed: str

    @property
    def elapsed_minutes(self) -> int:
        return (self.until - self.window.window.start) // _MINUTE

    @property
    def remaining_scope(self) -> Mask:
        """Mask of the whole window: true for the minutes to come that count."""
        return self.window.scope & (np.arange(len(self.window.window)) >= self.elapsed_minutes)

    def estimate_risk(
        self, target: Fraction, to_date: RiskAmounts, assess_day: Callable[[slice], RiskAmounts]
    ) -> BreachRisk | None:
        days = compute_day_rates(self.past.day_starts, self.past.scope, assess_day)
        return estimate_breach_risk(target, to_date, self.remaining_scope[self.elapsed_minutes :], days, self.seed)


def forecast_measured(objective: MeasuredObjective, basis: ForecastBasis, minutes: Minutes) -> ObjectiveForecast:
    scoped, past = basis.window, basis.past
    elapsed = minutes_between(minutes, scoped.window.start, basis.until)
    budget = OpenWindow(objective, elapsed, scoped.window, scoped.excluded)
    past_minutes = minutes_between(minutes, past.window.start, past.window.end)

    def assess_day(day: slice) -> RiskAmounts:
        masks = past.window.in_service[day], past.excluded[day]
        return _risk_amounts(objective, assess_measured(objective, _minutes_of(past_minutes, day), *masks).assessment)

    risk = basis.estimate_risk(budget.target, _risk_amounts(objective, budget.to_date), assess_day)
    return ObjectiveForecast(budget.if_perfect, budget, risk)


def forecast_percentile(
    objective: PercentileObjective, basis: ForecastBasis, observations: Observations
) -> ObjectiveForecast:
    """Forecast the share of observations that is up to the limit."""
    scoped, past, elapsed = basis.window, basis.past, slice(basis.elapsed_minutes)
    past_observations = observations_between(observations, past.window.start, past.window.end)

    def assess(part: Observations, scope: ScopedWindow, minutes: slice) -> Assessment:
        in_service, excluded = scope.window.in_service[minutes], scope.excluded[minutes]
        return assess_percentile(objective, part, in_service, excluded).assessment

    def assess_day(day: slice) -> RiskAmounts:
        assessment = assess(past_observations.slice(day.start, day.stop), past, day)
        return RiskAmounts.from_assessment(assessment, assessment.in_scope)

    to_date = assess(observations_between(observations, scoped.window.start, basis.until), scoped, elapsed)
    amounts = RiskAmounts.from_assessment(to_date, to_date.in_scope)
    risk = basis.estimate_risk(percent_to_fraction(objective.target), amounts, assess_day)
    measured_minutes = count_true(scoped.scope[elapsed]) - to_date.unknown
    return ObjectiveForecast(_if_all_good(to_date, measured_minutes, count_true(basis.remaining_scope)), risk=risk)


def forecast_volume(objective: VolumeObjective, basis: ForecastBasis, minutes: Minutes) -> ObjectiveForecast:
    scoped = basis.window
    elapsed = minutes_between(minutes, scoped.window.start, basis.until)
    units = build_volume_units(objective, elapsed, scoped.window, scoped.excluded, basis.timezone)
    decided, undecided = count_true(units.is_decided), count_true(units.is_undecided)
    good = count_true(units.is_decided & units.is_within_limit)
    estimate = _estimate_risk_of_hours if objective.per == "hour" else _estimate_risk_of_days
    return ObjectiveForecast(ratio_or_none(good + undecided, decided + undecided), risk=estimate(units, basis, minutes))


def forecast_incidents(counts: IncidentCounts) -> ObjectiveForecast:
    """Forecast incident times: those that run may still end in time."""
    return ObjectiveForecast(ratio_or_none(counts.in_time + counts.running, counts.decided + counts.running))


def _estimate_risk_of_hours(units: VolumeUnits, basis: ForecastBasis, minutes: Minutes) -> BreachRisk | None:
    """Estimate from the share of the hours of each past day that did not keep to the limit."""
    past, objective = basis.past, units.objective
    past_minutes = minutes_between(minutes, past.window.start, past.window.end)

    def assess_day(day: slice) -> RiskAmounts:
        window, excluded = past.window_during(day), past.excluded[day]
        day_minutes = _minutes_of(past_minutes, day)
        assessment = assess_volume(objective, day_minutes, window, basis.timezone, excluded).assessment
        return RiskAmounts.from_assessment(assessment, assessment.in_scope - assessment.unknown)

    bad, decided = count_true(units.is_decided & ~units.is_within_limit), count_true(units.is_decided)
    return basis.estimate_risk(percent_to_fraction(objective.target), RiskAmounts(bad, decided), assess_day)


def _estimate_risk_of_days(units: VolumeUnits, basis: ForecastBasis, minutes: Minutes) -> BreachRisk | None:
    past = basis.past
    past_minutes = minutes_between(minutes, past.window.start, past.window.end)
    measured = past.scope & (past_minutes.state != MinuteState.UNKNOWN)
    days = compute_day_event_rates(past.day_starts, measured, past_minutes.total.astype(np.int64))
    return estimate_volume_risk(units, basis.remaining_scope, basis.window.day_starts, days, basis.seed)


def _risk_amounts(objective: MeasuredObjective, assessment: Assessment) -> RiskAmounts:
    """Return amounts of events, or of minutes or slices with those that are missing as agreed."""
    amount = assessment.in_scope
    if objective.missing is MissingData.IGNORE and objective.method is not BudgetingMethod.OCCURRENCES:
        amount -= assessment.unknown
    return RiskAmounts.from_assessment(assessment, amount)


def _if_all_good(to_date: Assessment, measured: int, to_come: int) -> Ratio | None:
    """Return what is attained with as many observations per minute as in those measured, all of them good."""
    if not to_date.in_scope:
        return ratio_or_none(to_come, to_come)
    events = to_date.in_scope * (measured + to_come)
    return Ratio(events - to_date.bad * measured, events)


def _minutes_of(minutes: Minutes, day: slice) -> Minutes:
    start = minutes.start + day.start * _MINUTE
    return Minutes(start, minutes.good[day], minutes.total[day], minutes.state[day])
