"""What carries an agreement: supporting agreements in parts, each on its own calendar, looked at over one year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sla.agreements.objectives import CalendarUnit, CalendarWindow, RollingWindow
from sla.agreements.periods import unit_of
from sla.agreements.terms import Terms
from sla.hours.calendar import Calendar
from sla.hours.spans import DAY, Span, microseconds, moment, total, within

A_YEAR = timedelta(days=366)
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
        zone = ZoneInfo(terms.service_hours.timezone)
        after = min(terms.starts_on + A_YEAR, (terms.ends_on or date.max - A_YEAR) + timedelta(days=1))
        return cls(Span(_midnight(terms.starts_on, zone), _midnight(after, zone)))

    def in_service(self, calendar: Calendar) -> list[Span]:
        """Over the year itself."""
        return calendar.service_hours().in_service(self.window)

    def in_service_beyond(self, calendar: Calendar) -> list[Span]:
        return calendar.service_hours().in_service(Span(self.window.start, self.window.end + _BEYOND))

    def amounts(self, terms: Terms, over: CalendarWindow | RollingWindow | None) -> list[int]:
        """Service time in each of the windows that an objective is judged over, as they come in the year."""
        windows = list(self._windows(terms, over))
        hours = terms.service_hours.service_hours().in_service(Span(windows[0].start, windows[-1].end))
        return [amount for one in windows if (amount := total(within(hours, one)))]

    def _windows(self, terms: Terms, over: CalendarWindow | RollingWindow | None) -> Iterator[Span]:
        zone = ZoneInfo(terms.service_hours.timezone)
        unit = over.calendar if isinstance(over, CalendarWindow) else terms.review_period
        if isinstance(over, RollingWindow):
            unit = CalendarUnit.CALENDAR_MONTH
        day = moment(self.window.start).astimezone(zone).date()
        while _midnight(day, zone) < self.window.end:
            found = unit_of(day, unit)
            after = (
                found.first_day + timedelta(days=over.rolling_days) if isinstance(over, RollingWindow) else found.after
            )
            yield Span(_midnight(found.first_day, zone), _midnight(after, zone))
            day = found.after


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime.combine(day, time.min, zone))
