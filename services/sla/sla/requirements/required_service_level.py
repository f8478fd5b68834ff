"""The service level that a requirement asks for: a level of one kind, the hours it holds in, and the volume."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from common.views import Name, Number
from sla.agreements.objectives import (
    LimitDirection,
    MeasuredKind,
    ObjectiveKind,
    Priorities,
    Target,
    TermsModel,
    VolumeInterval,
    VolumeLimit,
)
from sla.hours.calendar import Calendar
from sla.hours.views import ExactDuration


class ShareLevel(TermsModel):
    """A percentage of minutes, slices or events that are good."""

    kind: MeasuredKind
    target: Target


class PercentileLevel(TermsModel):
    """The `target` percentile of what is observed, which is at most the limit."""

    kind: Literal[ObjectiveKind.LATENCY_PERCENTILE]
    target: Target
    limit: Annotated[Number, Field(gt=0)]


class VolumeLevel(TermsModel):
    """A percentage of hours or days with at least, or at most, so many events."""

    kind: Literal[ObjectiveKind.VOLUME]
    direction: LimitDirection
    limit: VolumeLimit
    per: VolumeInterval
    target: Target = Decimal(100)


class TimeLevel(TermsModel):
    """A percentage of incidents that are answered or resolved within a time."""

    kind: Literal[ObjectiveKind.RESPONSE_TIME, ObjectiveKind.RESOLUTION_TIME]
    priorities: Priorities
    within: Annotated[ExactDuration, Field(gt=0)]
    target: Target


RequiredLevel = Annotated[ShareLevel | PercentileLevel | VolumeLevel | TimeLevel, Field(discriminator="kind")]


class RequiredVolume(TermsModel):
    """The amount of service that is needed."""

    amount: Annotated[Number, Field(gt=0)]
    unit: Name = Field(examples=["orders"])
    per: Literal["hour", "day", "week", "month", "year"]


class RequiredServiceLevel(TermsModel):
    """The level of service that a requirement asks for, with its hours and volume."""

    level: RequiredLevel = Field(examples=[{"kind": "availability", "target": "99.95"}])
    hours: Calendar | None = None
    """Null: whatever hours are agreed."""
    volume: RequiredVolume | None = None
