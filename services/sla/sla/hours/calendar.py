"""The calendar as requests and the terms of agreements write it."""

import re
from calendar import monthrange
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)

from common.http.documentation.documented_model import DocumentedModel
from common.views import STORED, Name, Written, field_error
from sla.hours.closures import Closure, ClosureEdge
from sla.hours.public_holidays import PublicHolidays
from sla.hours.service_hours import ServiceHours
from sla.hours.spans import DAY, HOUR, MINUTE, Span, union
from sla.hours.time_zones import FIRST_YEAR, LAST_YEAR, load_zone

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"
_EDGE = re.compile(rf"(?:([0-9]{{4}})-)?([0-9]{{2}})-([0-9]{{2}})(?:[T ]({_TIME})(?::00)?)?", re.ASCII)
_LEAP_YEAR = 2024
MAX_CLOSURES = 500
"""The most closures that a request writes down. Closure calendars add any number to what is stored."""


def _to_microseconds(time: str) -> int:
    return int(time[:2]) * HOUR + int(time[3:]) * MINUTE


def _validate_shift(times: tuple[str, str]) -> tuple[str, str]:
    start, end = times
    if start == "24:00":
        raise ValueError("24:00 ends a day; the time that begins one is 00:00")
    if start == end:
        raise ValueError(f"{start} to {end} can mean no time or a whole day, which is written 00:00 to 24:00")
    return times


TimeZone = Annotated[str, AfterValidator(lambda name: load_zone(name).key)]
LocalTime = Annotated[str, Written(rf"^(?:{_TIME})$", "must be a time of day, as 09:30")]
Shift = Annotated[tuple[LocalTime, LocalTime], AfterValidator(_validate_shift)]
Week = dict[Weekday, Annotated[tuple[Shift, ...], Field(max_length=8)]]
_ALWAYS: Week = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))


def _require_hours(hours: Week) -> Week:
    if not any(hours.values()):
        raise ValueError("the week has no working hours, so that nothing would ever count")
    return hours


WeeklyHours = Annotated[
    Week,
    BeforeValidator(lambda hours: _ALWAYS if hours == "24x7" else hours, json_schema_input_type=Week | Literal["24x7"]),
    AfterValidator(_require_hours),
    PlainSerializer(lambda hours: "24x7" if hours == _ALWAYS else hours, return_type=Literal["24x7"] | Week),
]


class _CalendarModel(DocumentedModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class CalendarClosure(_CalendarModel):
    """A date, the dates from the first to the last, both included, or a time range; with `every` it comes back."""

    from_: str = Field(alias="from", examples=["2026-12-24", "12-24", "2026-12-24T12:00"])
    to: str | None = Field(default=None, description="A date is included, a time is not. Absent: the date of `from`.")
    every: Literal["year"] | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        closure = self.to_closure()
        may_cross_new_year = self.every and closure.start[1:3] != closure.end[1:3]
        if closure.start >= closure.end and not may_cross_new_year:
            raise field_error("to", "the closure ends before it begins")
        return self

    def to_closure(self) -> Closure:
        if self.to is None and len(self.from_) > len("2026-12-24"):
            raise ValueError("a closure that begins at a time needs a time in `to`")
        yearly = self.every is not None
        last = self.from_ if self.to is None else self.to
        return Closure(_parse_edge(self.from_, yearly, 0), _parse_edge(last, yearly, DAY))


def _parse_edge(text: str, yearly: bool, default_time: int) -> ClosureEdge:
    """Parse a date with or without a time; `default_time` is the time of a date alone."""
    edge = _EDGE.fullmatch(text)
    if edge is None or (edge[1] is None) != yearly:
        shape = "12-24 or 12-24T18:00" if yearly else "2026-12-24 or 2026-12-24T18:00"
        raise ValueError(f"must be written like {shape}")
    year, month, day = int(edge[1] or _LEAP_YEAR), int(edge[2]), int(edge[3])
    if not FIRST_YEAR <= year < LAST_YEAR or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:  # noqa: PLR2004
        raise ValueError(f"{text} is no date of the years {FIRST_YEAR} to {LAST_YEAR - 1}")
    return ClosureEdge(None if yearly else year, month, day, _to_microseconds(edge[4]) if edge[4] else default_time)


class Calendar(_CalendarModel):
    """The hours in which a service is promised; all times are local to the time zone."""

    timezone: TimeZone = Field(examples=["Europe/Paris"])
    hours: WeeklyHours = Field(
        description='Per weekday one or more [from, to]; `to` before `from` runs overnight. Or "24x7".',
        examples=[{"mon": [["09:00", "12:00"], ["13:00", "17:00"]], "sat": [["22:00", "06:00"]]}, "24x7"],
    )
    closures: tuple[CalendarClosure, ...] = Field(default=(), json_schema_extra={"maxItems": MAX_CLOSURES})
    holidays: PublicHolidays | None = None
    """Days that are closed as well."""

    @field_validator("closures")
    @classmethod
    def _check_count(cls, closures: tuple[CalendarClosure, ...], info: ValidationInfo) -> tuple[CalendarClosure, ...]:
        if len(closures) > MAX_CLOSURES and info.context is not STORED:
            raise ValueError(f"more than {MAX_CLOSURES} closures: import them into a closure calendar")
        return closures

    def with_frozen_holidays(self, first_year: int, last_year: int) -> Self:
        """Return a calendar with the holidays of these years written out."""
        if self.holidays is None:
            return self
        return self.model_copy(update={"holidays": self.holidays.with_frozen_days(first_year, last_year)})

    def with_closures(self, more: Iterable[CalendarClosure]) -> Self:
        return self.model_copy(update={"closures": (*self.closures, *more)})

    def to_service_hours(self) -> ServiceHours:
        days: list[list[Span]] = [[] for _ in WEEKDAYS]
        for weekday, name in enumerate(WEEKDAYS):
            for start, end in (map(_to_microseconds, shift) for shift in self.hours.get(name, ())):
                days[weekday].append(Span(start, end if start < end else DAY))
                if end < start:  # overnight
                    days[(weekday + 1) % 7].append(Span(0, end))
        holidays = self.holidays.closure_sources() if self.holidays else ()
        closures = (*(closure.to_closure() for closure in self.closures), *holidays)
        return ServiceHours(load_zone(self.timezone), tuple(tuple(union(day)) for day in days), closures)
