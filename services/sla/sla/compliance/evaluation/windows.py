"""Windows: the time an objective is evaluated over, and which of its minutes are in service."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from common.dates import ONE_DAY
from sla.agreements.objectives import CalendarWindow, Objective, RollingWindow
from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.terms import Terms
from sla.compliance.evaluation.assessment import Mask
from sla.hours.service_hours import minute_mask
from sla.hours.spans import DAY, HOUR, MINUTE, ONE_MICROSECOND, Span
from sla.hours.time_zones import load_zone, split_by_offset

_LENGTHS = {"hour": HOUR, "day": DAY}


class EvaluationWindow(NamedTuple):
    start: datetime
    end: datetime
    """Not after the review period."""
    full_end: datetime
    """The end of the calendar unit, which may lie after the review period."""

    @property
    def is_pending(self) -> bool:
        """True if the window goes on after the review period: there is a figure to date, but no verdict."""
        return self.full_end > self.end

    @property
    def full_length(self) -> timedelta:
        return self.full_end - self.start


@dataclass(frozen=True, slots=True, eq=False)
class ServiceWindow:
    """The minutes of a window, and which of them are in service."""

    start: datetime
    timezone: str
    in_hours: Mask
    """Within the service hours."""
    in_service: Mask
    """Within the service hours, and no closure falls on them."""

    def __len__(self) -> int:
        return len(self.in_service)

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=len(self))

    @property
    def span(self) -> Span:
        return Span.between(self.start, self.end)

    def part(self, minutes: slice) -> "ServiceWindow":
        start = self.start + timedelta(minutes=minutes.start)
        return ServiceWindow(start, self.timezone, self.in_hours[minutes], self.in_service[minutes])


def compute_evaluation_window(objective: Objective, terms: Terms, start: datetime, end: datetime) -> EvaluationWindow:
    """Return the window in the review period from `start` to `end`, cut to the terms' days as review periods are."""
    last_day = local_day(terms, end - ONE_MICROSECOND)
    if isinstance(objective.window, RollingWindow):
        first_day = last_day - timedelta(days=objective.window.rolling_days - 1)
        return EvaluationWindow(midnight(terms, max(first_day, terms.starts_on)), end, end)
    if isinstance(objective.window, CalendarWindow):
        unit = calendar_period_of(last_day, objective.window.calendar)
        day_after = unit.day_after if terms.ends_on is None else min(unit.day_after, terms.ends_on + ONE_DAY)
        first_day = max(unit.first_day, terms.starts_on)
        return EvaluationWindow(midnight(terms, first_day), end, midnight(terms, day_after))
    return EvaluationWindow(start, end, end)


def compute_evidence_start(terms: Terms, start: datetime, end: datetime) -> datetime:
    """Return how far back the evidence of a review period reaches."""
    windows = (compute_evaluation_window(objective, terms, start, end) for objective in terms.objectives)
    return min(start, *(window.start for window in windows))


def build_service_window(terms: Terms, start: datetime, end: datetime) -> ServiceWindow:
    hours, span = terms.service_hours.to_service_hours(), Span.between(start, end)
    in_hours = minute_mask(hours.scheduled_spans(span), span)
    in_service = in_hours & ~minute_mask(hours.closed_spans(span), span)
    return ServiceWindow(start, terms.service_hours.timezone, in_hours, in_service)


def find_unit_starts(window: ServiceWindow, per: str) -> NDArray[np.int64]:
    """Return where each local hour or day of the window begins, or the period, in minutes from its start."""
    if per == "period":
        return np.zeros(min(len(window), 1), np.int64)
    length, begin = _LENGTHS[per], window.span.start
    starts, last_unit = {begin}, None
    for stretch, offset in split_by_offset(load_zone(window.timezone), window.span):
        if per == "hour" or last_unit != (stretch.start + offset) // length:  # a local hour that comes twice is two
            starts.add(stretch.start)
        starts.update(range(stretch.start + -(stretch.start + offset) % length, stretch.end, length))
        last_unit = (stretch.end - 1 + offset) // length
    return np.array([(start - begin) // MINUTE for start in sorted(starts)], np.int64)
