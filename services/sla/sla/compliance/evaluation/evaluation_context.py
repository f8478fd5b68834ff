"""What an evaluation works out once for all objectives: windows, exclusions, the part of the evidence, its digest."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sla.agreements.objectives import (
    IncidentObjective,
    MeasuredObjective,
    Objective,
    PercentileObjective,
    VolumeObjective,
)
from sla.agreements.terms import Terms
from sla.compliance.evaluation import objective_kinds
from sla.compliance.evaluation.assessment import Mask
from sla.compliance.evaluation.evidence import PeriodEvidence, minutes_between, observations_between
from sla.compliance.evaluation.exclusion_masks import (
    ExclusionMask,
    PeriodExclusion,
    build_exclusion_mask,
    exclusions_in_window,
    exclusions_of_objective,
)
from sla.compliance.evaluation.objective_kinds import ObjectiveAssessment
from sla.compliance.evaluation.windows import (
    DaysInForce,
    ServiceWindow,
    build_service_window,
    compute_evaluation_window,
)
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes

T = TypeVar("T")
AssessWithMask = Callable[[Mask], ObjectiveAssessment]


@dataclass(frozen=True, slots=True)
class ObjectiveInput:
    """One objective, ready to be counted with any of its masks."""

    window: ServiceWindow
    is_pending: bool
    mask: ExclusionMask
    assess: AssessWithMask
    evidence_sha256: str


class EvaluationContext:
    def __init__(
        self, terms: Terms, start: datetime, end: datetime, evidence: PeriodEvidence, days: DaysInForce
    ) -> None:
        self.terms, self.evidence, self.days = terms, evidence, days
        self.start, self.end = start, end
        self._known: dict[tuple[Any, ...], Any] = {}

    def window_from(self, start: datetime) -> ServiceWindow:
        """From there to the end of the period."""
        return self._once(("window", start), lambda: build_service_window(self.terms, start, self.end))

    def period_exclusions(self) -> list[PeriodExclusion]:
        return exclusions_in_window(self.evidence.exclusions, self.window_from(self.start))

    def objective_input(self, objective: Objective) -> ObjectiveInput:
        stretch = compute_evaluation_window(objective, self.terms, self.start, self.end, self.days)
        window, pending = self.window_from(stretch.start), stretch.is_pending
        mask = self._mask(objective, window)
        if isinstance(objective, IncidentObjective):
            tally = self.evidence.incidents[objective.id]
            return ObjectiveInput(
                window, pending, mask, lambda _: objective_kinds.assess_incidents(objective, tally), tally.digest()
            )
        if isinstance(objective, PercentileObjective):
            observed, digest = self._observed(objective.indicator_id, window)
            return ObjectiveInput(window, pending, mask, self._of_percentile(objective, observed, window), digest)
        minutes, digest = self._minutes(objective.indicator_id, window)
        if isinstance(objective, MeasuredObjective):
            return ObjectiveInput(window, pending, mask, self._of_minutes(objective, minutes, window), digest)
        return ObjectiveInput(window, pending, mask, self._of_volume(objective, minutes, window), digest)

    @staticmethod
    def _of_percentile(objective: PercentileObjective, observed: Observations, window: ServiceWindow) -> AssessWithMask:
        return lambda excluded: objective_kinds.assess_percentile(objective, observed, window.in_service, excluded)

    @staticmethod
    def _of_minutes(objective: MeasuredObjective, minutes: Minutes, window: ServiceWindow) -> AssessWithMask:
        return lambda excluded: objective_kinds.assess_measured(objective, minutes, window.in_service, excluded)

    def _of_volume(self, objective: VolumeObjective, minutes: Minutes, window: ServiceWindow) -> AssessWithMask:
        zone = self.terms.service_hours.timezone
        return lambda excluded: objective_kinds.assess_volume(objective, minutes, window, excluded, zone)

    def _observed(self, indicator_id: UUID, window: ServiceWindow) -> tuple[Observations, str]:
        def found() -> tuple[Observations, str]:
            observed = observations_between(self.evidence.observations[indicator_id], window.start, window.end)
            return observed, observed.digest()

        return self._once(("observed", indicator_id, window.start), found)

    def _minutes(self, indicator_id: UUID, window: ServiceWindow) -> tuple[Minutes, str]:
        def found() -> tuple[Minutes, str]:
            minutes = minutes_between(self.evidence.minutes[indicator_id], window.start, window.end)
            return minutes, minutes.digest()

        return self._once(("minutes", indicator_id, window.start), found)

    def _mask(self, objective: Objective, window: ServiceWindow) -> ExclusionMask:
        exclusions = exclusions_of_objective(self.evidence.exclusions, objective.id)
        key = ("mask", window.start, *((one.id, one.span) for one in exclusions))
        return self._once(key, lambda: build_exclusion_mask(exclusions, window))

    def _once(self, key: tuple[Any, ...], work: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = work()
        found: T = self._known[key]
        return found
