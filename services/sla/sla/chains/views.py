"""Chains and their feasibility as clients send and see them."""

from operator import attrgetter
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from common.views import Name, View, WholeNumber, distinct, field_error
from sla.chains.feasibility_reasons import Feasibility, FeasibilitySubject


class ServicePartView(View):
    name: Name
    needed: Annotated[WholeNumber, Field(ge=1, le=20)] = 1
    """How many of the agreements have to hold at any time; with 1 of 2, each can stand in for the other."""
    agreement_ids: Annotated[
        list[UUID], Field(min_length=1, max_length=20), distinct("an agreement supports a part once")
    ]

    @model_validator(mode="after")
    def _check_needed(self) -> Self:
        if self.needed > len(self.agreement_ids):
            raise field_error("needed", "needed is more than there are agreements")
        return self


class Chain(View):
    """All parts are needed for the service to work."""

    parts: Annotated[
        list[ServicePartView], Field(max_length=30), distinct("each part has a name of its own", attrgetter("name"))
    ]


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
