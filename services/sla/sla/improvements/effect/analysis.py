"""Looks at the points of an improvement's measure and control, and says what they show."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from common.unit_of_work import UnitOfWork
from sla.hours.time_zones import to_local_date
from sla.improvements.effect.regression import RegressionFit, SeriesPoint
from sla.improvements.effect.series import load_points
from sla.improvements.effect.verdict import EffectFinding, compute_placebo_fit, evaluate_effect
from sla.improvements.model import MEASUREMENT_DELAY, Improvement
from sla.improvements.registration import Registration


class PointRole(StrEnum):
    BASELINE = "baseline"
    EXCLUDED = "excluded"
    BETWEEN = "between"
    """After the baseline, and before it was in place for a whole period."""
    AFTER = "after"


class EffectAnalysis(NamedTuple):
    registration: Registration
    change_period: int | None
    measure_points: list[SeriesPoint]
    control_points: list[SeriesPoint]
    excluded_periods: frozenset[int]

    def role_of(self, number: int) -> PointRole:
        if number in self.excluded_periods:
            return PointRole.EXCLUDED
        if number <= self.registration.last_baseline_period:
            return PointRole.BASELINE
        return PointRole.AFTER if self.change_period is not None and number >= self.change_period else PointRole.BETWEEN

    def compute_finding(self) -> EffectFinding | None:
        """Null as long as it is not implemented."""
        if self.change_period is None:
            return None
        return evaluate_effect(
            self.registration.build_hypothesis(self.change_period),
            self._used(self.measure_points),
            self._used(self.control_points),
        )

    def compute_placebo_fit(self) -> RegressionFit | None:
        """What can be looked at beforehand."""
        return compute_placebo_fit(
            self.registration.build_hypothesis(self.registration.last_baseline_period + 1),
            self._used(self.measure_points),
        )

    def points_as_json(self) -> list[dict[str, Any]]:
        """The points as JSON, oldest first."""
        mine, others = dict(self.measure_points), dict(self.control_points)
        return [
            {
                "first_day": self.registration.rhythm.first_day(number).isoformat(),
                "value": mine.get(number),
                "control": others.get(number),
                "role": self.role_of(number),
            }
            for number in sorted(mine.keys() | others.keys())
        ]

    def _used(self, some: list[SeriesPoint]) -> list[SeriesPoint]:
        return [point for point in some if self.role_of(point.period) in (PointRole.BASELINE, PointRole.AFTER)]


async def load_effect_analysis(work: UnitOfWork, improvement: Improvement) -> EffectAnalysis:
    registered = improvement.parsed_registration
    rhythm, zone = registered.rhythm, registered.zone
    change = improvement.change_period if improvement.implemented_at else None
    until = rhythm.period_of(to_local_date(work.now - MEASUREMENT_DELAY, zone)) - 1
    if change is not None and improvement.periods_after is not None:
        until = min(until, change + improvement.periods_after - 1)
    until = max(until, registered.last_baseline_period)
    measured, control = [
        await load_points(work, measure, rhythm, zone, registered.first_baseline_period, until)
        for measure in (registered.measure, registered.control)
    ]
    return EffectAnalysis(registered, change, measured, control, frozenset(_left_out(improvement, registered)))


def build_evidence(found: EffectAnalysis, finding: EffectFinding) -> dict[str, Any]:
    """What a verdict stands on, as it is kept."""
    fits = {name: getattr(finding, name) for name in ("effect", "control", "placebo")}
    return {
        "points": found.points_as_json(),
        "because": list(finding.because),
        **{name: fit._asdict() if fit else None for name, fit in fits.items()},
    }


def _left_out(improvement: Improvement, registered: Registration) -> Iterator[int]:
    """Periods in which the trouble was, and those said to be left out."""
    spans = [(one.first_day, one.last_day) for one in registered.excluded]
    for trigger in (trigger for source in improvement.sources for trigger in source.triggers):
        start, end = (datetime.fromisoformat(trigger[name]) for name in ("from", "to"))
        last = end - timedelta(microseconds=1)
        spans.append((to_local_date(start, registered.zone), to_local_date(last, registered.zone)))
    for first_day, last_day in spans:
        yield from _touched(registered, first_day, last_day)


def _touched(registered: Registration, first_day: date, last_day: date) -> range:
    return range(registered.rhythm.period_of(first_day), registered.rhythm.period_of(last_day) + 1)
