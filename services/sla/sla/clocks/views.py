"""What a clock is asked, and what it shows."""

from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from common.views import View
from sla.clocks.timeline import ClockReading, TimeClass
from sla.hours.calendar import Calendar
from sla.hours.views import BoundedInstant, DurationInput, DurationOutput, OpenTimeRange, to_local_datetime


class ClockQuery(View):
    """When is it due, how much time has counted, is it breached: one clock, complete in itself."""

    calendar: Calendar
    target: DurationInput | None = Field(default=None, description="Service time allowed; a day is 24 hours of it.")
    started_at: BoundedInstant
    stopped_at: BoundedInstant | None = None
    as_of: BoundedInstant | None = Field(default=None, description="When to look. Absent: when it stopped, else now.")
    pauses: Annotated[tuple[OpenTimeRange, ...], Field(max_length=10_000)] = ()

    @field_validator("stopped_at")
    @classmethod
    def _stops_after_start(cls, stopped: datetime | None, info: ValidationInfo) -> datetime | None:
        started = info.data.get("started_at")
        if stopped is not None and started is not None and stopped < started:
            raise ValueError("must not be before started_at")
        return stopped


class TimelineSegment(View):
    model_config = ConfigDict(populate_by_name=True)

    from_: datetime = Field(alias="from")
    to: datetime
    class_: TimeClass = Field(alias="class")


class ClockReadingView(View):
    """Instants carry the offset of the calendar's zone."""

    due_at: datetime | None = Field(description="Null without a target, and while an open pause keeps it away.")
    elapsed: DurationOutput
    remaining: DurationOutput | None = Field(
        description="Target less elapsed, negative when overdrawn; null without a target."
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
            breached=reading.breached,
            breached_at=due_at if reading.breached else None,
            timeline=[
                TimelineSegment(
                    from_=to_local_datetime(span.start, zone), to=to_local_datetime(span.end, zone), class_=kind
                )
                for span, kind in reading.timeline
            ],
        )
