"""Request and result of the assessment calculator."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from common.views import Count, Percent, View, field_error
from sla.agreements.objectives import BudgetingMethod, MissingData
from sla.compliance.evaluation.assessment import Assessment
from sla.compliance.evaluation.rounded_figures import round_figures
from sla.hours.calendar import Calendar
from sla.hours.durations import format_duration
from sla.hours.views import OpenTimeRange, TimeRange

TimeRanges = Annotated[tuple[OpenTimeRange, ...], Field(max_length=10_000)]


class AssessedObjective(View):
    target: Percent
    method: BudgetingMethod
    missing: MissingData = MissingData.IGNORE
    slice_target: Percent | None = Field(default=None, description="Method timeslices. Absent: the target.")

    @model_validator(mode="after")
    def _slices_have_a_target(self) -> Self:
        if self.slice_target is not None and self.method is not BudgetingMethod.TIMESLICES:
            raise field_error("slice_target", "slice_target belongs to the method timeslices")
        return self


class AssessedSlice(View):
    good: Count
    total: Count

    @model_validator(mode="after")
    def _good_is_part_of_total(self) -> Self:
        if self.good > self.total:
            raise field_error("good", "good is more than total")
        return self


class AssessmentRequest(View):
    """One objective over one window, complete in itself."""

    window: TimeRange
    calendar: Calendar
    objective: AssessedObjective
    slices: Annotated[tuple[AssessedSlice | None, ...], Field(max_length=50_000)] | None = Field(
        default=None, description="They divide the window evenly, in order; null or a total of 0: nothing was measured."
    )
    downtimes: TimeRanges | None = Field(default=None, description="Method time. `to` null: to the end of the window.")
    exclusions: TimeRanges = ()
    observed: TimeRanges | None = Field(default=None, description="When monitors reported. Absent: all the time.")


class AssessmentResult(View):
    attained: Decimal | None = Field(description="Percent, rounded half to even; the verdict compares the exact value.")
    margin: Decimal | None = Field(
        description="Percentage points above the target, negative below it; rounded away from 0, so its sign is exact."
    )
    met: bool | None
    budget_consumed: Decimal | None = Field(description="Percent of the error budget; null for a target of 100.")
    budget_remaining: Decimal | None
    coverage: Decimal | None = Field(description="Percent of the time in scope that was measured.")
    in_scope: str | int = Field(description="Durations for the method time, events for occurrences, else slices.")
    bad: str | int
    excluded: str | int
    unknown: str | int

    @classmethod
    def from_assessment(cls, method: BudgetingMethod, assessment: Assessment) -> Self:
        is_time = method is BudgetingMethod.TIME
        counts = {name: getattr(assessment, name) for name in ("in_scope", "bad", "excluded", "unknown")}
        amounts = {name: format_duration(count) if is_time else count for name, count in counts.items()}
        return super().from_entity(assessment, **round_figures(assessment), **amounts)
