"""Windows of maintenance that recur in local time (RFC 5545), expanded when they are announced."""

# A window holds the instants at which a clock on the wall of the zone shows a time in it, as service hours do: an hour
# shown twice belongs to it twice, and one that is skipped is not part of it.

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Annotated, Self

from dateutil.rrule import rrulestr
from icalendar.prop import vRecur
from pydantic import AfterValidator, Field, model_validator

from common.views import RequiredText, View, field_error
from sla.hours.calendar import CalendarClosure, TimeZone
from sla.hours.recurrence import EARLIEST_YEAR, UnusableRule, count_yearly_occurrences, format_rule
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import DAY, MINUTE, Span, to_microseconds
from sla.hours.time_zones import LAST_YEAR, load_zone
from sla.hours.views import ExactDuration

MAX_OCCURRENCES, MAX_AHEAD = 400, timedelta(days=5 * 366)


def _parse_local_time(text: str) -> str:
    local = None
    with suppress(ValueError):
        local = datetime.fromisoformat(text)
    if local is None or local.tzinfo is not None or local.second or local.microsecond:
        raise ValueError("must be a local time to the minute, such as 2026-12-06T22:00, without an offset")
    if not EARLIEST_YEAR <= local.year < LAST_YEAR - 10:
        raise ValueError(f"must lie in the years {EARLIEST_YEAR} to {LAST_YEAR - 11}")
    return local.isoformat("T", "minutes")


LocalTime = Annotated[str, AfterValidator(_parse_local_time)]


class Recurrence(View):
    """Windows that recur by a rule in local time, whatever the offset of the zone is then."""

    timezone: TimeZone = Field(examples=["Europe/Paris"])
    starts_at: LocalTime = Field(examples=["2026-12-06T22:00"])
    """The start of the first window (DTSTART), in local time."""
    duration: ExactDuration = Field(examples=["PT4H"])
    """How long each window is by the clock on the wall, in whole minutes."""
    rrule: RequiredText = Field(examples=["FREQ=MONTHLY;BYDAY=1SU;COUNT=12"])
    """The rule (RRULE of RFC 5545), with a COUNT or an UNTIL: at most 400 windows in five years."""
    exdates: tuple[LocalTime, ...] = Field(default=(), max_length=MAX_OCCURRENCES, examples=[["2027-01-03T22:00"]])
    """The starts of single windows that are left out (EXDATE)."""


class RecurringWindows(Recurrence):
    """A recurrence as it is announced, which can be expanded."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not MINUTE <= self.duration <= 7 * DAY or self.duration % MINUTE:
            raise field_error("duration", "must be whole minutes, at most seven days")
        starts = self._list_starts()
        first = datetime.fromisoformat(self.starts_at)
        if first not in starts:
            raise field_error("starts_at", "must be a time at which the rule occurs")
        if len(starts) > MAX_OCCURRENCES or starts[-1] > first + MAX_AHEAD:
            raise field_error("rrule", f"must occur at most {MAX_OCCURRENCES} times, within five years")
        for place, exdate in enumerate(self.exdates):
            if datetime.fromisoformat(exdate) not in starts:
                raise field_error(f"exdates.{place}", "the rule does not occur at this time")
        if not self.spans:
            raise field_error("exdates", "leave no window")
        return self

    def _list_starts(self) -> list[datetime]:
        """List the local starts, one more than there may be at most. Raise the error of the field."""
        try:
            return list(islice(self._starts(), MAX_OCCURRENCES + 1))
        except UnusableRule as error:
            raise field_error("rrule", str(error)) from None
        except (ValueError, LookupError, TypeError, ArithmeticError):
            raise field_error("rrule", "cannot be read: write it as RFC 5545 says, as FREQ=WEEKLY;COUNT=12") from None

    @property
    def spans(self) -> list[Span]:
        """The windows as instants, without those left out."""
        left_out = {datetime.fromisoformat(exdate) for exdate in self.exdates}
        starts = [start for start in self._starts() if start not in left_out]
        if not starts:
            return []
        length = timedelta(microseconds=self.duration)
        closures = tuple(
            CalendarClosure(from_=start.isoformat("T", "minutes"), to=(start + length).isoformat("T", "minutes"))
            for start in starts
        )
        hours = ServiceHours(load_zone(self.timezone), ((),) * 7, tuple(closure.to_closure() for closure in closures))
        first, last = (to_microseconds(day.replace(tzinfo=UTC)) for day in (starts[0], starts[-1] + length))
        return hours.closed_spans(Span(first - 2 * DAY, last + 2 * DAY))

    def _starts(self) -> Iterator[datetime]:
        """Yield the local starts by the rule, which are as many as it says."""
        first = datetime.fromisoformat(self.starts_at)
        rule = vRecur.from_ical(self.rrule.removeprefix("RRULE:"))  # as a line of a calendar has it
        if "COUNT" not in rule and "UNTIL" not in rule:
            raise UnusableRule("has no end: give it a COUNT or an UNTIL")
        count_yearly_occurrences(rule, first)
        until = self._until(rule)
        for start in rrulestr(format_rule(rule, without={"UNTIL"}), dtstart=first):
            if until is not None and start > until:
                return
            yield start

    def _until(self, rule: vRecur) -> datetime | None:
        """Return the last local start by the rule: UNTIL is an instant, a local time or a local date."""
        if "UNTIL" not in rule:
            return None
        (until,) = rule["UNTIL"]
        if not isinstance(until, datetime):
            return datetime.combine(until, time.max)
        return until.astimezone(load_zone(self.timezone)).replace(tzinfo=None) if until.tzinfo else until
