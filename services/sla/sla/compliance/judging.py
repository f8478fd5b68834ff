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
from sla.compliance import counting
from sla.compliance.assessment import Mask
from sla.compliance.counting import Counted
from sla.compliance.evidence import Evidence, observed_part, part
from sla.compliance.taken_out import ExclusionMask, TakenOut, applying, listed, mask_of
from sla.compliance.windows import InForce, Window, stretch_of, window_of
from sla.measurements.minutes import Minutes
from sla.measurements.observations import Observations

T = TypeVar("T")
Count = Callable[[Mask], Counted]


@dataclass(frozen=True, slots=True)
class Case:
    """One objective, ready to be counted with any of its masks."""

    window: Window
    pending: bool
    mask: ExclusionMask
    count: Count
    digest: str


class Judging:
    def __init__(self, terms: Terms, start: datetime, end: datetime, evidence: Evidence, days: InForce) -> None:
        self.terms, self.evidence, self.days = terms, evidence, days
        self.start, self.end = start, end
        self._known: dict[tuple[Any, ...], Any] = {}

    def window(self, start: datetime) -> Window:
        """From there to the end of the period."""
        return self._once(("window", start), lambda: window_of(self.terms, start, self.end))

    def taken_out(self) -> list[TakenOut]:
        return listed(self.evidence.exclusions, self.window(self.start))

    def case(self, objective: Objective) -> Case:
        stretch = stretch_of(objective, self.terms, self.start, self.end, self.days)
        window, pending = self.window(stretch.start), stretch.pending
        mask = self._mask(objective, window)
        if isinstance(objective, IncidentObjective):
            tally = self.evidence.incidents[objective.id]
            return Case(window, pending, mask, lambda _: counting.incidents(objective, tally), tally.digest())
        if isinstance(objective, PercentileObjective):
            observed, digest = self._observed(objective.indicator_id, window)
            return Case(window, pending, mask, self._of_percentile(objective, observed, window), digest)
        minutes, digest = self._minutes(objective.indicator_id, window)
        if isinstance(objective, MeasuredObjective):
            return Case(window, pending, mask, self._of_minutes(objective, minutes, window), digest)
        return Case(window, pending, mask, self._of_volume(objective, minutes, window), digest)

    @staticmethod
    def _of_percentile(objective: PercentileObjective, observed: Observations, window: Window) -> Count:
        return lambda excluded: counting.percentile(objective, observed, window.in_service, excluded)

    @staticmethod
    def _of_minutes(objective: MeasuredObjective, minutes: Minutes, window: Window) -> Count:
        return lambda excluded: counting.measured(objective, minutes, window.in_service, excluded)

    def _of_volume(self, objective: VolumeObjective, minutes: Minutes, window: Window) -> Count:
        zone = self.terms.service_hours.timezone
        return lambda excluded: counting.volume(objective, minutes, window, excluded, zone)

    def _observed(self, indicator_id: UUID, window: Window) -> tuple[Observations, str]:
        def found() -> tuple[Observations, str]:
            observed = observed_part(self.evidence.observations[indicator_id], window.start, window.end)
            return observed, observed.digest()

        return self._once(("observed", indicator_id, window.start), found)

    def _minutes(self, indicator_id: UUID, window: Window) -> tuple[Minutes, str]:
        def found() -> tuple[Minutes, str]:
            minutes = part(self.evidence.minutes[indicator_id], window.start, window.end)
            return minutes, minutes.digest()

        return self._once(("minutes", indicator_id, window.start), found)

    def _mask(self, objective: Objective, window: Window) -> ExclusionMask:
        exclusions = applying(self.evidence.exclusions, objective.id)
        key = ("mask", window.start, *((one.id, one.span) for one in exclusions))
        return self._once(key, lambda: mask_of(exclusions, window))

    def _once(self, key: tuple[Any, ...], work: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = work()
        found: T = self._known[key]
        return found
