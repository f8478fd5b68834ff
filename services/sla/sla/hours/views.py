"""Instants, durations and time ranges as requests and answers write them."""

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

from common.views import Instant, View, field_error
from sla.hours.durations import format_duration, parse_duration
from sla.hours.spans import Span, to_datetime, to_microseconds
from sla.hours.time_zones import FIRST_YEAR, LAST_YEAR

_DURATION_SCHEMA = WithJsonSchema({"type": "string", "format": "duration", "examples": ["PT8H"]})


def _check_year(instant: datetime) -> datetime:
    if not FIRST_YEAR < instant.year < LAST_YEAR - 1:
        raise ValueError(f"must lie after {FIRST_YEAR} and before {LAST_YEAR - 1}")
    return instant


def _parse_text(value: Any) -> Any:
    return parse_duration(value) if isinstance(value, str) else value


def _parse_duration(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 duration such as PT8H")  # noqa: TRY004 - pydantic turns ValueError into 422
    return parse_duration(value)


BoundedInstant = Annotated[Instant, AfterValidator(_check_year)]
DurationInput = Annotated[int, BeforeValidator(_parse_duration), _DURATION_SCHEMA]
"""A duration of a request: microseconds, written in ISO 8601."""
DurationOutput = Annotated[int, PlainSerializer(format_duration, return_type=str), _DURATION_SCHEMA]
"""A duration of an answer: the same, with hours as the largest unit."""
ExactDuration = Annotated[DurationOutput, BeforeValidator(_parse_text), Field(ge=0)]
"""A duration of terms, which are read from documents as well as written into them."""


class OpenTimeRange(View):
    """A half-open time range: `from` belongs to it, `to` does not; `to` is null as long as it lasts."""

    model_config = ConfigDict(populate_by_name=True)

    from_: BoundedInstant = Field(alias="from")
    to: BoundedInstant | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.to is not None and self.to < self.from_:
            raise field_error("to", "`to` is before `from`")
        return self

    def to_span(self, open_end: int) -> Span:
        return Span(to_microseconds(self.from_), open_end if self.to is None else to_microseconds(self.to))


class TimeRange(OpenTimeRange):
    """A half-open time range: `from` belongs to it, `to` does not."""

    to: BoundedInstant

    @property
    def span(self) -> Span:
        return Span.between(self.from_, self.to)


def to_local_datetime(position: int, zone: ZoneInfo) -> datetime:
    """Convert to the zone's offset, or to UTC where that is no whole number of minutes and RFC 3339 cannot write it."""
    instant = to_datetime(position)
    local = instant.astimezone(zone)
    return instant if (local.utcoffset() or timedelta()) % timedelta(minutes=1) else local
