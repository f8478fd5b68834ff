"""Windows: the time an objective is judged over, and which of its minutes are in service."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from sla.agreements.objectives import Objective, RollingWindow
from sla.agreements.periods import local_day, midnight, unit_of
from sla.agreements.terms import Terms
from sla.compliance.assessment import Mask
from sla.hours.service_hours import minutes_inside
from sla.hours.spans import MICROSECOND, Span, microseconds


class InForce(NamedTuple):
    """The days terms bind, both included: windows are cut to them, as review periods are."""

    first_day: date
    last_day: date | None


class Stretch(NamedTuple):
    start: datetime
    end: datetime
    pending: bool
    """The window ends after the period that is looked at: it can be shown, not judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The minutes of a stretch: which are in service, and how many are not, and why."""

    start: datetime
    end: datetime
    in_service: Mask
    outside_hours: int
    closed: int

    def __len__(self) -> int:
        return len(self.in_service)

    @property
    def span(self) -> Span:
        return Span(microseconds(self.start), microseconds(self.end))


def in_force(terms: Terms) -> InForce:
    """As the terms themselves say."""
    return InForce(terms.starts_on, terms.ends_on)


def stretch_of(objective: Objective, terms: Terms, start: datetime, end: datetime, days: InForce) -> Stretch:
    """What of the objective's window lies before the end of the review period from `start` to `end`."""
    if objective.window is None:
        return Stretch(start, end, pending=False)
    last = local_day(terms, end - MICROSECOND)
    if isinstance(objective.window, RollingWindow):
        first = last - timedelta(days=objective.window.rolling_days - 1)
        return Stretch(midnight(terms, max(first, days.first_day)), end, pending=False)
    unit = unit_of(last, objective.window.calendar)
    after = unit.after if days.last_day is None else min(unit.after, days.last_day + timedelta(days=1))
    first = max(unit.first_day, days.first_day)
    return Stretch(midnight(terms, first), end, pending=midnight(terms, after) > end)


def evidence_from(terms: Terms, start: datetime, end: datetime, days: InForce) -> datetime:
    """How far back the evidence of a review period reaches."""
    return min(start, *(stretch_of(one, terms, start, end, days).start for one in terms.objectives))


def window_of(terms: Terms, start: datetime, end: datetime) -> Window:
    hours, span = terms.service_hours.service_hours(), Span(microseconds(start), microseconds(end))
    scheduled = minutes_inside(hours.scheduled(span), span)
    in_service = scheduled & ~minutes_inside(hours.closed(span), span)
    in_hours = int(np.count_nonzero(scheduled))
    return Window(start, end, in_service, len(scheduled) - in_hours, in_hours - int(np.count_nonzero(in_service)))
