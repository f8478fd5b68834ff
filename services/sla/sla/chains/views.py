"""The shapes of chains over HTTP."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Name, View, Whole
from sla.agreements.terms import Terms
from sla.chains.coverage import Uncovered
from sla.chains.feasibility import Answer
from sla.chains.model import ChainPart
from sla.chains.reasons import Feasibility, Subject
from sla.hours.spans import MINUTE

MOST_PARTS = 30


class PartView(View):
    name: Name
    needed: Annotated[Whole, Field(ge=1, le=20)] = 1
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
    def of(cls, part: ChainPart) -> Self:
        carriers = [one.agreement_id for one in part.underpinnings]
        return cls(name=part.name, needed=part.needed, agreement_ids=carriers)


class Chain(View):
    """All parts are needed for the service to work."""

    parts: Annotated[list[PartView], Field(max_length=MOST_PARTS)]

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        if len({part.name for part in self.parts}) < len(self.parts):
            raise ValueError("parts have names of their own")
        return self


class FeasibilityQuestion(Chain):
    terms: Terms


class ReasonView(View):
    subject: Subject
    feasibility: Feasibility
    sentence: str
    figures: dict[str, str]
    agreement_id: UUID | None
    objective_id: UUID | None


class UncoveredView(View):
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
    def of(cls, part: str, found: Uncovered) -> Self:
        fields = found._asdict() | {"from": found.from_, "part": part, "minutes": found.amount // MINUTE}
        return cls.model_validate({key: value for key, value in fields.items() if key not in ("from_", "amount")})


class FeasibilityView(View):
    feasibility: Feasibility
    reasons: list[ReasonView]
    uncovered: list[UncoveredView]
    """The longest first, 20 of a part at the most."""

    @classmethod
    def of(cls, answer: Answer) -> Self:
        gaps = [UncoveredView.of(part, one) for part, found in answer.uncovered.items() for one in found]
        reasons = [ReasonView.model_validate(one) for one in answer.reasons]
        return cls(feasibility=answer.feasibility, reasons=reasons, uncovered=gaps)
