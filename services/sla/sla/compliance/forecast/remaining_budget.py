"""The course of a window that is not over: what was measured of it, and what it comes to if this or that follows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective, MissingData
from sla.compliance.evaluation.assessment import Assessment, Mask
from sla.compliance.evaluation.error_budget import compute_affordable_amount
from sla.compliance.evaluation.objective_kinds import assess_measured
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction
from sla.compliance.evaluation.windows import ServiceWindow
from sla.hours.spans import MINUTE
from sla.measurements.minutes import Minutes, MinuteState

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, eq=False)
class RemainingBudget:
    objective: MeasuredObjective
    minutes: Minutes
    """So far."""
    window: ServiceWindow
    excluded: Mask
    """Of the whole window: what is planned for later does not count either."""

    @cached_property
    def if_perfect(self) -> Ratio | None:
        """Attained if nothing more goes wrong, and as much is measured as so far."""
        return self._ratio(len(self.minutes), 0)

    @cached_property
    def largest_outage(self) -> int | None:
        """Minutes that could be bad from now on, in a row, with the target still reached; None once it is lost."""
        if not self._reached(len(self.minutes), 0):
            return None
        return _last(lambda outage: self._reached(len(self.minutes), outage), 0, len(self._to_come))

    @cached_property
    def breach_unavoidable_at(self) -> datetime | None:
        """When the target is lost if all is bad from now on, or when it was lost; None while it cannot be lost."""
        outage = self.largest_outage
        if outage is None:
            kept = _last(lambda so_far: self._reached(so_far, 0), 0, len(self.minutes))
            return self.window.start + (kept + 1) * _MINUTE
        if outage == len(self._to_come):
            return None
        return self.window.start + (int(self._to_come[outage]) + 1) * _MINUTE

    @property
    def affordable_minutes(self) -> int | None:
        """Bad minutes left, negative once the target is lost; None where minutes do not decide alone."""
        objective = self.objective
        if objective.method not in (BudgetingMethod.TIME, BudgetingMethod.TIMESLICES) or objective.slice_minutes > 1:
            return None
        found = self.so_far
        scope = int(np.count_nonzero(self._scope))
        unit = MINUTE if objective.method is BudgetingMethod.TIME else 1
        bad, unknown = found.bad // unit, found.unknown // unit
        if objective.missing is MissingData.IGNORE:
            scope -= unknown
        elif objective.missing is MissingData.BAD:
            bad += unknown
        return compute_affordable_amount(self.target, scope, bad)

    @property
    def target(self) -> Fraction:
        return percent_to_fraction(self.objective.target)

    @cached_property
    def so_far(self) -> Assessment:
        upto = slice(len(self.minutes))
        return assess_measured(
            self.objective, self.minutes, self.window.in_service[upto], self.excluded[upto]
        ).assessment

    @property
    def remaining_scope(self) -> Mask:
        """Which of the minutes after now count."""
        return self._scope[len(self.minutes) :]

    @cached_property
    def _scope(self) -> Mask:
        return self.window.in_service & ~self.excluded

    @cached_property
    def _to_come(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.remaining_scope) + len(self.minutes)

    def _reached(self, so_far: int, outage: int) -> bool:
        ratio = self._ratio(so_far, outage)
        return ratio is None or ratio.reaches(self.target)

    def _ratio(self, so_far: int, outage: int) -> Ratio | None:
        """After so many of the measured minutes, an outage of so many that count, and then all good."""
        if self.objective.method is BudgetingMethod.OCCURRENCES:
            return self._events(so_far, outage)
        good, total = (np.full(len(self.window), self._usual, np.int64) for _ in range(2))
        state = np.full(len(self.window), MinuteState.GOOD, np.uint8)
        good[:so_far] = self.minutes.good[:so_far]
        total[:so_far] = self.minutes.total[:so_far]
        state[:so_far] = self.minutes.state[:so_far]
        out = self._to_come[:outage]
        good[out], state[out] = 0, MinuteState.BAD
        lived = Minutes(self.window.start, good, total, state)
        return assess_measured(self.objective, lived, self.window.in_service, self.excluded).assessment.ratio

    @cached_property
    def _usual(self) -> int:
        """Events in a minute: they weigh against each other where several minutes make a slice."""
        known = self.minutes.total[self.minutes.state != MinuteState.UNKNOWN]
        return max(round(int(known.sum(dtype=np.int64)) / len(known)), 1) if len(known) else 1

    def _events(self, so_far: int, outage: int) -> Ratio | None:
        """With as many events per minute as were measured so far."""
        found, scope = self.so_far, self._scope
        known = (self.minutes.state != MinuteState.UNKNOWN) & scope[: len(self.minutes)]
        seen, later = int(np.count_nonzero(known)), len(self._to_come)
        if not found.in_scope:
            return Ratio(later - outage, later) if later else None
        bad = found.bad if so_far == len(self.minutes) else self._bad_events(known, so_far)
        whole = found.in_scope * (seen + later)
        return Ratio(whole - bad * seen - found.in_scope * outage, whole)

    def _bad_events(self, known: Mask, so_far: int) -> int:
        lost = self.minutes.total[:so_far].astype(np.int64) - self.minutes.good[:so_far]
        return sum(lost[known[:so_far]].tolist())


def _last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The last number from low to high for which it holds, as it does for `low` and no longer after it ceased to."""
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
