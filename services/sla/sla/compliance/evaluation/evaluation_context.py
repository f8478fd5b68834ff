"""What an evaluation computes once for all objectives: windows, exclusions, the parts of the evidence, their hashes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sla.agreements.objectives import IncidentObjective, MeasuredObjective, Objective, PercentileObjective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Mask
from sla.compliance.evaluation.evidence import PeriodEvidence, minutes_between, observations_between
from sla.compliance.evaluation.exclusion_masks import (
    ExclusionMask,
    PeriodExclusion,
    build_exclusion_mask,
    exclusions_in_window,
    exclusions_of_objective,
)
from sla.compliance.evaluation.objective_kinds import (
    ObjectiveAssessment,
    assess_incidents,
    assess_measured,
    assess_percentile,
    assess_volume,
)
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
    """One objective, ready to be assessed with any of its masks."""

    window: ServiceWindow
    is_pending: bool
    mask: ExclusionMask
    assess: AssessWithMask
    evidence_sha256: str


class EvaluationContext:
    """The terms and the evidence of one period; what several objectives need is computed once."""

    def __init__(
        self, terms: Terms, start: datetime, end: datetime, evidence: PeriodEvidence, days: DaysInForce
    ) -> None:
        self.terms, self.evidence, self.days = terms, evidence, days
        self.start, self.end = start, end
        self._cache: dict[tuple[Any, ...], Any] = {}

    def window_from(self, start: datetime) -> ServiceWindow:
        """Return the window from `start` to the end of the period."""
        return self._once(("window", start), lambda: build_service_window(self.terms, start, self.end))

    def period_exclusions(self) -> list[PeriodExclusion]:
        return exclusions_in_window(self.evidence.exclusions, self.window_from(self.start))

    def objective_input(self, objective: Objective) -> ObjectiveInput:
        evaluation_window = compute_evaluation_window(objective, self.terms, self.start, self.end, self.days)
        window = self.window_from(evaluation_window.start)
        assess, evidence_sha256 = self._assessor(objective, window)
        mask = self._mask(objective, window)
        return ObjectiveInput(window, evaluation_window.is_pending, mask, assess, evidence_sha256)

    def _assessor(self, objective: Objective, window: ServiceWindow) -> tuple[AssessWithMask, str]:
        """Return what assesses the objective under a mask, and the hash of the evidence it reads."""
        if isinstance(objective, IncidentObjective):
            counts = self.evidence.incidents[objective.id]
            return lambda _: assess_incidents(objective, counts), counts.digest()
        if isinstance(objective, PercentileObjective):
            observations, sha256 = self._observations(objective.indicator_id, window)
            return partial(assess_percentile, objective, observations, window.in_service), sha256
        minutes, sha256 = self._minutes(objective.indicator_id, window)
        if isinstance(objective, MeasuredObjective):
            return partial(assess_measured, objective, minutes, window.in_service), sha256
        return partial(assess_volume, objective, minutes, window, self.terms.service_hours.timezone), sha256

    def _observations(self, indicator_id: UUID, window: ServiceWindow) -> tuple[Observations, str]:
        def hashed() -> tuple[Observations, str]:
            observations = observations_between(self.evidence.observations[indicator_id], window.start, window.end)
            return observations, observations.digest()

        return self._once(("observations", indicator_id, window.start), hashed)

    def _minutes(self, indicator_id: UUID, window: ServiceWindow) -> tuple[Minutes, str]:
        def hashed() -> tuple[Minutes, str]:
            minutes = minutes_between(self.evidence.minutes[indicator_id], window.start, window.end)
            return minutes, minutes.digest()

        return self._once(("minutes", indicator_id, window.start), hashed)

    def _mask(self, objective: Objective, window: ServiceWindow) -> ExclusionMask:
        exclusions = exclusions_of_objective(self.evidence.exclusions, objective.id)
        key = ("mask", window.start, *((exclusion.id, exclusion.span) for exclusion in exclusions))
        return self._once(key, lambda: build_exclusion_mask(exclusions, window))

    def _once(self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        if key not in self._cache:
            self._cache[key] = compute()
        value: T = self._cache[key]
        return value
