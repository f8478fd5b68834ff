"""What an evaluation computes once for all objectives: windows, exclusions, the parts of the evidence, their hashes."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from operator import methodcaller

from sla.agreements.objectives import MeasuredObjective, Objective, PercentileObjective, VolumeObjective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Assessment, Mask
from sla.compliance.evaluation.evidence import IndicatorObjective, PeriodEvidence, series_between
from sla.compliance.evaluation.exclusion_masks import ExclusionMask, build_exclusion_mask, exclusions_of_objective
from sla.compliance.evaluation.objective_kinds.measured_objectives import assess_measured
from sla.compliance.evaluation.objective_kinds.percentile_objectives import assess_percentile
from sla.compliance.evaluation.objective_kinds.volume_objectives import assess_volume
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.compliance.evaluation.windows import ServiceWindow, build_service_window
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredWindow:
    """The window of one objective, with what was measured in it: all of it, or the part before now."""

    objective: IndicatorObjective
    series: Minutes | Observations
    window: ServiceWindow
    mask: ExclusionMask
    version: RulesVersion = CURRENT_RULES

    @property
    def scope(self) -> Mask:
        """Mask of the minutes that count."""
        return self.window.in_service & ~self.mask.excluded

    @property
    def scope_to_come(self) -> Mask:
        """Mask of the minutes after those measured: true for those that count."""
        return self.scope[len(self.series) :]

    def assess(self, excluded: Mask | None = None) -> Assessment:
        """Assess what was measured; `excluded`: another mask than the objective's own."""
        mask = self.mask.excluded if excluded is None else excluded
        return _assess(self.objective, self.series, self.window, mask, self.version)

    def assess_part(self, minutes: slice) -> Assessment:
        """Assess a part of what was measured by itself."""
        series = self.series.slice(minutes.start, minutes.stop)
        return _assess(self.objective, series, self.window.part(minutes), self.mask.excluded[minutes], self.version)


class EvaluationContext:
    """The terms and the evidence of one agreement."""

    def __init__(self, terms: Terms, evidence: PeriodEvidence, version: RulesVersion = CURRENT_RULES) -> None:
        self.terms, self.evidence, self.version = terms, evidence, version
        self.window = cache(partial(build_service_window, terms))
        self.digest = cache(methodcaller("digest"))
        self._mask, self._between = cache(build_exclusion_mask), cache(series_between)

    def mask(self, objective: Objective, window: ServiceWindow) -> ExclusionMask:
        return self._mask(tuple(exclusions_of_objective(self.evidence.exclusions, objective.id)), window)

    def measured_window(
        self, objective: IndicatorObjective, start: datetime, end: datetime, until: datetime | None = None
    ) -> MeasuredWindow:
        """Return the objective's window from `start` to `end`; `until`: how far it was measured, if not to its end."""
        window = self.window(start, end)
        series = self._between(self.evidence.measured_for(objective), start, min(until or end, end))
        return MeasuredWindow(objective, series, window, self.mask(objective, window), self.version)


def _assess(
    objective: IndicatorObjective,
    series: Minutes | Observations,
    window: ServiceWindow,
    excluded: Mask,
    version: RulesVersion,
) -> Assessment:
    measured = slice(len(series))
    match objective, series:
        case MeasuredObjective(), Minutes():
            return assess_measured(objective, series, window.in_service[measured], excluded[measured], version)
        case PercentileObjective(), Observations():
            return assess_percentile(objective, series, window.in_service[measured], excluded[measured])
        case VolumeObjective(), Minutes():
            return assess_volume(objective, series, window, excluded, version)
    raise TypeError(f"{objective.kind} is not counted from {type(series).__name__}")
