"""Windows: the time an objective is judged over, and which of its minutes are in service."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from sla.agreements.objectives import Objective, RollingWindow
from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Mask
from sla.hours.service_hours import minute_mask
from sla.hours.spans import ONE_MICROSECOND, Span, to_microseconds


class DaysInForce(NamedTuple):
    """The days terms bind, both included: windows are cut to them, as review periods are."""

    first_day: date
    last_day: date | None


class EvaluationWindow(NamedTuple):
    start: datetime
    end: datetime
    is_pending: bool
    """The window ends after the period that is looked at: it can be shown, not judged."""


@dataclass(frozen=True, slots=True, eq=False)
class ServiceWindow:
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
        return Span(to_microseconds(self.start), to_microseconds(self.end))


def days_in_force_of(terms: Terms) -> DaysInForce:
    """As the terms themselves say."""
    return DaysInForce(terms.starts_on, terms.ends_on)


def compute_evaluation_window(
    objective: Objective, terms: Terms, start: datetime, end: datetime, days: DaysInForce
) -> EvaluationWindow:
    """What of the objective's window lies before the end of the review period from `start` to `end`."""
    if objective.window is None:
        return EvaluationWindow(start, end, is_pending=False)
    last = local_day(terms, end - ONE_MICROSECOND)
    if isinstance(objective.window, RollingWindow):
        first = last - timedelta(days=objective.window.rolling_days - 1)
        return EvaluationWindow(midnight(terms, max(first, days.first_day)), end, is_pending=False)
    unit = calendar_period_of(last, objective.window.calendar)
    after = unit.day_after if days.last_day is None else min(unit.day_after, days.last_day + timedelta(days=1))
    first = max(unit.first_day, days.first_day)
    return EvaluationWindow(midnight(terms, first), end, is_pending=midnight(terms, after) > end)


def compute_evidence_start(terms: Terms, start: datetime, end: datetime, days: DaysInForce) -> datetime:
    """How far back the evidence of a review period reaches."""
    return min(start, *(compute_evaluation_window(one, terms, start, end, days).start for one in terms.objectives))


def build_service_window(terms: Terms, start: datetime, end: datetime) -> ServiceWindow:
    hours, span = terms.service_hours.to_service_hours(), Span(to_microseconds(start), to_microseconds(end))
    scheduled = minute_mask(hours.scheduled_spans(span), span)
    in_service = scheduled & ~minute_mask(hours.closed_spans(span), span)
    in_hours = int(np.count_nonzero(scheduled))
    return ServiceWindow(
        start, end, in_service, len(scheduled) - in_hours, in_hours - int(np.count_nonzero(in_service))
    )
