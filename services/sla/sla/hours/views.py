"""Instants, durations and spans of time as they cross the HTTP border."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from common.views import Instant, View
from sla.hours.durations import format_duration, parse_duration
from sla.hours.spans import Span, to_datetime, to_microseconds
from sla.hours.time_zones import FIRST_YEAR, LAST_YEAR

_DURATION_SCHEMA = WithJsonSchema({"type": "string", "format": "duration", "examples": ["PT8H"]})


def _sensible(instant: datetime) -> datetime:
    if not FIRST_YEAR < instant.year < LAST_YEAR - 1:
        raise ValueError(f"must lie after {FIRST_YEAR} and before {LAST_YEAR - 1}")
    return instant


def _parsed(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 duration such as PT8H")  # noqa: TRY004 - pydantic turns ValueError into 422
    return parse_duration(value)


BoundedInstant = Annotated[Instant, AfterValidator(_sensible)]
DurationInput = Annotated[int, BeforeValidator(_parsed), _DURATION_SCHEMA]
"""Of a request: microseconds, written in ISO 8601."""
DurationOutput = Annotated[int, PlainSerializer(format_duration, return_type=str), _DURATION_SCHEMA]
"""Of an answer: the same, hours at the most."""


class TimeRange(View):
    """Half-open: `from` belongs to it, `to` does not."""

    model_config = ConfigDict(populate_by_name=True)

    from_: BoundedInstant = Field(alias="from")
    to: BoundedInstant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to < self.from_:
            raise ValueError("`to` is before `from`")
        return self

    @property
    def span(self) -> Span:
        return Span(to_microseconds(self.from_), to_microseconds(self.to))


class OpenTimeRange(View):
    """Half-open; `to` is null as long as it lasts."""

    model_config = ConfigDict(populate_by_name=True)

    from_: BoundedInstant = Field(alias="from")
    to: BoundedInstant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to is not None and self.to < self.from_:
            raise ValueError("`to` is before `from`")
        return self

    def to_span(self, open_end: int) -> Span:
        return Span(to_microseconds(self.from_), open_end if self.to is None else to_microseconds(self.to))


def to_local_datetime(position: int, zone: ZoneInfo) -> datetime:
    """With the zone's offset, or in UTC where that is no whole number of minutes and RFC 3339 could not say it."""
    instant = to_datetime(position)
    there = instant.astimezone(zone)
    return instant if (there.utcoffset() or timedelta()) % timedelta(minutes=1) else there
