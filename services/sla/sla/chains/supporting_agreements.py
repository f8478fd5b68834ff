"""Supporting agreements in parts, each with its own calendar, over the year that feasibility is checked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

from common.dates import ONE_DAY
from sla.agreements.objectives import CalendarWindow, RollingWindow
from sla.agreements.review_periods import calendar_period_of, local_day, midnight
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.spans import DAY, Span, clip_spans, to_datetime, to_microseconds

AgreedWindow = CalendarWindow | RollingWindow | None
A_YEAR = 366 * DAY


@dataclass(frozen=True)
class SupportingAgreement:
    """An OLA or an underpinning contract that supports a part of a service."""

    agreement_id: UUID
    terms: Terms
    """With the first and the last day of all that was signed."""
    is_signed: bool = True

    @property
    def name(self) -> str:
        return self.terms.name


@dataclass(frozen=True)
class ServicePart:
    """A part of the service; `needed` of its supporting agreements have to hold at any time."""

    name: str
    needed: int
    agreements: Sequence[SupportingAgreement]


@dataclass(frozen=True)
class ServiceChain:
    """Terms and what supports them, over the first year of the terms, or all of their time if it is shorter."""

    terms: Terms
    parts: Sequence[ServicePart]

    @property
    def agreements(self) -> list[SupportingAgreement]:
        return [agreement for part in self.parts for agreement in part.agreements]

    @cached_property
    def year(self) -> Span:
        last_day = min(self.terms.starts_on + timedelta(days=365), self.terms.ends_on or date.max)
        return _span_of_days(self.terms, self.terms.starts_on, last_day + ONE_DAY)

    def service_hours(self, calendar: Calendar) -> list[Span]:
        """Return the service hours over all windows that any of the year can fall into, and where it is due."""
        window = Span(self.year.start - A_YEAR, self.year.end + 2 * A_YEAR)
        return calendar.to_service_hours().in_service_spans(window)

    def service_hours_in_year(self, terms: Terms) -> list[Span]:
        return clip_spans(self.service_hours(terms.service_hours), self.year)


def objective_windows(terms: Terms, agreed_window: AgreedWindow, span: Span) -> list[Span]:
    """Return the windows of an objective that touch the span; rolling ones in a row from its start on."""
    day = local_day(terms, to_datetime(span.start))
    windows: list[Span] = []
    while not windows or windows[-1].end < span.end:
        if isinstance(agreed_window, RollingWindow):
            first_day, day = day, day + timedelta(days=agreed_window.rolling_days)
        else:
            unit = calendar_period_of(day, agreed_window.calendar if agreed_window else terms.review_period)
            first_day, day = unit.first_day, unit.day_after
        windows.append(_span_of_days(terms, first_day, day))
    return windows


def _span_of_days(terms: Terms, first_day: date, day_after: date) -> Span:
    return Span(to_microseconds(midnight(terms, first_day)), to_microseconds(midnight(terms, day_after)))
