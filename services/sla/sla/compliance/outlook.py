"""An open period: what was attained to date, what can still come of it, and how fast its error budget is spent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sla.agreements.objectives import CalendarWindow, IncidentObjective, MeasuredObjective, Objective
from sla.agreements.periods import local_day, midnight, unit_of
from sla.agreements.terms import Terms
from sla.compliance.burning import Burn, burns
from sla.compliance.counting import day_starts
from sla.compliance.course import Course
from sla.compliance.evaluation import Evaluation, Outcome, evaluate
from sla.compliance.evidence import Evidence, part
from sla.compliance.ratios import Ratio
from sla.compliance.risk import LOOKBACK_DAYS, Past, Risk, risk
from sla.compliance.taken_out import applying, mask_of
from sla.compliance.windows import InForce, Window, in_force, stretch_of, window_of
from sla.hours.spans import MICROSECOND


class Whole(NamedTuple):
    """The objective's window that ends with the period or, if that is later, with its calendar unit."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """In real time."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Prospect:
    outcome: Outcome
    """To date."""
    burns: list[Burn]
    course: Course | None
    """Of what is measured minute by minute."""
    risk: Risk | None
    window: Whole

    @property
    def if_perfect(self) -> Ratio | None:
        """What the whole window attains if nothing more goes wrong, and as much as now is measured."""
        if self.course is not None:
            return self.course.if_perfect
        found = self.outcome.found
        if isinstance(self.outcome.objective, IncidentObjective) and found.in_scope + found.unknown:
            whole = found.in_scope + found.unknown
            return Ratio(whole - found.bad, whole)
        return found.ratio


@dataclass(frozen=True, slots=True)
class Outlook:
    to_date: Evaluation
    prospects: list[Prospect]


@dataclass(frozen=True, slots=True)
class Open:
    """A period that is not over, and when it is looked at."""

    terms: Terms
    start: datetime
    until: datetime
    end: datetime
    days: InForce


def outlook(
    terms: Terms, start: datetime, until: datetime, end: datetime, evidence: Evidence, days: InForce | None = None
) -> Outlook:
    """`evidence` reaches from before `start` to `until`: the further back, the more there is to estimate from."""
    period = Open(terms, start, until, end, days or in_force(terms))
    to_date = replace(evaluate(terms, start, until, evidence, period.days), charged_until=end)
    windows: dict[tuple[datetime, datetime], Window] = {}

    def window(begin: datetime, finish: datetime) -> Window:
        if (begin, finish) not in windows:
            windows[begin, finish] = window_of(terms, begin, finish)
        return windows[begin, finish]

    return Outlook(to_date, [_prospect(outcome, period, evidence, window) for outcome in to_date.outcomes])


def _prospect(
    outcome: Outcome, period: Open, evidence: Evidence, window: Callable[[datetime, datetime], Window]
) -> Prospect:
    objective = outcome.objective
    asked = whole_of(objective, period)
    burning = list(burns(objective, period.terms, period.until, asked.length, evidence))
    if not isinstance(objective, MeasuredObjective):
        return Prospect(outcome, burning, None, None, asked)
    exclusions = applying(evidence.exclusions, objective.id)
    known, whole = evidence.minutes[objective.indicator_id], window(*asked)
    course = Course(
        objective, part(known, asked.start, min(period.until, asked.end)), whole, mask_of(exclusions, whole).all
    )
    today = local_day(period.terms, period.until)
    since = max(known.start, midnight(period.terms, today - timedelta(days=LOOKBACK_DAYS)))
    until = max(since, midnight(period.terms, today))
    before = window(since, until)
    past = Past(part(known, since, until), before, mask_of(exclusions, before).all)
    starts = day_starts(before, period.terms.service_hours.timezone)
    seed = f"{objective.id} {period.until.isoformat()}"
    return Prospect(outcome, burning, course, risk(course, past, starts, seed), asked)


def whole_of(objective: Objective, period: Open) -> Whole:
    start = stretch_of(objective, period.terms, period.start, period.end, period.days).start
    if not isinstance(objective.window, CalendarWindow):
        return Whole(start, period.end)
    unit = unit_of(local_day(period.terms, period.end - MICROSECOND), objective.window.calendar)
    last = period.days.last_day
    after = unit.after if last is None else min(unit.after, last + timedelta(days=1))
    return Whole(start, midnight(period.terms, after))
