"""Assess volumes: the share of hours, days or periods that kept to a number of events."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import LimitDirection, VolumeObjective
from sla.compliance.evaluation.assessment import Assessment, Mask, count_true
from sla.compliance.evaluation.exact_counts import Counts
from sla.compliance.evaluation.ratios import percent_to_fraction, ratio_or_none
from sla.compliance.evaluation.rules_version import CURRENT_RULES, RulesVersion
from sla.compliance.evaluation.windows import ServiceWindow, find_unit_starts
from sla.measurements.minutes import Minutes, MinuteState


@dataclass(frozen=True, slots=True)
class VolumeUnits:
    """The hours or days of a window, or the window as a whole: how much of each counts, and what happened in it."""

    objective: VolumeObjective
    service: Counts
    """Minutes in service."""
    in_scope: Counts
    """Minutes in service that are not excluded."""
    measured: Counts
    """Minutes in scope that were measured."""
    events: Counts
    has_begun: Mask
    is_over: Mask
    """Nothing that counts is to come: a day is over when its service is."""
    floor: Fraction
    """The share of its minutes in scope that must be measured where what was counted does not decide."""

    @property
    def is_within_limit(self) -> Mask:
        """Compare events with the limit in Python's integers, as a limit may be as large as 2^53.

        Where a part of the service in an hour or day is excluded, so is that part of its limit.
        """
        columns = zip(self.events.tolist(), self.in_scope.tolist(), self.service.tolist(), strict=True)
        surplus = [events * service - self.objective.limit * in_scope for events, in_scope, service in columns]
        return np.array([excess >= 0 if self._at_least else excess <= 0 for excess in surplus], np.bool_)

    @property
    def is_decided(self) -> Mask:
        """True if the unit was measured, and nothing more can change its result or it is over and enough was seen."""
        final: Mask = (self.is_over & self._is_covered) | (self.is_within_limit == self._at_least)
        return (self.measured > 0) & final

    @property
    def _is_covered(self) -> Mask:
        columns = zip(self.measured.tolist(), self.in_scope.tolist(), strict=True)
        shares = [measured * self.floor.denominator >= scope * self.floor.numerator for measured, scope in columns]
        return np.array(shares, np.bool_)

    @property
    def is_undecided(self) -> Mask:
        """True if the unit may still keep to its limit or not."""
        return (self.in_scope > 0) & ~self.is_over & ~self.is_decided

    @property
    def _at_least(self) -> bool:
        return self.objective.direction is LimitDirection.AT_LEAST


def build_volume_units(
    objective: VolumeObjective,
    minutes: Minutes,
    window: ServiceWindow,
    excluded: Mask,
    version: RulesVersion = CURRENT_RULES,
) -> VolumeUnits:
    """Sum up minutes by hour, day or period; `minutes` begin with the window and may end before it does."""
    starts = find_unit_starts(window, objective.per)
    elapsed, scope = len(minutes), window.in_service & ~excluded
    measured, events = np.zeros(len(window), np.bool_), np.zeros(len(window), np.int64)
    measured[:elapsed] = scope[:elapsed] & (minutes.state != MinuteState.UNKNOWN)
    events[:elapsed] = np.where(measured[:elapsed], minutes.total, 0)
    to_come = scope & (np.arange(len(window)) >= elapsed)
    return VolumeUnits(
        objective,
        service=_sum_per_unit(window.in_service, starts),
        in_scope=_sum_per_unit(scope, starts),
        measured=_sum_per_unit(measured, starts),
        events=_sum_per_unit(events, starts),
        has_begun=starts < elapsed,
        is_over=_sum_per_unit(to_come, starts) == 0,
        floor=percent_to_fraction(objective.coverage_floor) if version >= RulesVersion.V3 else Fraction(0),
    )


def assess_volume(
    objective: VolumeObjective,
    minutes: Minutes,
    window: ServiceWindow,
    excluded: Mask,
    version: RulesVersion = CURRENT_RULES,
) -> Assessment:
    """Assess the units that are decided; one of which too little was measured is unknown, unless its count decides it.

    `minutes` may end before the window does: what has begun, and is not over, counts once nothing more can change it.
    """
    units = build_volume_units(objective, minutes, window, excluded, version)
    in_scope, decided = units.has_begun & (units.in_scope > 0), units.is_decided
    bad = count_true(decided & ~units.is_within_limit)
    minutes_in_scope = count_true((window.in_service & ~excluded)[: len(minutes)])
    return Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(count_true(decided) - bad, count_true(decided)),
        in_scope=count_true(in_scope),
        bad=bad,
        excluded=count_true(units.has_begun & (units.service > 0) & ~in_scope),
        unknown=count_true(in_scope & ~decided),
        measured_share=ratio_or_none(sum(units.measured.tolist()), minutes_in_scope),
        unit=f"{objective.per}s",
        details={"events": sum(units.events.tolist())},
    )


def _sum_per_unit(column: Counts | Mask, starts: NDArray[np.int64]) -> Counts:
    if not len(starts) or not len(column):
        return np.zeros(0, np.int64)
    sums: Counts = np.add.reduceat(column, starts, dtype=np.int64)
    return sums
