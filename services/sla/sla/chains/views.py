"""The shapes of chains over HTTP."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Name, View, WholeNumber
from sla.agreements.terms import Terms
from sla.chains.feasibility import FeasibilityResult
from sla.chains.model import ChainPart
from sla.chains.reasons import Feasibility, FeasibilitySubject
from sla.chains.uncovered_hours import UncoveredHours
from sla.hours.spans import MINUTE

MAX_PARTS = 30


class ServicePartView(View):
    name: Name
    needed: Annotated[WholeNumber, Field(ge=1, le=20)] = 1
    """How many of the agreements have to hold at any time: 1 of 2 stand in for each other."""
    agreement_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.needed > len(self.agreement_ids):
            raise ValueError("needed is more than there are agreements")
        if len(set(self.agreement_ids)) < len(self.agreement_ids):
            raise ValueError("an agreement carries a part once")
        return self

    @classmethod
    def from_entity(cls, part: ChainPart) -> Self:
        carriers = [one.agreement_id for one in part.underpinnings]
        return cls(name=part.name, needed=part.needed, agreement_ids=carriers)


class Chain(View):
    """All parts are needed for the service to work."""

    parts: Annotated[list[ServicePartView], Field(max_length=MAX_PARTS)]

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len({part.name for part in self.parts}) < len(self.parts):
            raise ValueError("parts have names of their own")
        return self


class FeasibilityRequest(Chain):
    terms: Terms


class FeasibilityReasonView(View):
    subject: FeasibilitySubject
    feasibility: Feasibility
    sentence: str
    figures: dict[str, str]
    agreement_id: UUID | None
    objective_id: UUID | None


class UncoveredHoursView(View):
    part: str
    weekday: str
    from_: Annotated[str, Field(alias="from", serialization_alias="from")]
    to: str
    """Local to the service hours."""
    times: int
    """In the year that was looked at."""
    first_on: date
    minutes: int
    """In all."""

    @classmethod
    def from_uncovered(cls, part: str, found: UncoveredHours) -> Self:
        fields = found._asdict() | {"from": found.from_, "part": part, "minutes": found.amount // MINUTE}
        return cls.model_validate({key: value for key, value in fields.items() if key not in ("from_", "amount")})


class FeasibilityView(View):
    feasibility: Feasibility
    reasons: list[FeasibilityReasonView]
    uncovered: list[UncoveredHoursView]
    """The longest first, 20 of a part at the most."""

    @classmethod
    def from_result(cls, answer: FeasibilityResult) -> Self:
        gaps = [
            UncoveredHoursView.from_uncovered(part, one) for part, found in answer.uncovered.items() for one in found
        ]
        reasons = [FeasibilityReasonView.model_validate(one) for one in answer.reasons]
        return cls(feasibility=answer.feasibility, reasons=reasons, uncovered=gaps)
