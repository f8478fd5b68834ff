"""What an improvement is measured by, approved with it: measure, direction, window, control, placebo."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.views import Day, Name, Number, Whole
from sla.hours.calendar import TimeZone
from sla.hours.zones import zone_named
from sla.improvements.effect import LEAST_AFTER, LEAST_BEFORE, LEAST_BESIDE_PLACEBO, Scale
from sla.improvements.rhythm import Rhythm
from sla.improvements.verdict import Direction, Question

LONGEST = 1830
"""Days of a baseline."""


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class IndicatorMeasure(Part):
    """Percent good of what an indicator measured."""

    kind: Literal["indicator"]
    indicator_id: UUID
    of: Literal["minutes", "events"] = "minutes"
    """Of the minutes that are known, or of all that was counted."""


class IncidentMeasure(Part):
    kind: Literal["incidents"]
    counted: Literal["opened", "hours_to_resolve"] = "opened"
    """How many were opened, or the mean of the hours from opening to resolving of those resolved."""
    customer_id: UUID | None = None
    service_id: UUID | None = None
    priorities: tuple[Annotated[Whole, Field(ge=1, le=5)], ...] = Field(default=(), max_length=5)
    """Empty: of every priority."""


class SatisfactionMeasure(Part):
    """The score of a customer's surveys, by the day they were opened."""

    kind: Literal["satisfaction"]
    customer_id: UUID
    instrument: Name


Measure = Annotated[IndicatorMeasure | IncidentMeasure | SatisfactionMeasure, Field(discriminator="kind")]


class Excluded(Part):
    first_day: Day
    last_day: Day
    reason: Name

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day")
        return self


class Registration(Part):
    """Nothing of it can be changed once the improvement is approved."""

    measure: Measure
    direction: Direction
    scale: Scale = Scale.ABSOLUTE
    smallest_effect: Annotated[Number, Field(gt=0)] = Field(examples=["0.2"])
    """The smallest that would be worth it: percent on a relative scale, or else in the unit of the measure."""
    rhythm: Rhythm
    timezone: TimeZone = "UTC"
    baseline_from: Day
    baseline_until: Day
    """The last day."""
    excluded: tuple[Excluded, ...] = Field(default=(), max_length=50)
    """Besides the time in which the trouble was, which is always left out."""
    control: Measure
    """What the improvement should not change."""
    placebo_on: Day
    """A day in the baseline on which nothing was done."""
    periods_after: Annotated[Whole, Field(ge=LEAST_AFTER, le=120)]
    """How many whole days, weeks or months after the implementation are looked at."""

    @model_validator(mode="after")
    def _control_is_another(self) -> Self:
        if self.control == self.measure:
            raise ValueError("control is another series than the measure")
        return self

    @model_validator(mode="after")
    def _baseline_is_long_enough(self) -> Self:
        if (self.baseline_until - self.baseline_from).days >= LONGEST:
            raise ValueError(f"the baseline is no longer than {LONGEST} days")
        first, last, placebo = self.first, self.last, self.rhythm.number_of(self.placebo_on)
        if last - first + 1 < LEAST_BEFORE:
            raise ValueError(f"the baseline has at least {LEAST_BEFORE} whole periods")
        if not first + LEAST_BESIDE_PLACEBO <= placebo <= last + 1 - LEAST_BESIDE_PLACEBO:
            raise ValueError(f"placebo_on has {LEAST_BESIDE_PLACEBO} whole periods of the baseline on either side")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.timezone)

    @property
    def first(self) -> int:
        """The first period that lies in the baseline from its first day to its last."""
        inside = self.rhythm.first_day(self.rhythm.number_of(self.baseline_from)) == self.baseline_from
        return self.rhythm.number_of(self.baseline_from) + (not inside)

    @property
    def last(self) -> int:
        after = date.fromordinal(self.baseline_until.toordinal() + 1)
        return self.rhythm.number_of(after) - 1

    def question(self, change: int) -> Question:
        return Question(
            direction=self.direction,
            worthwhile=float(self.smallest_effect),
            scale=self.scale,
            season=self.rhythm.season,
            change=change,
            placebo=self.rhythm.number_of(self.placebo_on),
        )
