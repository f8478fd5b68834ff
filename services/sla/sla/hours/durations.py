"""The time that a promise allows: ISO 8601 durations of exact length, in which a day has 24 hours, or business days."""

# - A business day is a local date that has service hours once closures are taken out.
# - The day on which the time begins does not count. So business days are over with the service hours of the last one.
# - Nor does a day count at the end of whose service hours the time stands still: a break at noon changes nothing, a
#   pause over the evening takes the day away, and under an open pause there is no end.

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, takewhile
from math import ceil
from typing import NamedTuple

from common.dates import ONE_DAY
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import DAY, HOUR, MINUTE, NEVER, SECOND, Span, difference, to_datetime, total_length
from sla.hours.time_zones import to_local_date

LONGEST_DURATION = 50 * 366 * DAY
_NUMBER = r"([0-9]{1,9}(?:[.,][0-9]{1,6})?)"
_SHAPE = re.compile(
    rf"P(?:{_NUMBER}W)?(?:{_NUMBER}D)?(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?", re.ASCII
)
_UNITS = (7 * DAY, DAY, HOUR, MINUTE, SECOND)


def parse_duration(text: str) -> int:
    """Parse a duration into microseconds. Years and months are refused, since they have no length of their own."""
    if re.fullmatch(r"[+-]?P[^T]*[0-9][YM].*", text):
        raise ValueError("years and months have no fixed length: write weeks, days or hours")
    shape = _SHAPE.fullmatch(text)
    if shape is None or not any(shape.groups()):
        raise ValueError("not an ISO 8601 duration such as PT8H or P2DT30M")
    amount = sum(_to_microseconds(number, unit) for number, unit in zip(shape.groups(), _UNITS, strict=True) if number)
    if amount > LONGEST_DURATION:
        raise ValueError("a duration is at most 50 years")
    return amount


def _to_microseconds(number: str, unit: int) -> int:
    integer, _, fraction = number.replace(",", ".").partition(".")
    return int(integer) * unit + int(fraction or 0) * unit // int("1" + "0" * len(fraction))


def format_duration(amount: int) -> str:
    """Format a duration with hours as the largest unit, as PT34H; a negative one has the leading sign of ISO 8601-2."""
    minutes, rest = divmod(abs(amount), MINUTE)
    hours, minutes = divmod(minutes, 60)
    seconds, fraction = divmod(rest, SECOND)
    text = f"{seconds}.{fraction:06d}".rstrip("0") if fraction else str(seconds)
    parts = [f"{hours}H" if hours else "", f"{minutes}M" if minutes else "", f"{text}S" if rest else ""]
    return ("-" if amount < 0 else "") + "PT" + ("".join(parts) or "0S")


class TimeAllowed(NamedTuple):
    """The time that a promise allows: service time or business days, of which one is null."""

    duration: int | None = None
    """Microseconds of service time."""
    business_days: int | None = None

    def __str__(self) -> str:
        if self.duration is not None:
            return format_duration(self.duration)
        return f"{self.business_days} business day{'' if self.business_days == 1 else 's'}"

    def exceeds(self, other: "TimeAllowed") -> bool | None:
        """Return whether it is longer; None where one is service time and the other business days."""
        if self.duration is not None and other.duration is not None:
            return self.duration > other.duration
        if self.business_days is not None and other.business_days is not None:
            return self.business_days > other.business_days
        return None

    def find_due_instant(
        self, hours: ServiceHours, started_at: int, standstills: Sequence[Span], horizon: int
    ) -> int | None:
        """Return when it is over; None if not by the horizon, or if an open standstill keeps that instant away."""
        is_open = bool(standstills) and standstills[-1].end == NEVER
        until = min(horizon, standstills[-1].start) if is_open else horizon
        if self.duration is not None:
            return hours.instant_after(started_at, self.duration, standstills, until)
        days = iterate_business_days(hours, started_at, standstills, until)
        return next(islice(days, (self.business_days or 0) - 1, None), None)

    def find_instant_of_share(
        self, share: Fraction, hours: ServiceHours, started_at: int, standstills: Sequence[Span], horizon: int
    ) -> int | None:
        """Return when a share of it is over; of business days, of the service time that counts up to their end."""
        amount = self.duration
        if amount is None:
            due_at = self.find_due_instant(hours, started_at, standstills, horizon)
            if due_at is None:
                return None
            amount = total_length(difference(hours.in_service_spans(Span(started_at, due_at)), standstills))
        part = TimeAllowed(ceil(amount * share))  # in whole microseconds
        return part.find_due_instant(hours, started_at, standstills, horizon)

    def count_days_left(self, hours: ServiceHours, run: Span, standstills: Sequence[Span]) -> int | None:
        """Return how many of the business days have not passed at the end of a run; None for service time."""
        if self.business_days is None:
            return None
        days = iterate_business_days(hours, run.start, standstills, run.end)
        days_over = takewhile(lambda end: end <= run.end, islice(days, self.business_days))
        return self.business_days - sum(1 for _ in days_over)


def iterate_business_days(
    hours: ServiceHours, started_at: int, standstills: Sequence[Span], until: int
) -> Iterator[int]:
    """Yield the end of each business day after the day of the start, at least up to `until`."""
    first = to_local_date(to_datetime(started_at), hours.zone) + ONE_DAY
    for end in hours.business_day_ends(first, until):
        if not any(span.start < end <= span.end for span in standstills):
            yield end
