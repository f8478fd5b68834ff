"""Compute when a breach becomes unavoidable: what may still go wrong in an open window, and when the target is lost."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective, MissingData
from sla.compliance.evaluation.assessment import Assessment, Mask, count_true
from sla.compliance.evaluation.error_budget import compute_affordable_amount
from sla.compliance.evaluation.measured_objectives import assess_measured
from sla.compliance.evaluation.ratios import Ratio, percent_to_fraction, ratio_or_none
from sla.compliance.evaluation.windows import ServiceWindow
from sla.measurements.minutes import Minutes, MinuteState


@dataclass(frozen=True, eq=False)
class OpenWindow:
    """A window that is not over: what was measured of it, and what it comes to under different outages."""

    objective: MeasuredObjective
    minutes: Minutes
    """Measured so far."""
    window: ServiceWindow
    excluded: Mask
    """Minutes of the whole window: what is planned for later does not count either."""

    @cached_property
    def if_perfect(self) -> Ratio | None:
        """The attainment if nothing more goes wrong, and as much is measured as so far."""
        return self._attained_after(len(self.minutes), 0)

    @cached_property
    def largest_outage(self) -> int | None:
        """Minutes that could be bad from now on, in a row, with the target still reached; None once it is lost."""
        if not self._is_reached(len(self.minutes), 0):
            return None
        return _last_true(lambda outage: self._is_reached(len(self.minutes), outage), len(self._minutes_to_come))

    @cached_property
    def breach_unavoidable_at(self) -> datetime | None:
        """The instant the target is lost if all is bad from now on, or was lost; None while it cannot be lost."""
        outage, to_come = self.largest_outage, self._minutes_to_come
        if outage is None:
            last_minute = _last_true(lambda elapsed: self._is_reached(elapsed, 0), len(self.minutes))
        elif outage == len(to_come):
            return None
        else:
            last_minute = int(to_come[outage])
        return self.window.start + timedelta(minutes=last_minute + 1)

    @property
    def affordable_minutes(self) -> int | None:
        """Bad minutes left, negative once the target is lost; None where minutes do not decide alone."""
        objective = self.objective
        if objective.method not in (BudgetingMethod.TIME, BudgetingMethod.TIMESLICES) or objective.slice_minutes > 1:
            return None
        scope, scale = count_true(self._scope), self._to_date.scale
        bad, unknown = self._to_date.bad // scale, self._to_date.unknown // scale
        if objective.missing is MissingData.IGNORE:
            scope -= unknown
        elif objective.missing is MissingData.BAD:
            bad += unknown
        return compute_affordable_amount(self._target, scope, bad)

    @property
    def _target(self) -> Fraction:
        return percent_to_fraction(self.objective.target)

    @cached_property
    def _to_date(self) -> Assessment:
        elapsed = slice(len(self.minutes))
        return assess_measured(self.objective, self.minutes, self.window.in_service[elapsed], self.excluded[elapsed])

    @cached_property
    def _scope(self) -> Mask:
        return self.window.in_service & ~self.excluded

    @cached_property
    def _minutes_to_come(self) -> NDArray[np.intp]:
        return np.flatnonzero(self._scope[len(self.minutes) :]) + len(self.minutes)

    def _is_reached(self, elapsed: int, outage: int) -> bool:
        ratio = self._attained_after(elapsed, outage)
        return ratio is None or ratio.reaches(self._target)

    def _attained_after(self, elapsed: int, outage: int) -> Ratio | None:
        """Return what is attained after `elapsed` measured minutes, `outage` bad minutes that count, then good ones."""
        if self.objective.method is BudgetingMethod.OCCURRENCES:
            return self._events_after(elapsed, outage)
        good, total = (np.full(len(self.window), self._usual_events, np.int64) for _ in range(2))
        state = np.full(len(self.window), MinuteState.GOOD, np.uint8)
        good[:elapsed] = self.minutes.good[:elapsed]
        total[:elapsed] = self.minutes.total[:elapsed]
        state[:elapsed] = self.minutes.state[:elapsed]
        bad = self._minutes_to_come[:outage]
        good[bad], state[bad] = 0, MinuteState.BAD
        scenario = Minutes(self.window.start, good, total, state)
        return assess_measured(self.objective, scenario, self.window.in_service, self.excluded).ratio

    @cached_property
    def _usual_events(self) -> int:
        """Events in a minute: they weigh against each other where several minutes make a slice."""
        measured = self.minutes.total[self.minutes.state != MinuteState.UNKNOWN]
        return max(round(int(measured.sum(dtype=np.int64)) / len(measured)), 1) if len(measured) else 1

    def _events_after(self, elapsed: int, outage: int) -> Ratio | None:
        """Return what is attained with as many events per minute as were measured so far."""
        to_date, to_come = self._to_date, len(self._minutes_to_come)
        is_known = (self.minutes.state != MinuteState.UNKNOWN) & self._scope[: len(self.minutes)]
        measured = count_true(is_known)
        if not to_date.in_scope:
            return ratio_or_none(to_come - outage, to_come)
        bad = to_date.bad
        if elapsed < len(self.minutes):
            bad_events = self.minutes.total[:elapsed].astype(np.int64) - self.minutes.good[:elapsed]
            bad = sum(bad_events[is_known[:elapsed]].tolist())
        events = to_date.in_scope * (measured + to_come)
        return Ratio(events - bad * measured - to_date.in_scope * outage, events)


def _last_true(holds: Callable[[int], bool], high: int) -> int:
    """Return the last number from 0 to `high` for which it holds: it holds for 0, and never again once it fails."""
    return bisect_left(range(1, high + 1), 1, key=lambda number: 0 if holds(number) else 1)
