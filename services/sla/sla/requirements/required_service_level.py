"""The service level that a requirement asks for: a level of one kind, the hours it holds in, and the volume."""

from typing import Annotated, Literal

from pydantic import Field

from common.views import Name, Number
from sla.agreements.objectives import PercentileLevel, ShareLevel, TermsModel, TimeLevel, VolumeLevel
from sla.hours.calendar import Calendar

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
