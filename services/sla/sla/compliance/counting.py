"""How each kind of objective is counted over a window: always as a share that has to reach the target."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sla.agreements.objectives import (
    Direction,
    IncidentObjective,
    MeasuredObjective,
    Method,
    PercentileObjective,
    VolumeObjective,
)
from sla.compliance.assessment import Assessment, Counts, Mask, Promise, assess_in_slices, assess_minutes, many
from sla.compliance.ratios import ratio_of, share
from sla.compliance.windows import Window
from sla.hours.spans import DAY, HOUR, MINUTE
from sla.hours.zones import stretches, zone_named
from sla.incidents.tally import IncidentTally
from sla.measurements.minutes import Minutes, State
from sla.measurements.observations import Observations

_LENGTHS = {"hour": HOUR, "day": DAY}


@dataclass(frozen=True, slots=True)
class Counted:
    found: Assessment
    unit: str
    """What the amounts of the assessment count."""
    details: dict[str, Any] = field(default_factory=dict)
    """What else a reader wants to know of this kind: strings and integers."""
    scale: int = 1
    """How many of the amounts make one of the unit."""


def promise_of(objective: MeasuredObjective) -> Promise:
    slice_target = None if objective.slice_target is None else share(objective.slice_target)
    return Promise(share(objective.target), objective.method, objective.missing, slice_target)


def measured(objective: MeasuredObjective, minutes: Minutes, in_service: Mask, excluded: Mask) -> Counted:
    promise, known = promise_of(objective), minutes.state != State.UNKNOWN
    columns = (minutes.good, minutes.total, known, in_service, excluded)
    if objective.slice_minutes > 1:
        found = assess_in_slices(promise, *columns, objective.slice_minutes)
        return Counted(found, "slices", {"slice_minutes": objective.slice_minutes})
    unit = "events" if objective.method is Method.OCCURRENCES else "minutes"
    scale = MINUTE if objective.method is Method.TIME else 1
    return Counted(assess_minutes(promise, *columns), unit, scale=scale)


def percentile(objective: PercentileObjective, observed: Observations, in_service: Mask, excluded: Mask) -> Counted:
    """The 95th percentile is at the most the limit if 95 % of the observations are."""
    scope = in_service & ~excluded
    held, out = observed.within(scope), observed.within(in_service & excluded).count
    good, total = held.up_to(objective.limit), held.count
    minutes, known = many(scope), many(observed.known & scope)
    found = Assessment(
        target=share(objective.target),
        ratio=ratio_of(good, total),
        in_scope=total,
        bad=total - good,
        excluded=out,
        unknown=minutes - known,
        coverage=ratio_of(known, minutes),
    )
    value = held.quantile(share(objective.target))
    edges = [_shown(edge) for edge in observed.edges_below(objective.limit)]
    return Counted(found, "observations", {"value": _shown(value), "edges_compared": edges})


@dataclass(frozen=True, slots=True)
class Units:
    """The hours or days of a window, or the window as a whole: of each how much of it counts, and what happened."""

    objective: VolumeObjective
    starts: NDArray[np.int64]
    """In minutes from the start of the window."""
    service: Counts
    """Minutes."""
    left: Counts
    """Of the service, without what is excluded."""
    seen: Counts
    """Of these, measured ones."""
    events: Counts
    begun: Mask
    over: Mask
    """Nothing that counts is to come: a day is over when its service is."""

    @property
    def kept(self) -> Mask:
        """Compared in Python's integers: a limit may be as large as 2^53."""
        limit, rows = (
            self.objective.limit,
            zip(*(one.tolist() for one in (self.events, self.left, self.service)), strict=True),
        )
        if self._at_least:
            return np.array([events * service >= limit * left for events, left, service in rows], np.bool_)
        return np.array([events * service <= limit * left for events, left, service in rows], np.bool_)

    @property
    def judged(self) -> Mask:
        """Those in which anything was measured, once they are over or nothing more can change it."""
        settled: Mask = self.over | (self.kept == self._at_least)
        return (self.seen > 0) & settled

    @property
    def to_come(self) -> Mask:
        """Of which it is open whether they will keep to the limit."""
        return (self.left > 0) & ~self.over & ~self.judged

    @property
    def _at_least(self) -> bool:
        return self.objective.direction is Direction.AT_LEAST


def units_of(objective: VolumeObjective, minutes: Minutes, window: Window, excluded: Mask, timezone: str) -> Units:
    """`minutes` begin with the window and may end before it does."""
    starts = _units(window, objective.per, timezone)
    so_far, scope = len(minutes), window.in_service & ~excluded
    known, events = np.zeros(len(window), np.bool_), np.zeros(len(window), np.int64)
    known[:so_far] = scope[:so_far] & (minutes.state != State.UNKNOWN)
    events[:so_far] = np.where(known[:so_far], minutes.total, 0)
    ahead = scope & (np.arange(len(window)) >= so_far)
    columns = (window.in_service, scope, known, events, ahead)
    service, left, seen, happened, to_come = (_per_unit(column, starts) for column in columns)
    return Units(objective, starts, service, left, seen, happened, begun=starts < so_far, over=to_come == 0)


def volume(objective: VolumeObjective, minutes: Minutes, window: Window, excluded: Mask, timezone: str) -> Counted:
    """Hours, days or the period that kept to the limit, of those in which anything was measured.

    Where a part of the service in an hour or day is excluded, so is that part of its limit. `minutes` may end before
    the window does: what has begun, and is not over, counts once nothing more can change it.
    """
    units = units_of(objective, minutes, window, excluded, timezone)
    scope = (window.in_service & ~excluded)[: len(minutes)]
    in_scope, judged = units.begun & (units.left > 0), units.judged
    bad = many(judged & ~units.kept)
    found = Assessment(
        target=share(objective.target),
        ratio=ratio_of(many(judged) - bad, many(judged)),
        in_scope=many(in_scope),
        bad=bad,
        excluded=many(units.begun & (units.service > 0) & ~in_scope),
        unknown=many(in_scope & ~judged),
        coverage=ratio_of(sum(units.seen.tolist()), many(scope)),
    )
    return Counted(found, f"{objective.per}s", {"events": sum(units.events.tolist())})


def incidents(objective: IncidentObjective, tally: IncidentTally) -> Counted:
    """Those that are running and not late yet count neither way; those that are late count, running or not.

    Those that opened in time that is waived are counted apart, with the reason.
    """
    decided = tally.in_time + tally.late
    found = Assessment(
        target=share(objective.target),
        ratio=ratio_of(tally.in_time, decided),
        in_scope=decided,
        bad=tally.late,
        excluded=len(tally.waived),
        unknown=tally.running,
        coverage=None,
    )
    details: dict[str, Any] = {"in_time": tally.in_time, "late": tally.late, "running": tally.running}
    if waived := [(row.incident_id, row.waived) for row in tally.rows if row.waived is not None]:
        details["waived"] = [
            {"incident_id": str(incident_id), "waiver_id": str(one.waiver_id), "reason": one.reason}
            for incident_id, one in waived
        ]
    return Counted(found, "incidents", details)


def _units(window: Window, per: str, timezone: str) -> NDArray[np.int64]:
    """Where each local hour or day of the window begins, in minutes from its start."""
    if per == "period":
        return np.zeros(min(len(window), 1), np.int64)
    length, begin = _LENGTHS[per], window.span.start
    starts, last = {begin}, None
    for stretch, offset in stretches(zone_named(timezone), window.span):
        if per == "hour" or last != (stretch.start + offset) // length:  # an hour that the wall shows twice is two
            starts.add(stretch.start)
        starts.update(range(stretch.start + -(stretch.start + offset) % length, stretch.end, length))
        last = (stretch.end - 1 + offset) // length
    return np.array([(at - begin) // MINUTE for at in sorted(starts)], np.int64)


def day_starts(window: Window, timezone: str) -> list[int]:
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
