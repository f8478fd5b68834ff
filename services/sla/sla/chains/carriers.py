"""What carries an agreement: supporting agreements in parts, each on its own calendar, looked at over one year."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sla.agreements.objectives import CalendarWindow, RollingWindow
from sla.agreements.periods import unit_of
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.spans import DAY, Span, microseconds, moment
from sla.hours.zones import midnight, zone_named

Over = CalendarWindow | RollingWindow | None
A_YEAR = 366 * DAY
_BEYOND = 120 * DAY
"""So that what begins at the end of the year can be followed to where it is due."""


@dataclass(frozen=True)
class Carrier:
    """A supporting agreement."""

    agreement_id: UUID
    terms: Terms
    signed: bool = True
    ends_on: date | None = None
    """The last day it runs."""

    @property
    def name(self) -> str:
        return self.terms.name


@dataclass(frozen=True)
class Part:
    """What the service relies on, carried by agreements of which `needed` have to hold at any time."""

    name: str
    needed: int
    carriers: Sequence[Carrier]


@dataclass(frozen=True)
class Year:
    """The first year of the terms, or all of it when they run shorter; with the calendars evaluated over it."""

    window: Span

    @classmethod
    def of(cls, terms: Terms) -> "Year":
        zone = zone_named(terms.service_hours.timezone)
        after = terms.starts_on + timedelta(days=366)
        if terms.ends_on is not None:
            after = min(after, terms.ends_on + timedelta(days=1))
        return cls(Span(_midnight(terms.starts_on, zone), _midnight(after, zone)))

    def in_service(self, calendar: Calendar) -> list[Span]:
        """Over the year itself."""
        return calendar.service_hours().in_service(self.window)

    def in_service_beyond(self, calendar: Calendar) -> list[Span]:
        return calendar.service_hours().in_service(Span(self.window.start, self.window.end + _BEYOND))

    def in_service_around(self, calendar: Calendar) -> list[Span]:
        """Over all windows that any of it can fall into."""
        return calendar.service_hours().in_service(Span(self.window.start - A_YEAR, self.window.end + 2 * A_YEAR))


def windows(terms: Terms, over: Over, span: Span) -> list[Span]:
    """Those an objective is judged over that touch the span. Of rolling ones a row, the first from its start on."""
    zone = zone_named(terms.service_hours.timezone)
    day = moment(span.start).astimezone(zone).date()
    found: list[Span] = []
    while not found or found[-1].end < span.end:
        first, after = _window(day, terms, over)
        found.append(Span(_midnight(first, zone), _midnight(after, zone)))
        day = after
    return found


def _window(day: date, terms: Terms, over: Over) -> tuple[date, date]:
    """First day, and the day after the last."""
    if isinstance(over, RollingWindow):
        return day, day + timedelta(days=over.rolling_days)
    unit = unit_of(day, over.calendar if over else terms.review_period)
    return unit.first_day, unit.after


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(midnight(day, zone))
