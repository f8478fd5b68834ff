"""The analysis of an improvement's effect: the points of its measure and control, and what they show."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from common.unit_of_work import UnitOfWork
from sla.hours.time_zones import to_local_date
from sla.improvements.effect.regression import SeriesPoint
from sla.improvements.effect.verdict import EffectFinding, evaluate_effect
from sla.improvements.measure_series import load_points
from sla.improvements.model import MEASUREMENT_DELAY, Improvement
from sla.improvements.registration import Registration


class PointRole(StrEnum):
    BASELINE = "baseline"
    EXCLUDED = "excluded"
    BETWEEN = "between"
    """After the baseline, before the improvement was in place for a whole period."""
    AFTER = "after"


class EffectAnalysis(NamedTuple):
    registration: Registration
    change_period: int
    """As of the improvement or, while it is not implemented, the period after the last point."""
    measure_points: list[SeriesPoint]
    control_points: list[SeriesPoint]
    excluded_periods: frozenset[int]

    def role_of(self, number: int) -> PointRole:
        if number in self.excluded_periods:
            return PointRole.EXCLUDED
        if number <= self.registration.last_baseline_period:
            return PointRole.BASELINE
        return PointRole.AFTER if number >= self.change_period else PointRole.BETWEEN

    def compute_finding(self) -> EffectFinding:
        hypothesis = self.registration.build_hypothesis(self.change_period)
        return evaluate_effect(hypothesis, self._select(self.measure_points), self._select(self.control_points))

    def build_evidence(self, finding: EffectFinding) -> dict[str, Any]:
        """Build what is stored and shown of a finding: points, reasons, and fits by name."""
        fits = {"effect": finding.effect, "control": finding.control, "placebo": finding.placebo}
        documents = {name: fit._asdict() if fit else None for name, fit in fits.items()}
        measured, control = dict(self.measure_points), dict(self.control_points)
        points = [
            {
                "first_day": self.registration.granularity.first_day(number).isoformat(),
                "value": measured.get(number),
                "control": control.get(number),
                "role": self.role_of(number),
            }
            for number in sorted(measured.keys() | control.keys())
        ]
        return {"points": points, "because": list(finding.because), **documents}

    def _select(self, points: list[SeriesPoint]) -> list[SeriesPoint]:
        return [point for point in points if self.role_of(point.period) in (PointRole.BASELINE, PointRole.AFTER)]


async def load_effect_analysis(work: UnitOfWork, improvement: Improvement) -> EffectAnalysis:
    registration = improvement.parsed_registration
    granularity, zone = registration.granularity, registration.zone
    change = improvement.change_period if improvement.implemented_at else None
    until = granularity.period_of(to_local_date(work.now - MEASUREMENT_DELAY, zone)) - 1
    if change is not None and improvement.periods_after is not None:
        until = min(until, change + improvement.periods_after - 1)
    until = max(until, registration.last_baseline_period)
    measured, control = [
        await load_points(work, measure, granularity, zone, registration.first_baseline_period, until)
        for measure in (registration.measure, registration.control)
    ]
    excluded = frozenset(_excluded_periods(improvement, registration))
    return EffectAnalysis(registration, until + 1 if change is None else change, measured, control, excluded)


async def load_preliminary_evidence(work: UnitOfWork, improvement: Improvement) -> dict[str, Any]:
    """Load what may be seen before the verdict: the points so far, and the fit at the placebo date."""
    analysis = await load_effect_analysis(work, improvement)
    after = sum(analysis.role_of(point.period) is PointRole.AFTER for point in analysis.measure_points)
    because = f"Preliminary: {after} of {improvement.periods_after} points after the improvement have come."
    finding = analysis.compute_finding()
    return analysis.build_evidence(finding._replace(because=(because,), effect=None, control=None))


def _excluded_periods(improvement: Improvement, registration: Registration) -> Iterator[int]:
    """Yield the periods of trouble, and those excluded by the registration."""
    spans = [(days.first_day, days.last_day) for days in registration.excluded]
    for trigger in (trigger for source in improvement.sources for trigger in source.triggers):
        start, end = (datetime.fromisoformat(trigger[name]) for name in ("from", "to"))
        last = end - timedelta(microseconds=1)
        spans.append((to_local_date(start, registration.zone), to_local_date(last, registration.zone)))
    granularity = registration.granularity
    for first_day, last_day in spans:
        yield from range(granularity.period_of(first_day), granularity.period_of(last_day) + 1)
