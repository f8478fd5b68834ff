"""An open period: what was attained to date, what can still come of it, and how fast its error budget is spent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sla.agreements.objectives import (
    CalendarWindow,
    IncidentObjective,
    Objective,
    PercentileObjective,
    RollingWindow,
    VolumeObjective,
)
from sla.agreements.periods import local_day, midnight, unit_of
from sla.agreements.terms import Terms
from sla.compliance import foresight
from sla.compliance.burning import Burn, burns
from sla.compliance.counting import day_starts, volume
from sla.compliance.evaluation import Evaluation, Outcome, evaluate
from sla.compliance.evidence import Evidence, part
from sla.compliance.foresight import Ahead, Foresight, Stage
from sla.compliance.risk import LOOKBACK_DAYS
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
    foresight: Foresight
    window: Whole

    @property
    def can_be_met(self) -> bool | None:
        """None for incidents: how many there will be nobody knows."""
        perfect, objective = self.foresight.if_perfect, self.outcome.objective
        if perfect is None or isinstance(objective, IncidentObjective):
            return None
        return perfect.reaches(self.outcome.found.target)


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

    look = Look(period, evidence, window)
    outcomes = [look.to_date(outcome) for outcome in to_date.outcomes]
    return Outlook(replace(to_date, outcomes=outcomes), [look.prospect(outcome) for outcome in outcomes])


@dataclass(frozen=True, slots=True)
class Look:
    period: Open
    evidence: Evidence
    window: Callable[[datetime, datetime], Window]

    def to_date(self, outcome: Outcome) -> Outcome:
        """An hour, day or period that is not over has kept to no volume yet, nor missed it, while that can change."""
        objective = outcome.objective
        if not isinstance(objective, VolumeObjective) or (
            objective.per == "period" and isinstance(objective.window, RollingWindow)
        ):
            return outcome
        whole = self._stage(objective, outcome.window.start, whole_of(objective, self.period).end)
        until = min(self.period.until, whole.window.end)
        minutes = part(self.evidence.minutes[objective.indicator_id], whole.window.start, until)
        return replace(outcome, counted=volume(objective, minutes, whole.window, whole.excluded, self._timezone))

    def prospect(self, outcome: Outcome) -> Prospect:
        period, objective = self.period, outcome.objective
        asked = whole_of(objective, period)
        burning = list(burns(objective, period.terms, period.until, asked.length, self.evidence))
        return Prospect(outcome, burning, self._foresight(objective, asked), asked)

    def _foresight(self, objective: Objective, asked: Whole) -> Foresight:
        if isinstance(objective, IncidentObjective):
            return foresight.of_incidents(self.evidence.incidents[objective.id])
        if isinstance(objective, PercentileObjective):
            observed = self.evidence.observations[objective.indicator_id]
            return foresight.of_percentile(objective, self._ahead(objective, asked, observed.start), observed)
        minutes = self.evidence.minutes[objective.indicator_id]
        ahead = self._ahead(objective, asked, minutes.start)
        if isinstance(objective, VolumeObjective):
            return foresight.of_volume(objective, ahead, minutes)
        return foresight.of_measured(objective, ahead, minutes)

    def _ahead(self, objective: Objective, asked: Whole, known_from: datetime) -> Ahead:
        terms, until = self.period.terms, self.period.until
        today = local_day(terms, until)
        since = max(known_from, midnight(terms, today - timedelta(days=LOOKBACK_DAYS)))
        past = self._stage(objective, since, max(since, midnight(terms, today)))
        seed = f"{objective.id} {until.isoformat()}"
        return Ahead(self._stage(objective, *asked), min(until, asked.end), past, self._timezone, seed)

    def _stage(self, objective: Objective, start: datetime, end: datetime) -> Stage:
        window = self.window(start, end)
        excluded = mask_of(applying(self.evidence.exclusions, objective.id), window).all
        return Stage(window, excluded, day_starts(window, self._timezone))

    @property
    def _timezone(self) -> str:
        return self.period.terms.service_hours.timezone


def whole_of(objective: Objective, period: Open) -> Whole:
    start = stretch_of(objective, period.terms, period.start, period.end, period.days).start
    if not isinstance(objective.window, CalendarWindow):
        return Whole(start, period.end)
    unit = unit_of(local_day(period.terms, period.end - MICROSECOND), objective.window.calendar)
    last = period.days.last_day
    after = unit.after if last is None else min(unit.after, last + timedelta(days=1))
    return Whole(start, midnight(period.terms, after))
