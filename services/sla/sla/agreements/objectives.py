"""The kinds of objectives that an agreement can promise, and the window each is evaluated over."""

# However it is worded, an objective is evaluated as a share that has to reach its target: of minutes, slices or events;
# of observations up to a limit (the 95th percentile is at most 300 ms if 95 % of the observations are); of hours or
# days that kept to a volume; of incidents answered or resolved in time, or messages in them answered in time. So every
# kind has an error budget, and a verdict compares integers.

from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from common.http.documentation.documented_model import DocumentedModel
from common.ids import new_id
from common.views import Name, Number, Percent, WholeNumber, distinct, field_error
from sla.hours.calendar import Calendar
from sla.hours.durations import TimeAllowed
from sla.hours.views import ExactDuration

DEFAULT_COVERAGE_FLOOR = Decimal(90)
"""Percent of the minutes in scope that must be measured where the terms say nothing else."""


class ObjectiveKind(StrEnum):
    """The quality that is promised; the budgeting method says how it is counted."""

    AVAILABILITY = "availability"
    RATIO = "ratio"
    LATENCY = "latency"
    """The share of answers under the indicator's threshold."""
    GAUGE = "gauge"
    QUALITY = "quality"
    """The share of reported deliveries that were right."""
    LATENCY_PERCENTILE = "latency_percentile"
    VOLUME = "volume"
    RESPONSE_TIME = "response_time"
    RESOLUTION_TIME = "resolution_time"
    NEXT_ANSWER_TIME = "next_answer_time"
    """From a message of the customer, after the first answer, to the next answer."""


class BudgetingMethod(StrEnum):
    OCCURRENCES = "occurrences"
    TIMESLICES = "timeslices"
    RATIO_TIMESLICES = "ratio_timeslices"
    TIME = "time"


class MissingData(StrEnum):
    """The verdict on a minute for which nothing was measured."""

    IGNORE = "ignore"
    GOOD = "good"
    BAD = "bad"


class LimitDirection(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class CalendarUnit(StrEnum):
    """A calendar unit, in the time zone of the service hours."""

    CALENDAR_MONTH = "calendar_month"
    CALENDAR_QUARTER = "calendar_quarter"
    CALENDAR_YEAR = "calendar_year"


MeasuredKind = Literal[
    ObjectiveKind.AVAILABILITY,
    ObjectiveKind.RATIO,
    ObjectiveKind.LATENCY,
    ObjectiveKind.GAUGE,
    ObjectiveKind.QUALITY,
]
IncidentKind = Literal[ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME, ObjectiveKind.NEXT_ANSWER_TIME]
INCIDENT_KINDS: tuple[ObjectiveKind, ...] = get_args(IncidentKind)
Target = Annotated[Percent, Field(gt=0)]
Weight = Annotated[Decimal, Field(gt=0, le=1000, max_digits=9, decimal_places=3)]
Priorities = Annotated[tuple[Annotated[WholeNumber, Field(ge=1, le=5)], ...], Field(min_length=1, max_length=5)]


def _is_none(value: object) -> bool:
    return value is None


class TermsModel(DocumentedModel):
    """The base of all that stands in a terms document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON: decimals, days and durations as strings, nothing left out."""
        return self.model_dump(mode="json")


class CreditStep(TermsModel):
    below: Target
    """The percentage under which an attainment owes the credit."""
    percent: Target
    """Of the monthly charge."""


class RelativeCreditStep(TermsModel):
    points_below: Annotated[Percent, Field(lt=100)]
    """An attainment more than so many percentage points below the target owes the credit; 0: any miss does."""
    percent: Target
    """Of the monthly charge."""


def _check_steps(field: str, marks: list[tuple[Decimal, Decimal]], rule: str) -> None:
    """Refuse steps of which one is not further down, with a higher credit, than the last."""
    if any(not (lower > upper and more > less) for (upper, less), (lower, more) in pairwise(marks)):
        raise field_error(field, rule)


class CreditScale(TermsModel):
    """The scale of what a miss owes: a ladder of percentages attained, or steps in points below the target."""

    ladder: Annotated[tuple[CreditStep, ...], Field(min_length=1, max_length=20)] | None = Field(
        default=None, exclude_if=_is_none
    )
    """From the first threshold missed to the last: thresholds fall, credits rise."""
    steps: Annotated[tuple[RelativeCreditStep, ...], Field(min_length=1, max_length=20)] | None = Field(
        default=None, exclude_if=_is_none
    )
    """Instead of a ladder: points below the target, and credits, rise from step to step."""

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        if self.ladder and self.steps:
            raise field_error("steps", "give credits either as a ladder or as steps below the target")
        rule = "each step of the ladder has a lower threshold and a higher credit than the last"
        _check_steps("ladder", [(-step.below, step.percent) for step in self.ladder or ()], rule)
        rule = "each step has more points below the target and a higher credit than the last"
        _check_steps("steps", [(step.points_below, step.percent) for step in self.steps or ()], rule)
        return self

    def ladder_for(self, target: Decimal) -> tuple[CreditStep, ...]:
        """Return the ladder that a target has: a step so many points below it is a threshold there."""
        return self.ladder or tuple(
            CreditStep.model_construct(below=target - step.points_below, percent=step.percent)
            for step in self.steps or ()
        )


class ObjectiveCredits(CreditScale):
    """The credits of one objective, in place of those that all share."""

    @model_validator(mode="after")
    def _has_a_scale(self) -> Self:
        if not (self.ladder or self.steps):
            raise field_error("ladder", "give the credits of an objective as a ladder or as steps below its target")
        return self


class CalendarWindow(TermsModel):
    calendar: CalendarUnit
    """The unit; the verdict is final when it ends, and a review period inside it reports the position so far."""


class RollingWindow(TermsModel):
    rolling_days: Annotated[WholeNumber, Field(ge=1, le=366)]
    """The number of days up to the end of the review period."""


class ShareLevel(TermsModel):
    """A percentage of minutes, slices or events that are good."""

    kind: MeasuredKind
    target: Target


class PercentileLevel(TermsModel):
    """The `target` percentile of what is observed, which is at most the limit."""

    kind: Literal[ObjectiveKind.LATENCY_PERCENTILE]
    target: Target
    limit: Annotated[Number, Field(gt=0)]
    """The largest value, in the unit of the indicator."""


class VolumeLevel(TermsModel):
    """A percentage of hours or days with at least, or at most, so many events."""

    kind: Literal[ObjectiveKind.VOLUME]
    direction: LimitDirection
    limit: Annotated[WholeNumber, Field(ge=0, le=2**53)]
    per: Literal["hour", "day", "period"]
    """Local hours and days with service in them; events outside of the service hours do not count."""
    target: Target = Decimal(100)


class TimeLevel(TermsModel):
    """A percentage of incidents that are answered or resolved, or of messages that are answered, within a time."""

    kind: IncidentKind
    priorities: Priorities
    """The priorities it is promised for; 1 is the most urgent."""
    within: Annotated[ExactDuration, Field(gt=0)] | None = Field(default=None, exclude_if=_is_none)
    """Service time, of which a day is 24 hours; absent where the time is given in business days."""
    within_business_days: Annotated[WholeNumber, Field(ge=1, le=366)] | None = Field(default=None, exclude_if=_is_none)
    """Instead of `within`: local days that have service hours, after the day of the start."""
    target: Target

    @model_validator(mode="after")
    def _one_time(self) -> Self:
        if (self.within is None) == (self.within_business_days is None):
            raise field_error("within", "give the time allowed either as within or as within_business_days")
        return self

    @property
    def allowed(self) -> TimeAllowed:
        return TimeAllowed(self.within, self.within_business_days)


class _Objective(TermsModel):
    id: UUID = Field(default_factory=new_id)
    """Generated when absent; kept from proposal to proposal, so that both sides speak of the same objective."""
    name: Name
    target: Target
    """Percent of what is counted."""
    weight: Weight = Decimal(1)
    window: CalendarWindow | RollingWindow | None = None
    """Null: the review period."""
    answers: tuple[UUID, ...] = Field(default=(), max_length=50)
    """The service level requirements it meets."""
    credits: ObjectiveCredits | None = Field(default=None, exclude_if=_is_none)
    """What a miss of it owes; absent: what the terms say for all objectives."""


def _default_coverage_floor(objective: dict[str, Any]) -> Decimal:
    """Return the default floor: where what is missing counts as bad, the contract has settled what it means."""
    return Decimal(0) if objective.get("missing") is MissingData.BAD else DEFAULT_COVERAGE_FLOOR


class MeasuredObjective(ShareLevel, _Objective):
    """A share of minutes, slices or events of one indicator that are good."""

    indicator_id: UUID
    method: BudgetingMethod
    slice_target: Target | None = None
    """Percent that a slice must reach to be good; with the method timeslices only."""
    slice_minutes: Annotated[WholeNumber, Field(ge=1, le=1440)] = 1
    """The length of a slice, from the start of the window; with timeslices and ratio_timeslices only."""
    missing: MissingData
    coverage_floor: Percent = Field(default_factory=_default_coverage_floor)
    """Percent of the minutes in scope that must be measured for a verdict to be given. Absent: 90; 0 where what is
    missing counts as bad.
    """

    @model_validator(mode="after")
    def _slices_have_a_target(self) -> Self:
        if (self.method is BudgetingMethod.TIMESLICES) != (self.slice_target is not None):
            raise field_error("slice_target", "slice_target is given with the method timeslices, and only with it")
        if self.slice_minutes > 1 and self.method not in (BudgetingMethod.TIMESLICES, BudgetingMethod.RATIO_TIMESLICES):
            raise field_error(
                "slice_minutes", "slice_minutes is given with the methods timeslices and ratio_timeslices only"
            )
        return self


class PercentileObjective(PercentileLevel, _Objective):
    """The `target` percentile of what a histogram observed is at most the limit."""

    indicator_id: UUID
    coverage_floor: Percent = DEFAULT_COVERAGE_FLOOR


class VolumeObjective(VolumeLevel, _Objective):
    """The hours or days, or the period as a whole, with at least or at most so many events."""

    indicator_id: UUID
    coverage_floor: Percent = DEFAULT_COVERAGE_FLOOR


class IncidentObjective(TimeLevel, _Objective):
    """The share of incidents that were answered or resolved in time, or of the customer's messages in them."""

    priorities: Annotated[Priorities, distinct("each priority is named once")]
    hours: Calendar | None = None
    """The hours in which its clocks run; null: the service hours."""


Objective = Annotated[
    MeasuredObjective | PercentileObjective | VolumeObjective | IncidentObjective, Field(discriminator="kind")
]
