"""What can still come of an objective whose window is not over, by the kind it is of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from sla.agreements.objectives import MeasuredObjective, Method, Missing, PercentileObjective, VolumeObjective
from sla.compliance.assessment import Assessment, Mask, many
from sla.compliance.counting import Units, measured, percentile, units_of, volume
from sla.compliance.course import Course
from sla.compliance.evidence import observed_part, part
from sla.compliance.ratios import Ratio, ratio_of, share
from sla.compliance.risk import Amounts, Risk, days_of, events_of, risk, risk_of_volume
from sla.compliance.windows import Window
from sla.incidents.tally import IncidentTally
from sla.measurements.minutes import Minutes, State
from sla.measurements.observations import Observations

_MINUTE = timedelta(minutes=1)


class Foresight(NamedTuple):
    if_perfect: Ratio | None
    """What the whole window attains if nothing more goes wrong, and as much as now is measured."""
    course: Course | None = None
    """Of what is measured minute by minute."""
    risk: Risk | None = None


class Stage(NamedTuple):
    """A stretch of time, and which of its minutes count."""

    window: Window
    excluded: Mask
    first_minutes: Sequence[int]
    """Where its local days begin, in minutes from its start."""

    @property
    def scope(self) -> Mask:
        return self.window.in_service & ~self.excluded

    def during(self, minutes: slice) -> Window:
        start = self.window.start
        first, last = start + minutes.start * _MINUTE, start + minutes.stop * _MINUTE
        return Window(first, last, self.window.in_service[minutes], 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """Where a window stands, and the days before that there is to draw from."""

    whole: Stage
    until: datetime
    """Now, or the end of the window."""
    past: Stage
    timezone: str
    seed: str

    @property
    def gone(self) -> int:
        return (self.until - self.whole.window.start) // _MINUTE

    @property
    def to_come(self) -> Mask:
        """Of the whole window the minutes after now that count."""
        return self.whole.scope & (np.arange(len(self.whole.window)) >= self.gone)

    def days(self, count: Callable[[slice], Amounts]) -> list[Amounts]:
        return days_of(self.past.first_minutes, self.past.scope, count)


def of_measured(objective: MeasuredObjective, ahead: Ahead, known: Minutes) -> Foresight:
    whole, past = ahead.whole, ahead.past
    course = Course(objective, part(known, whole.window.start, ahead.until), whole.window, whole.excluded)
    before = part(known, past.window.start, past.window.end)

    def count(day: slice) -> Amounts:
        found = measured(objective, _during(before, day), past.window.in_service[day], past.excluded[day]).found
        return _amounts(objective, found)

    so_far = _amounts(objective, course.so_far)
    return Foresight(
        course.if_perfect, course, risk(course.target, so_far, course.to_come, ahead.days(count), ahead.seed)
    )


def of_percentile(objective: PercentileObjective, ahead: Ahead, known: Observations) -> Foresight:
    """Of the share of observations that is up to the limit."""
    past, gone = ahead.past, slice(ahead.gone)
    before = observed_part(known, past.window.start, past.window.end)

    def count(day: slice) -> Amounts:
        observed = before.part(day.start, day.stop)
        found = percentile(objective, observed, past.window.in_service[day], past.excluded[day]).found
        return Amounts.of(found, found.in_scope)

    observed = observed_part(known, ahead.whole.window.start, ahead.until)
    found = percentile(objective, observed, ahead.whole.window.in_service[gone], ahead.whole.excluded[gone]).found
    so_far, to_come = Amounts.of(found, found.in_scope), ahead.to_come
    chance = risk(share(objective.target), so_far, to_come[ahead.gone :], ahead.days(count), ahead.seed)
    return Foresight(_as_many_again(found, many(ahead.whole.scope[gone]) - found.unknown, many(to_come)), risk=chance)


def of_volume(objective: VolumeObjective, ahead: Ahead, known: Minutes) -> Foresight:
    whole = ahead.whole
    so_far = part(known, whole.window.start, ahead.until)
    units = units_of(objective, so_far, whole.window, whole.excluded, ahead.timezone)
    judged, to_come = many(units.judged), many(units.to_come)
    kept = many(units.judged & units.kept)
    chance = _of_hours if objective.per == "hour" else _of_days
    return Foresight(ratio_of(kept + to_come, judged + to_come), risk=chance(units, ahead, known))


def of_incidents(tally: IncidentTally) -> Foresight:
    """Those that run may still end in time."""
    return Foresight(ratio_of(tally.in_time + tally.running, tally.decided + tally.running))


def _of_hours(units: Units, ahead: Ahead, known: Minutes) -> Risk | None:
    """Of as many as a day has, a day's share does not keep to the limit."""
    past, objective = ahead.past, units.objective
    before = part(known, past.window.start, past.window.end)

    def count(day: slice) -> Amounts:
        found = volume(objective, _during(before, day), past.during(day), past.excluded[day], ahead.timezone).found
        return Amounts.of(found, found.in_scope - found.unknown)

    judged = units.judged
    so_far = Amounts(many(judged & ~units.kept), many(judged))
    return risk(share(objective.target), so_far, ahead.to_come[ahead.gone :], ahead.days(count), ahead.seed)


def _of_days(units: Units, ahead: Ahead, known: Minutes) -> Risk | None:
    past = ahead.past
    before = part(known, past.window.start, past.window.end)
    seen = past.scope & (before.state != State.UNKNOWN)
    days = events_of(past.first_minutes, seen, before.total.astype(np.int64))
    return risk_of_volume(units, ahead.to_come, ahead.whole.first_minutes, days, ahead.seed)


def _amounts(objective: MeasuredObjective, found: Assessment) -> Amounts:
    """Of events, or of minutes or slices with those that are missing as agreed."""
    counted = found.in_scope
    if objective.missing is Missing.IGNORE and objective.method is not Method.OCCURRENCES:
        counted -= found.unknown
    return Amounts.of(found, counted)


def _as_many_again(found: Assessment, seen: int, later: int) -> Ratio | None:
    """With as many observations per minute as in those seen, all of them good."""
    if not found.in_scope:
        return ratio_of(later, later)
    whole = found.in_scope * (seen + later)
    return Ratio(whole - found.bad * seen, whole)


def _during(minutes: Minutes, day: slice) -> Minutes:
    start = minutes.start + day.start * _MINUTE
    return Minutes(start, minutes.good[day], minutes.total[day], minutes.state[day])
