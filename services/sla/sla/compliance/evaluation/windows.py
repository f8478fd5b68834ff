"""Windows: the time an objective is evaluated over, and which of its minutes are in service."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np

from sla.agreements.objectives import CalendarWindow, Objective, RollingWindow
from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Mask
from sla.hours.service_hours import minute_mask
from sla.hours.spans import ONE_MICROSECOND, Span, to_microseconds


class DaysInForce(NamedTuple):
    """The first and the last day on which terms bind: windows are cut to them, as review periods are."""

    first_day: date
    last_day: date | None


class EvaluationWindow(NamedTuple):
    start: datetime
    end: datetime
    is_pending: bool
    """The window ends after the period that is looked at: there is a figure to date, but no verdict."""


@dataclass(frozen=True, slots=True, eq=False)
class ServiceWindow:
    """The minutes of a window: which are in service, and how many are not, and why."""

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
    """Return the days in force as the terms themselves say."""
    return DaysInForce(terms.starts_on, terms.ends_on)


def compute_evaluation_window(
    objective: Objective, terms: Terms, start: datetime, end: datetime, days: DaysInForce
) -> EvaluationWindow:
    """Return the part of the objective's window before the end of the review period from `start` to `end`."""
    if objective.window is None:
        return EvaluationWindow(start, end, is_pending=False)
    if isinstance(objective.window, RollingWindow):
        first_day = local_day(terms, end - ONE_MICROSECOND) - timedelta(days=objective.window.rolling_days - 1)
        return EvaluationWindow(midnight(terms, max(first_day, days.first_day)), end, is_pending=False)
    start, unit_end = compute_calendar_window(objective.window, terms, end, days)
    return EvaluationWindow(start, end, is_pending=unit_end > end)


def compute_calendar_window(
    window: CalendarWindow, terms: Terms, end: datetime, days: DaysInForce
) -> tuple[datetime, datetime]:
    """Return start and end of the calendar unit in which a period that ends at `end` lies, cut to the days in force."""
    unit = calendar_period_of(local_day(terms, end - ONE_MICROSECOND), window.calendar)
    day_after = unit.day_after if days.last_day is None else min(unit.day_after, days.last_day + timedelta(days=1))
    return midnight(terms, max(unit.first_day, days.first_day)), midnight(terms, day_after)


def compute_evidence_start(terms: Terms, start: datetime, end: datetime, days: DaysInForce) -> datetime:
    """Return how far back the evidence of a review period reaches."""
    windows = (compute_evaluation_window(objective, terms, start, end, days) for objective in terms.objectives)
    return min(start, *(window.start for window in windows))


def build_service_window(terms: Terms, start: datetime, end: datetime) -> ServiceWindow:
    hours, span = terms.service_hours.to_service_hours(), Span(to_microseconds(start), to_microseconds(end))
    scheduled = minute_mask(hours.scheduled_spans(span), span)
    in_service = scheduled & ~minute_mask(hours.closed_spans(span), span)
    in_hours = int(np.count_nonzero(scheduled))
    return ServiceWindow(
        start, end, in_service, len(scheduled) - in_hours, in_hours - int(np.count_nonzero(in_service))
    )
