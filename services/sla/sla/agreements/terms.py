"""The terms of an agreement: the document both sides sign, and every review period is evaluated with."""

import hashlib
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, model_validator

from common.ids import new_id
from common.views import Money, Name, Percent
from sla.hours.calendar import Calendar


class ObjectiveKind(StrEnum):
    """What the objective promises; how it is counted is its method."""

    AVAILABILITY = "availability"
    RATIO = "ratio"
    LATENCY = "latency"


class Method(StrEnum):
    OCCURRENCES = "occurrences"
    TIMESLICES = "timeslices"
    RATIO_TIMESLICES = "ratio_timeslices"
    TIME = "time"


class Missing(StrEnum):
    """What a minute counts as for which nothing was measured."""

    IGNORE = "ignore"
    GOOD = "good"
    BAD = "bad"


class ReviewPeriod(StrEnum):
    CALENDAR_MONTH = "calendar_month"
    """In the zone of the service hours."""


# The years a calendar can be evaluated for without leaving the range of an instant.
Day = Annotated[date, Field(ge=date(1990, 1, 1), lt=date(2200, 1, 1))]
Target = Annotated[Percent, Field(gt=0)]
Weight = Annotated[Decimal, Field(gt=0, le=1000, max_digits=9, decimal_places=3)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Objective(Part):
    id: UUID = Field(default_factory=new_id)
    """Drawn when absent; kept from proposal to proposal, so that both sides speak of the same objective."""
    name: Name
    kind: ObjectiveKind
    indicator_id: UUID
    target: Target
    """Percent of what the method counts."""
    method: Method
    slice_target: Target | None = None
    """Percent a slice must reach to be good; timeslices only."""
    missing: Missing
    coverage_floor: Percent = Decimal(0)
    """Percent of the minutes in scope that must be measured for a verdict to be given."""
    weight: Weight = Decimal(1)

    @model_validator(mode="after")
    def _slices_have_a_target(self) -> Self:
        if (self.method is Method.TIMESLICES) != (self.slice_target is not None):
            raise ValueError("slice_target is given with the method timeslices, and only with it")
        return self


class CreditStep(Part):
    below: Target
    """An attainment under this percentage owes the credit."""
    percent: Target
    """Of the monthly charge."""


class Credits(Part):
    ladder: tuple[CreditStep, ...] = Field(min_length=1, max_length=20)
    """From the first threshold missed to the last: thresholds fall, credits rise."""
    cap: Percent = Decimal(100)
    """Percent of the monthly charge that a period can owe at the most."""

    @model_validator(mode="after")
    def _ladder_descends(self) -> Self:
        for upper, lower in zip(self.ladder, self.ladder[1:], strict=False):
            if not (lower.below < upper.below and lower.percent > upper.percent):
                raise ValueError("each step of the ladder has a lower threshold and a higher credit than the last")
        return self


class Terms(Part):
    name: Name
    service_hours: Calendar
    objectives: tuple[Objective, ...] = Field(min_length=1, max_length=50)
    review_period: ReviewPeriod = ReviewPeriod.CALENDAR_MONTH
    starts_on: Day
    """The first day, local to the service hours."""
    ends_on: Day | None = None
    """The last day, included; null when the agreement runs until it is ended."""
    credits: Credits | None = None
    monthly_charge: Money | None = None

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self

    @model_validator(mode="after")
    def _credits_have_a_base(self) -> Self:
        if self.credits is not None and self.monthly_charge is None:
            raise ValueError("credits are percentages of the monthly_charge, which is missing")
        return self

    @model_validator(mode="after")
    def _objectives_differ(self) -> Self:
        ids = {objective.id for objective in self.objectives}
        names = {objective.name.casefold() for objective in self.objectives}
        if len(ids) < len(self.objectives) or len(names) < len(self.objectives):
            raise ValueError("objectives of one agreement have different ids and different names")
        return self

    @property
    def objective_ids(self) -> frozenset[UUID]:
        return frozenset(objective.id for objective in self.objectives)

    def document(self) -> dict[str, Any]:
        """The terms as JSON: decimals and days as strings, nothing left out."""
        return self.model_dump(mode="json")


def fingerprint(document: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON (RFC 8785) of a terms document, in hexadecimal: what a signature is for."""
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()
