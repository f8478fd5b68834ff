"""What the assessment calculator is asked, and what it answers."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from common.views import Count, Percent, View
from sla.agreements.objectives import Method, Missing
from sla.compliance.assessment import Assessment, Promise
from sla.compliance.ratios import share
from sla.hours.calendar import Calendar
from sla.hours.durations import format_duration
from sla.hours.views import OpenStretch, Stretch

Stretches = Annotated[tuple[OpenStretch, ...], Field(max_length=10_000)]


class AssessedObjective(View):
    target: Percent
    method: Method
    missing: Missing = Missing.IGNORE
    slice_target: Percent | None = Field(default=None, description="Method timeslices. Absent: the target.")

    @model_validator(mode="after")
    def _slices_have_a_target(self) -> Self:
        if self.slice_target is not None and self.method is not Method.TIMESLICES:
            raise ValueError("slice_target belongs to the method timeslices")
        return self

    def promise(self) -> Promise:
        slice_target = None if self.slice_target is None else share(self.slice_target)
        return Promise(share(self.target), self.method, self.missing, slice_target)


class Slice(View):
    good: Count
    total: Count

    @model_validator(mode="after")
    def _good_is_part_of_total(self) -> Self:
        if self.good > self.total:
            raise ValueError("good is more than total")
        return self


class AssessmentQuestion(View):
    """One objective over one window, complete in itself."""

    window: Stretch
    calendar: Calendar
    objective: AssessedObjective
    slices: Annotated[tuple[Slice | None, ...], Field(max_length=50_000)] | None = Field(
        default=None, description="They divide the window evenly, in order; null or a total of 0: nothing was measured."
    )
    downtimes: Stretches | None = Field(default=None, description="Method time. `to` null: to the end of the window.")
    exclusions: Stretches = ()
    observed: Stretches | None = Field(default=None, description="When monitors reported. Absent: all the time.")


class AssessmentAnswer(View):
    model_config = ConfigDict(from_attributes=True)

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
    def of(cls, method: Method, found: Assessment) -> Self:
        def amount(value: int) -> str | int:
            return format_duration(value) if method is Method.TIME else value

        return cls(
            attained=found.attained,
            margin=found.margin,
            met=found.met,
            budget_consumed=found.budget.consumed.percent(3) if found.budget else None,
            budget_remaining=found.budget.remaining.percent(3) if found.budget else None,
            coverage=found.coverage.percent(4) if found.coverage else None,
            in_scope=amount(found.in_scope),
            bad=amount(found.bad),
            excluded=amount(found.excluded),
            unknown=amount(found.unknown),
        )
