"""What can still come of an objective whose window is not over, by the kind it is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from sla.compliance.forecast.remaining_budget import RemainingBudget
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes, MinuteState

_MINUTE = timedelta(minutes=1)


class ObjectiveForecast(NamedTuple):
    if_perfect: Ratio | None
    """What the whole window attains if nothing more goes wrong, and as much as now is measured."""
    remaining_budget: RemainingBudget | None = None
    """Of what is measured minute by minute."""
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
    """Where a window stands, and the days before that there is to draw from."""

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
        """Of the whole window the minutes after now that count."""
        return self.window.scope & (np.arange(len(self.window.window)) >= self.elapsed_minutes)

    def past_days(self, count: Callable[[slice], RiskAmounts]) -> list[RiskAmounts]:
        return compute_day_rates(self.past.day_starts, self.past.scope, count)


def forecast_measured(objective: MeasuredObjective, ahead: ForecastBasis, known: Minutes) -> ObjectiveForecast:
    whole, past = ahead.window, ahead.past
    course = RemainingBudget(
        objective, minutes_between(known, whole.window.start, ahead.until), whole.window, whole.excluded
    )
    before = minutes_between(known, past.window.start, past.window.end)

    def count(day: slice) -> RiskAmounts:
        found = assess_measured(
            objective, _during(before, day), past.window.in_service[day], past.excluded[day]
        ).assessment
        return _amounts(objective, found)

    so_far = _amounts(objective, course.so_far)
    return ObjectiveForecast(
        course.if_perfect,
        course,
        estimate_breach_risk(course.target, so_far, course.remaining_scope, ahead.past_days(count), ahead.seed),
    )


def forecast_percentile(objective: PercentileObjective, ahead: ForecastBasis, known: Observations) -> ObjectiveForecast:
    """Of the share of observations that is up to the limit."""
    past, gone = ahead.past, slice(ahead.elapsed_minutes)
    before = observations_between(known, past.window.start, past.window.end)

    def count(day: slice) -> RiskAmounts:
        observed = before.slice(day.start, day.stop)
        found = assess_percentile(objective, observed, past.window.in_service[day], past.excluded[day]).assessment
        return RiskAmounts.from_assessment(found, found.in_scope)

    observed = observations_between(known, ahead.window.window.start, ahead.until)
    found = assess_percentile(
        objective, observed, ahead.window.window.in_service[gone], ahead.window.excluded[gone]
    ).assessment
    so_far, to_come = RiskAmounts.from_assessment(found, found.in_scope), ahead.remaining_scope
    chance = estimate_breach_risk(
        percent_to_fraction(objective.target),
        so_far,
        to_come[ahead.elapsed_minutes :],
        ahead.past_days(count),
        ahead.seed,
    )
    return ObjectiveForecast(
        _as_many_again(found, count_true(ahead.window.scope[gone]) - found.unknown, count_true(to_come)), risk=chance
    )


def forecast_volume(objective: VolumeObjective, ahead: ForecastBasis, known: Minutes) -> ObjectiveForecast:
    whole = ahead.window
    so_far = minutes_between(known, whole.window.start, ahead.until)
    units = build_volume_units(objective, so_far, whole.window, whole.excluded, ahead.timezone)
    judged, to_come = count_true(units.is_decided), count_true(units.is_undecided)
    kept = count_true(units.is_decided & units.is_within_limit)
    chance = _of_hours if objective.per == "hour" else _of_days
    return ObjectiveForecast(ratio_or_none(kept + to_come, judged + to_come), risk=chance(units, ahead, known))


def forecast_incidents(tally: IncidentCounts) -> ObjectiveForecast:
    """Those that run may still end in time."""
    return ObjectiveForecast(ratio_or_none(tally.in_time + tally.running, tally.decided + tally.running))


def _of_hours(units: VolumeUnits, ahead: ForecastBasis, known: Minutes) -> BreachRisk | None:
    """Of as many as a day has, a day's share does not keep to the limit."""
    past, objective = ahead.past, units.objective
    before = minutes_between(known, past.window.start, past.window.end)

    def count(day: slice) -> RiskAmounts:
        found = assess_volume(
            objective, _during(before, day), past.window_during(day), past.excluded[day], ahead.timezone
        ).assessment
        return RiskAmounts.from_assessment(found, found.in_scope - found.unknown)

    judged = units.is_decided
    so_far = RiskAmounts(count_true(judged & ~units.is_within_limit), count_true(judged))
    return estimate_breach_risk(
        percent_to_fraction(objective.target),
        so_far,
        ahead.remaining_scope[ahead.elapsed_minutes :],
        ahead.past_days(count),
        ahead.seed,
    )


def _of_days(units: VolumeUnits, ahead: ForecastBasis, known: Minutes) -> BreachRisk | None:
    past = ahead.past
    before = minutes_between(known, past.window.start, past.window.end)
    seen = past.scope & (before.state != MinuteState.UNKNOWN)
    days = compute_day_event_rates(past.day_starts, seen, before.total.astype(np.int64))
    return estimate_volume_risk(units, ahead.remaining_scope, ahead.window.day_starts, days, ahead.seed)


def _amounts(objective: MeasuredObjective, found: Assessment) -> RiskAmounts:
    """Of events, or of minutes or slices with those that are missing as agreed."""
    counted = found.in_scope
    if objective.missing is MissingData.IGNORE and objective.method is not BudgetingMethod.OCCURRENCES:
        counted -= found.unknown
    return RiskAmounts.from_assessment(found, counted)


def _as_many_again(found: Assessment, seen: int, later: int) -> Ratio | None:
    """With as many observations per minute as in those seen, all of them good."""
    if not found.in_scope:
        return ratio_or_none(later, later)
    whole = found.in_scope * (seen + later)
    return Ratio(whole - found.bad * seen, whole)


def _during(minutes: Minutes, day: slice) -> Minutes:
    start = minutes.start + day.start * _MINUTE
    return Minutes(start, minutes.good[day], minutes.total[day], minutes.state[day])
