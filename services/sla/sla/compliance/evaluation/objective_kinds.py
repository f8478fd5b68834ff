"""Assess each kind of objective over a window, always as a share that has to reach the target."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import (
    BudgetingMethod,
    IncidentObjective,
    LimitDirection,
    MeasuredObjective,
    PercentileObjective,
    VolumeObjective,
)
from sla.compliance.evaluation.assessment import (
    Assessment,
    AssessmentRule,
    Counts,
    Mask,
    assess_minutes,
    assess_sliced_minutes,
    count_true,
)
from sla.compliance.evaluation.ratios import percent_to_fraction, ratio_or_none
from sla.compliance.evaluation.windows import ServiceWindow
from sla.hours.spans import DAY, HOUR, MINUTE
from sla.hours.time_zones import load_zone, split_by_offset
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.measurements.histograms.observations import Observations
from sla.measurements.minutes import Minutes, MinuteState

_LENGTHS = {"hour": HOUR, "day": DAY}


@dataclass(frozen=True, slots=True)
class ObjectiveAssessment:
    assessment: Assessment
    unit: str
    """What the amounts of the assessment count."""
    details: dict[str, Any] = field(default_factory=dict)
    """Further figures of this kind of objective: strings and integers."""
    scale: int = 1
    """How many of the amounts make one of the unit."""


def build_assessment_rule(objective: MeasuredObjective) -> AssessmentRule:
    slice_target = None if objective.slice_target is None else percent_to_fraction(objective.slice_target)
    return AssessmentRule(percent_to_fraction(objective.target), objective.method, objective.missing, slice_target)


def assess_measured(
    objective: MeasuredObjective, minutes: Minutes, in_service: Mask, excluded: Mask
) -> ObjectiveAssessment:
    rule, is_known = build_assessment_rule(objective), minutes.state != MinuteState.UNKNOWN
    columns = (minutes.good, minutes.total, is_known, in_service, excluded)
    if objective.slice_minutes > 1:
        assessment = assess_sliced_minutes(rule, *columns, objective.slice_minutes)
        return ObjectiveAssessment(assessment, "slices", {"slice_minutes": objective.slice_minutes})
    unit = "events" if objective.method is BudgetingMethod.OCCURRENCES else "minutes"
    scale = MINUTE if objective.method is BudgetingMethod.TIME else 1
    return ObjectiveAssessment(assess_minutes(rule, *columns), unit, scale=scale)


def assess_percentile(
    objective: PercentileObjective, observations: Observations, in_service: Mask, excluded: Mask
) -> ObjectiveAssessment:
    """Assess the share of observations up to the limit: the 95th percentile is within it if 95 % of them are."""
    scope, target = in_service & ~excluded, percent_to_fraction(objective.target)
    distribution = observations.distribution(scope)
    good, total = distribution.count_up_to(objective.limit), distribution.count
    minutes, measured = count_true(scope), count_true(observations.is_known & scope)
    assessment = Assessment(
        target=target,
        ratio=ratio_or_none(good, total),
        in_scope=total,
        bad=total - good,
        excluded=observations.distribution(in_service & excluded).count,
        unknown=minutes - measured,
        coverage=ratio_or_none(measured, minutes),
    )
    edges = [_format_value(edge) for edge in observations.edges_below(objective.limit)]
    details = {"value": _format_value(distribution.percentile(target)), "edges_compared": edges}
    return ObjectiveAssessment(assessment, "observations", details)


@dataclass(frozen=True, slots=True)
class VolumeUnits:
    """The hours or days of a window, or the window as a whole: how much of each counts, and what happened in it."""

    objective: VolumeObjective
    starts: NDArray[np.int64]
    """In minutes from the start of the window."""
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

    @property
    def is_within_limit(self) -> Mask:
        """Compare events with the limit in Python's integers, as a limit may be as large as 2^53."""
        columns = zip(self.events.tolist(), self.in_scope.tolist(), self.service.tolist(), strict=True)
        surplus = [events * service - self.objective.limit * in_scope for events, in_scope, service in columns]
        return np.array([excess >= 0 if self._at_least else excess <= 0 for excess in surplus], np.bool_)

    @property
    def is_decided(self) -> Mask:
        """True if the unit was measured, and is over or nothing more can change its result."""
        final: Mask = self.is_over | (self.is_within_limit == self._at_least)
        return (self.measured > 0) & final

    @property
    def is_undecided(self) -> Mask:
        """True if the unit may still keep to its limit or not."""
        return (self.in_scope > 0) & ~self.is_over & ~self.is_decided

    @property
    def _at_least(self) -> bool:
        return self.objective.direction is LimitDirection.AT_LEAST


def build_volume_units(
    objective: VolumeObjective, minutes: Minutes, window: ServiceWindow, excluded: Mask, timezone: str
) -> VolumeUnits:
    """Sum up minutes by hour, day or period; `minutes` begin with the window and may end before it does."""
    starts = _unit_starts(window, objective.per, timezone)
    elapsed, scope = len(minutes), window.in_service & ~excluded
    measured, events = np.zeros(len(window), np.bool_), np.zeros(len(window), np.int64)
    measured[:elapsed] = scope[:elapsed] & (minutes.state != MinuteState.UNKNOWN)
    events[:elapsed] = np.where(measured[:elapsed], minutes.total, 0)
    to_come = scope & (np.arange(len(window)) >= elapsed)
    return VolumeUnits(
        objective,
        starts,
        service=_sum_per_unit(window.in_service, starts),
        in_scope=_sum_per_unit(scope, starts),
        measured=_sum_per_unit(measured, starts),
        events=_sum_per_unit(events, starts),
        has_begun=starts < elapsed,
        is_over=_sum_per_unit(to_come, starts) == 0,
    )


def assess_volume(
    objective: VolumeObjective, minutes: Minutes, window: ServiceWindow, timezone: str, excluded: Mask
) -> ObjectiveAssessment:
    """Assess the share of hours, days or periods that kept to the limit, of those in which anything was measured.

    Where a part of the service in an hour or day is excluded, so is that part of its limit. `minutes` may end before
    the window does: what has begun, and is not over, counts once nothing more can change it.
    """
    units = build_volume_units(objective, minutes, window, excluded, timezone)
    scope = (window.in_service & ~excluded)[: len(minutes)]
    in_scope, decided = units.has_begun & (units.in_scope > 0), units.is_decided
    bad = count_true(decided & ~units.is_within_limit)
    assessment = Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(count_true(decided) - bad, count_true(decided)),
        in_scope=count_true(in_scope),
        bad=bad,
        excluded=count_true(units.has_begun & (units.service > 0) & ~in_scope),
        unknown=count_true(in_scope & ~decided),
        coverage=ratio_or_none(sum(units.measured.tolist()), count_true(scope)),
    )
    return ObjectiveAssessment(assessment, f"{objective.per}s", {"events": sum(units.events.tolist())})


def assess_incidents(objective: IncidentObjective, counts: IncidentCounts) -> ObjectiveAssessment:
    """Assess the share of incidents in time; those that run and are not late yet count neither way.

    Those that are late count, running or not. Those that opened in waived time are counted apart, with the reason.
    """
    decided = counts.in_time + counts.late
    assessment = Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(counts.in_time, decided),
        in_scope=decided,
        bad=counts.late,
        excluded=len(counts.waived_rows),
        unknown=counts.running,
        coverage=None,
    )
    details: dict[str, Any] = {"in_time": counts.in_time, "late": counts.late, "running": counts.running}
    waivers = [(row.incident_id, row.waiver) for row in counts.rows if row.waiver is not None]
    if waivers:
        details["waived"] = [
            {"incident_id": str(incident_id), "waiver_id": str(waiver.waiver_id), "reason": waiver.reason}
            for incident_id, waiver in waivers
        ]
    return ObjectiveAssessment(assessment, "incidents", details)


def _unit_starts(window: ServiceWindow, per: str, timezone: str) -> NDArray[np.int64]:
    """Return where each local hour or day of the window begins, in minutes from its start."""
    if per == "period":
        return np.zeros(min(len(window), 1), np.int64)
    length, begin = _LENGTHS[per], window.span.start
    starts, last_unit = {begin}, None
    for stretch, offset in split_by_offset(load_zone(timezone), window.span):
        if per == "hour" or last_unit != (stretch.start + offset) // length:  # a local hour that comes twice is two
            starts.add(stretch.start)
        starts.update(range(stretch.start + -(stretch.start + offset) % length, stretch.end, length))
        last_unit = (stretch.end - 1 + offset) // length
    return np.array([(start - begin) // MINUTE for start in sorted(starts)], np.int64)


def compute_local_day_starts(window: ServiceWindow, timezone: str) -> list[int]:
    """Return where the local days of the window begin, in minutes from its start."""
    starts: list[int] = _unit_starts(window, "day", timezone).tolist()
    return starts


def _sum_per_unit(column: Counts | Mask, starts: NDArray[np.int64]) -> Counts:
    if not len(starts) or not len(column):
        return np.zeros(0, np.int64)
    sums: Counts = np.add.reduceat(column, starts, dtype=np.int64)
    return sums


def _format_value(value: Decimal | None) -> str | None:
    """Format an edge of a bucket; infinity lies above the last edge."""
    return None if value is None else f"{value.normalize():f}"
