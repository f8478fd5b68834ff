"""The registration of an improvement: measure, direction, baseline, control and placebo, approved with it."""

from typing import Annotated, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, ConfigDict, Field, model_validator

from common.dates import ONE_DAY
from common.http.documentation.documented_model import DocumentedModel
from common.views import Day, Name, Number, WholeNumber, field_error
from sla.hours.calendar import TimeZone
from sla.hours.time_zones import load_zone
from sla.improvements.effect.granularity import Granularity
from sla.improvements.effect.regression import (
    MIN_POINTS_AFTER,
    MIN_POINTS_BEFORE,
    MIN_POINTS_BESIDE_PLACEBO,
    EffectScale,
)
from sla.improvements.effect.verdict import EffectDirection, EffectHypothesis

MAX_BASELINE_DAYS = 1830


class RegistrationPart(DocumentedModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class IndicatorMeasure(RegistrationPart):
    """The percentage of an indicator's minutes or events that are good."""

    kind: Literal["indicator"]
    indicator_id: UUID
    unit: Literal["minutes", "events"] = Field(default="minutes", validation_alias=AliasChoices("unit", "of"))
    """Known minutes, or all counted events."""


class IncidentMeasure(RegistrationPart):
    kind: Literal["incidents"]
    quantity: Literal["opened", "hours_to_resolve"] = Field(
        default="opened", validation_alias=AliasChoices("quantity", "counted")
    )
    """How many were opened, or the mean hours to resolve of those that were resolved."""
    customer_id: UUID | None = None
    service_id: UUID | None = None
    priorities: tuple[Annotated[WholeNumber, Field(ge=1, le=5)], ...] = Field(default=(), max_length=5)
    """Empty for all priorities."""


class SatisfactionMeasure(RegistrationPart):
    """The score of a customer's surveys, by the day they were opened."""

    kind: Literal["satisfaction"]
    customer_id: UUID
    instrument: Name


Measure = Annotated[IndicatorMeasure | IncidentMeasure | SatisfactionMeasure, Field(discriminator="kind")]


class ExcludedDays(RegistrationPart):
    first_day: Day
    last_day: Day
    reason: Name

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.last_day < self.first_day:
            raise field_error("last_day", "last_day is before first_day")
        return self


class Registration(RegistrationPart):
    """A registration: how an improvement is measured. It does not change once the improvement is approved."""

    measure: Measure
    direction: EffectDirection
    scale: EffectScale = EffectScale.ABSOLUTE
    smallest_effect: Annotated[Number, Field(gt=0)] = Field(examples=["0.2"])
    """The smallest effect that is worth it: percent on a relative scale, else in the unit of the measure."""
    granularity: Granularity = Field(validation_alias=AliasChoices("granularity", "rhythm"))
    timezone: TimeZone = "UTC"
    baseline_from: Day
    baseline_until: Day
    """The last day."""
    excluded: tuple[ExcludedDays, ...] = Field(default=(), max_length=50)
    """Days to exclude besides the times of trouble, which are always excluded."""
    control: Measure
    """A series that the improvement should not change."""
    placebo_on: Day
    """A day in the baseline on which nothing was done."""
    periods_after: Annotated[WholeNumber, Field(ge=MIN_POINTS_AFTER, le=120)]
    """How many whole days, weeks or months after the implementation are measured."""

    @property
    def customer_ids(self) -> set[UUID]:
        """The customers that the measure and the control name."""
        measures = [measure for measure in (self.measure, self.control) if not isinstance(measure, IndicatorMeasure)]
        return {measure.customer_id for measure in measures if measure.customer_id is not None}

    @model_validator(mode="after")
    def _check_control(self) -> Self:
        if self.control == self.measure:
            raise field_error("control", "control must be another series than the measure")
        return self

    @model_validator(mode="after")
    def _check_baseline(self) -> Self:
        if (self.baseline_until - self.baseline_from).days >= MAX_BASELINE_DAYS:
            raise field_error("baseline_from", f"the baseline must have at most {MAX_BASELINE_DAYS} days")
        first, last = self.first_baseline_period, self.last_baseline_period
        placebo = self.granularity.period_of(self.placebo_on)
        if last - first + 1 < MIN_POINTS_BEFORE:
            raise field_error("baseline_from", f"the baseline must have at least {MIN_POINTS_BEFORE} whole periods")
        if not first + MIN_POINTS_BESIDE_PLACEBO <= placebo <= last + 1 - MIN_POINTS_BESIDE_PLACEBO:
            raise field_error(
                "placebo_on",
                f"placebo_on must have {MIN_POINTS_BESIDE_PLACEBO} whole periods of the baseline on either side",
            )
        return self

    @property
    def zone(self) -> ZoneInfo:
        return load_zone(self.timezone)

    @property
    def first_baseline_period(self) -> int:
        """The first period that lies wholly in the baseline."""
        return self.granularity.period_of(self.baseline_from - ONE_DAY) + 1

    @property
    def last_baseline_period(self) -> int:
        return self.granularity.period_of(self.baseline_until + ONE_DAY) - 1

    def build_hypothesis(self, change: int) -> EffectHypothesis:
        return EffectHypothesis(
            direction=self.direction,
            smallest_effect=float(self.smallest_effect),
            scale=self.scale,
            periods_per_season=self.granularity.periods_per_season,
            change_period=change,
            placebo_period=self.granularity.period_of(self.placebo_on),
        )
