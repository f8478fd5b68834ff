"""How each kind of objective is counted over a window: always as a share that has to reach the target."""

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
    """What else a reader wants to know of this kind: strings and integers."""
    scale: int = 1
    """How many of the amounts make one of the unit."""


def build_assessment_rule(objective: MeasuredObjective) -> AssessmentRule:
    slice_target = None if objective.slice_target is None else percent_to_fraction(objective.slice_target)
    return AssessmentRule(percent_to_fraction(objective.target), objective.method, objective.missing, slice_target)


def assess_measured(
    objective: MeasuredObjective, minutes: Minutes, in_service: Mask, excluded: Mask
) -> ObjectiveAssessment:
    promise, known = build_assessment_rule(objective), minutes.state != MinuteState.UNKNOWN
    columns = (minutes.good, minutes.total, known, in_service, excluded)
    if objective.slice_minutes > 1:
        found = assess_sliced_minutes(promise, *columns, objective.slice_minutes)
        return ObjectiveAssessment(found, "slices", {"slice_minutes": objective.slice_minutes})
    unit = "events" if objective.method is BudgetingMethod.OCCURRENCES else "minutes"
    scale = MINUTE if objective.method is BudgetingMethod.TIME else 1
    return ObjectiveAssessment(assess_minutes(promise, *columns), unit, scale=scale)


def assess_percentile(
    objective: PercentileObjective, observed: Observations, in_service: Mask, excluded: Mask
) -> ObjectiveAssessment:
    """The 95th percentile is at the most the limit if 95 % of the observations are."""
    scope = in_service & ~excluded
    held, out = observed.distribution(scope), observed.distribution(in_service & excluded).count
    good, total = held.count_up_to(objective.limit), held.count
    minutes, known = count_true(scope), count_true(observed.known & scope)
    found = Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(good, total),
        in_scope=total,
        bad=total - good,
        excluded=out,
        unknown=minutes - known,
        coverage=ratio_or_none(known, minutes),
    )
    value = held.quantile(percent_to_fraction(objective.target))
    edges = [_shown(edge) for edge in observed.edges_below(objective.limit)]
    return ObjectiveAssessment(found, "observations", {"value": _shown(value), "edges_compared": edges})


@dataclass(frozen=True, slots=True)
class VolumeUnits:
    """The hours or days of a window, or the window as a whole: of each how much of it counts, and what happened."""

    objective: VolumeObjective
    starts: NDArray[np.int64]
    """In minutes from the start of the window."""
    service: Counts
    """Minutes."""
    in_scope: Counts
    """Of the service, without what is excluded."""
    measured: Counts
    """Of these, measured ones."""
    events: Counts
    has_begun: Mask
    is_over: Mask
    """Nothing that counts is to come: a day is over when its service is."""

    @property
    def is_within_limit(self) -> Mask:
        """Compared in Python's integers: a limit may be as large as 2^53."""
        limit, rows = (
            self.objective.limit,
            zip(*(one.tolist() for one in (self.events, self.in_scope, self.service)), strict=True),
        )
        if self._at_least:
            return np.array([events * service >= limit * left for events, left, service in rows], np.bool_)
        return np.array([events * service <= limit * left for events, left, service in rows], np.bool_)

    @property
    def is_decided(self) -> Mask:
        """Those in which anything was measured, once they are over or nothing more can change it."""
        settled: Mask = self.is_over | (self.is_within_limit == self._at_least)
        return (self.measured > 0) & settled

    @property
    def is_undecided(self) -> Mask:
        """Of which it is open whether they will keep to the limit."""
        return (self.in_scope > 0) & ~self.is_over & ~self.is_decided

    @property
    def _at_least(self) -> bool:
        return self.objective.direction is LimitDirection.AT_LEAST


def build_volume_units(
    objective: VolumeObjective, minutes: Minutes, window: ServiceWindow, excluded: Mask, timezone: str
) -> VolumeUnits:
    """`minutes` begin with the window and may end before it does."""
    starts = _units(window, objective.per, timezone)
    so_far, scope = len(minutes), window.in_service & ~excluded
    known, events = np.zeros(len(window), np.bool_), np.zeros(len(window), np.int64)
    known[:so_far] = scope[:so_far] & (minutes.state != MinuteState.UNKNOWN)
    events[:so_far] = np.where(known[:so_far], minutes.total, 0)
    ahead = scope & (np.arange(len(window)) >= so_far)
    columns = (window.in_service, scope, known, events, ahead)
    service, left, seen, happened, to_come = (_per_unit(column, starts) for column in columns)
    return VolumeUnits(
        objective, starts, service, left, seen, happened, has_begun=starts < so_far, is_over=to_come == 0
    )


def assess_volume(
    objective: VolumeObjective, minutes: Minutes, window: ServiceWindow, excluded: Mask, timezone: str
) -> ObjectiveAssessment:
    """Hours, days or the period that kept to the limit, of those in which anything was measured.

    Where a part of the service in an hour or day is excluded, so is that part of its limit. `minutes` may end before
    the window does: what has begun, and is not over, counts once nothing more can change it.
    """
    units = build_volume_units(objective, minutes, window, excluded, timezone)
    scope = (window.in_service & ~excluded)[: len(minutes)]
    in_scope, judged = units.has_begun & (units.in_scope > 0), units.is_decided
    bad = count_true(judged & ~units.is_within_limit)
    found = Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(count_true(judged) - bad, count_true(judged)),
        in_scope=count_true(in_scope),
        bad=bad,
        excluded=count_true(units.has_begun & (units.service > 0) & ~in_scope),
        unknown=count_true(in_scope & ~judged),
        coverage=ratio_or_none(sum(units.measured.tolist()), count_true(scope)),
    )
    return ObjectiveAssessment(found, f"{objective.per}s", {"events": sum(units.events.tolist())})


def assess_incidents(objective: IncidentObjective, tally: IncidentCounts) -> ObjectiveAssessment:
    """Those that are running and not late yet count neither way; those that are late count, running or not.

    Those that opened in time that is waived are counted apart, with the reason.
    """
    decided = tally.in_time + tally.late
    found = Assessment(
        target=percent_to_fraction(objective.target),
        ratio=ratio_or_none(tally.in_time, decided),
        in_scope=decided,
        bad=tally.late,
        excluded=len(tally.waived_rows),
        unknown=tally.running,
        coverage=None,
    )
    details: dict[str, Any] = {"in_time": tally.in_time, "late": tally.late, "running": tally.running}
    if waived := [(row.incident_id, row.waiver) for row in tally.rows if row.waiver is not None]:
        details["waived"] = [
            {"incident_id": str(incident_id), "waiver_id": str(one.waiver_id), "reason": one.reason}
            for incident_id, one in waived
        ]
    return ObjectiveAssessment(found, "incidents", details)


def _units(window: ServiceWindow, per: str, timezone: str) -> NDArray[np.int64]:
    """Where each local hour or day of the window begins, in minutes from its start."""
    if per == "period":
        return np.zeros(min(len(window), 1), np.int64)
    length, begin = _LENGTHS[per], window.span.start
    starts, last = {begin}, None
    for stretch, offset in split_by_offset(load_zone(timezone), window.span):
        if per == "hour" or last != (stretch.start + offset) // length:  # an hour that the wall shows twice is two
            starts.add(stretch.start)
        starts.update(range(stretch.start + -(stretch.start + offset) % length, stretch.end, length))
        last = (stretch.end - 1 + offset) // length
    return np.array([(at - begin) // MINUTE for at in sorted(starts)], np.int64)


def compute_local_day_starts(window: ServiceWindow, timezone: str) -> list[int]:
    """Where its local days begin, in minutes from its start."""
    starts: list[int] = _units(window, "day", timezone).tolist()
    return starts


def _per_unit(column: Counts | Mask, starts: NDArray[np.int64]) -> Counts:
    if not len(starts) or not len(column):
        return np.zeros(0, np.int64)
    summed: Counts = np.add.reduceat(column, starts, dtype=np.int64)
    return summed


def _shown(value: Decimal | None) -> str | None:
    """Infinity above the last edge."""
    return None if value is None else f"{value.normalize():f}"
