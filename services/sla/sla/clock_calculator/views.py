"""The query to a clock, and its reading."""

from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from common.views import View, WholeNumber, field_error
from sla.clock_calculator.timeline import ClockReading, TimeClass
from sla.hours.calendar import Calendar
from sla.hours.spans import Span
from sla.hours.views import BoundedInstant, DurationInput, DurationOutput, OpenTimeRange, to_local_datetime


class ClockQuery(View):
    """A clock that is complete in itself: its calendar, target, start, stop and pauses."""

    calendar: Calendar
    target: DurationInput | None = Field(default=None, description="Service time allowed; a day is 24 hours of it.")
    target_business_days: Annotated[WholeNumber, Field(ge=1, le=366)] | None = None
    """Instead of `target`: local days that have service hours, after the day of the start."""
    started_at: BoundedInstant
    stopped_at: BoundedInstant | None = None
    as_of: BoundedInstant | None = Field(
        default=None, description="When to read it. Absent: when it stopped, else now."
    )
    pauses: Annotated[tuple[OpenTimeRange, ...], Field(max_length=10_000)] = ()

    @field_validator("stopped_at")
    @classmethod
    def _stops_after_start(cls, stopped: datetime | None, info: ValidationInfo) -> datetime | None:
        started = info.data.get("started_at")
        if stopped is not None and started is not None and stopped < started:
            raise ValueError("must not be before started_at")
        return stopped

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.target is not None and self.target_business_days is not None:
            raise field_error("target_business_days", "give either target or target_business_days")
        return self


class TimelineSegment(View):
    """A span of one class; instants carry the offset of the calendar's zone."""

    model_config = ConfigDict(populate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime
    class_: TimeClass = Field(alias="class")

    @classmethod
    def from_span(cls, span: Span, time_class: TimeClass, zone: ZoneInfo) -> Self:
        return cls(from_=to_local_datetime(span.start, zone), to=to_local_datetime(span.end, zone), class_=time_class)


class ClockReadingView(View):
    """The reading of a clock; instants carry the offset of the calendar's zone."""

    due_at: datetime | None = Field(description="Null without a target, and while an open pause keeps it away.")
    elapsed: DurationOutput
    remaining: DurationOutput | None = Field(
        description="Target less elapsed, negative when overdrawn; null without a target in service time."
    )
    business_days_left: int | None = Field(
        description="Business days of the target that have not passed; null without such a target."
    )
    breached: bool
    breached_at: datetime | None
    timeline: list[TimelineSegment] = Field(description="From start to end without gaps: where every second went.")

    @classmethod
    def from_reading(cls, reading: ClockReading, target: int | None, zone: ZoneInfo) -> Self:
        due_at = None if reading.due_at is None else to_local_datetime(reading.due_at, zone)
        return cls(
            due_at=due_at,
            elapsed=reading.elapsed,
            remaining=None if target is None else target - reading.elapsed,
            business_days_left=reading.business_days_left,
            breached=reading.breached,
            breached_at=due_at if reading.breached else None,
            timeline=[TimelineSegment.from_span(span, time_class, zone) for span, time_class in reading.timeline],
        )
