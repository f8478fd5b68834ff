"""Chains and their feasibility as clients send and see them."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Name, View, WholeNumber
from sla.chains.feasibility_reasons import Feasibility, FeasibilitySubject


class ServicePartView(View):
    name: Name
    needed: Annotated[WholeNumber, Field(ge=1, le=20)] = 1
    """How many of the agreements have to hold at any time; with 1 of 2, each can stand in for the other."""
    agreement_ids: Annotated[list[UUID], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _check_agreements(self) -> Self:
        if self.needed > len(self.agreement_ids):
            raise ValueError("needed is more than there are agreements")
        if len(set(self.agreement_ids)) < len(self.agreement_ids):
            raise ValueError("an agreement supports a part once")
        return self


class Chain(View):
    """All parts are needed for the service to work."""

    parts: Annotated[list[ServicePartView], Field(max_length=30)]

    @model_validator(mode="after")
    def _check_distinct_names(self) -> Self:
        if len({part.name for part in self.parts}) < len(self.parts):
            raise ValueError("each part has a name of its own")
        return self


class FeasibilityReasonView(View):
    subject: FeasibilitySubject
    feasibility: Feasibility
    sentence: str
    figures: dict[str, str]
    agreement_id: UUID | None
    objective_id: UUID | None


class FeasibilityView(View):
    feasibility: Feasibility
    reasons: list[FeasibilityReasonView]
