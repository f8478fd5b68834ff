"""What carries an agreement: supporting agreements in parts, each on its own calendar, looked at over one year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sla.agreements.objectives import CalendarWindow, RollingWindow
from sla.agreements.review_periods import calendar_period_of
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.spans import DAY, Span, to_datetime, to_microseconds
from sla.hours.time_zones import load_zone, start_of_day

AgreedWindow = CalendarWindow | RollingWindow | None
A_YEAR = 366 * DAY
_BEYOND = 120 * DAY
"""So that what begins at the end of the year can be followed to where it is due."""


@dataclass(frozen=True)
class SupportingAgreement:
    """A supporting agreement."""

    agreement_id: UUID
    terms: Terms
    is_signed: bool = True
    ends_on: date | None = None
    """The last day it runs."""

    @property
    def name(self) -> str:
        return self.terms.name


@dataclass(frozen=True)
class ServicePart:
    """What the service relies on, carried by agreements of which `needed` have to hold at any time."""

    name: str
    needed: int
    agreements: Sequence[SupportingAgreement]


@dataclass(frozen=True)
class FeasibilityYear:
    """The first year of the terms, or all of it when they run shorter; with the calendars evaluated over it."""

    window: Span

    @classmethod
    def from_terms(cls, terms: Terms) -> "FeasibilityYear":
        zone = load_zone(terms.service_hours.timezone)
        after = terms.starts_on + timedelta(days=366)
        if terms.ends_on is not None:
            after = min(after, terms.ends_on + timedelta(days=1))
        return cls(Span(_midnight(terms.starts_on, zone), _midnight(after, zone)))

    def service_hours_in_year(self, calendar: Calendar) -> list[Span]:
        """Over the year itself."""
        return calendar.to_service_hours().in_service_spans(self.window)

    def service_hours_beyond_year(self, calendar: Calendar) -> list[Span]:
        return calendar.to_service_hours().in_service_spans(Span(self.window.start, self.window.end + _BEYOND))

    def service_hours_around_year(self, calendar: Calendar) -> list[Span]:
        """Over all windows that any of it can fall into."""
        return calendar.to_service_hours().in_service_spans(
            Span(self.window.start - A_YEAR, self.window.end + 2 * A_YEAR)
        )


def objective_windows(terms: Terms, over: AgreedWindow, span: Span) -> list[Span]:
    """Those an objective is judged over that touch the span. Of rolling ones a row, the first from its start on."""
    zone = load_zone(terms.service_hours.timezone)
    day = to_datetime(span.start).astimezone(zone).date()
    found: list[Span] = []
    while not found or found[-1].end < span.end:
        first, after = _window(day, terms, over)
        found.append(Span(_midnight(first, zone), _midnight(after, zone)))
        day = after
    return found


def _window(day: date, terms: Terms, over: AgreedWindow) -> tuple[date, date]:
    """First day, and the day after the last."""
    if isinstance(over, RollingWindow):
        return day, day + timedelta(days=over.rolling_days)
    unit = calendar_period_of(day, over.calendar if over else terms.review_period)
    return unit.first_day, unit.day_after


def _midnight(day: date, zone: ZoneInfo) -> int:
    return to_microseconds(start_of_day(day, zone))
