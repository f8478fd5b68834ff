"""Compute when a breach becomes unavoidable: what may still go wrong in an open window, and when the target is lost."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from math import floor

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import BudgetingMethod, MeasuredObjective, MissingData
from sla.compliance.evaluation.assessment import Assessment, Mask, count_true
from sla.compliance.evaluation.evaluation_context import MeasuredWindow
from sla.compliance.evaluation.ratios import Ratio, ratio_or_none
from sla.measurements.minutes import Minutes, MinuteState


@dataclass(frozen=True, eq=False)
class OpenWindow:
    """A window that is not over: what was measured of it, and what it comes to under different outages."""

    objective: MeasuredObjective
    minutes: Minutes
    """Measured so far."""
    measured: MeasuredWindow
    """The window with its exclusions as a whole: what is planned for later does not count either."""

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
        return self.measured.window.start + timedelta(minutes=last_minute + 1)

    @property
    def affordable_minutes(self) -> int | None:
        """Bad minutes left, negative once the target is lost; None where minutes do not decide alone."""
        objective = self.objective
        if objective.method not in (BudgetingMethod.TIME, BudgetingMethod.TIMESLICES) or objective.slice_minutes > 1:
            return None
        to_date, scope = self._to_date, count_true(self.measured.scope)
        bad, unknown = to_date.bad // to_date.scale, to_date.unknown // to_date.scale
        if objective.missing is MissingData.IGNORE:
            scope -= unknown
        elif objective.missing is MissingData.BAD:
            bad += unknown
        return floor(scope * (1 - to_date.target)) - bad

    @cached_property
    def _to_date(self) -> Assessment:
        return self.measured.assess()

    @cached_property
    def _is_known(self) -> Mask:
        is_known: Mask = (self.minutes.state != MinuteState.UNKNOWN) & self.measured.scope[: len(self.minutes)]
        return is_known

    @cached_property
    def _minutes_to_come(self) -> NDArray[np.intp]:
        return np.flatnonzero(self.measured.scope_to_come) + len(self.minutes)

    def _is_reached(self, elapsed: int, outage: int) -> bool:
        ratio = self._attained_after(elapsed, outage)
        return ratio is None or ratio.reaches(self._to_date.target)

    def _attained_after(self, elapsed: int, outage: int) -> Ratio | None:
        """Return what is attained after `elapsed` measured minutes, `outage` bad minutes that count, then good ones."""
        if self.objective.method is BudgetingMethod.OCCURRENCES:
            return self._events_after(elapsed, outage)
        window = self.measured.window
        good, total = (np.full(len(window), self._usual_events, np.int64) for _ in range(2))
        state = np.full(len(window), MinuteState.GOOD, np.uint8)
        good[:elapsed] = self.minutes.good[:elapsed]
        total[:elapsed] = self.minutes.total[:elapsed]
        state[:elapsed] = self.minutes.state[:elapsed]
        bad = self._minutes_to_come[:outage]
        good[bad], state[bad] = 0, MinuteState.BAD
        scenario = Minutes(window.start, good, total, state)
        return replace(self.measured, series=scenario).assess().ratio

    @cached_property
    def _usual_events(self) -> int:
        """Events in a minute: they weigh against each other where several minutes make a slice."""
        measured = self.minutes.total[self.minutes.state != MinuteState.UNKNOWN]
        return max(round(int(measured.sum(dtype=np.int64)) / len(measured)), 1) if len(measured) else 1

    def _events_after(self, elapsed: int, outage: int) -> Ratio | None:
        to_date = self._to_date
        if elapsed < len(self.minutes):
            bad_events = self.minutes.total[:elapsed].astype(np.int64) - self.minutes.good[:elapsed]
            to_date = replace(to_date, bad=sum(bad_events[self._is_known[:elapsed]].tolist()))
        return extrapolate_events(to_date, count_true(self._is_known), len(self._minutes_to_come), outage)


def extrapolate_events(to_date: Assessment, measured: int, to_come: int, outage: int = 0) -> Ratio | None:
    """Return what is attained with as many events per minute to come as in those measured, bad ones in the outage."""
    if not to_date.in_scope:
        return ratio_or_none(to_come - outage, to_come)
    events = to_date.in_scope * (measured + to_come)
    return Ratio(events - to_date.bad * measured - to_date.in_scope * outage, events)


def _last_true(holds: Callable[[int], bool], high: int) -> int:
    """Return the last number from 0 to `high` for which it holds: it holds for 0, and never again once it fails."""
    return bisect_left(range(1, high + 1), 1, key=lambda number: 0 if holds(number) else 1)
