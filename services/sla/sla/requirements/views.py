"""Requests and responses on requirements and on what answers them."""

from collections.abc import Mapping
from typing import Self
from uuid import UUID

from pydantic import Field

from common.names.references import Reference, look_up
from common.views import Instant, Name, RequiredText, Text, View
from sla.requirements.answered_requirements import RequirementCoverage
from sla.requirements.model import RequirementState, ServiceRequirement
from sla.requirements.required_service_level import RequiredServiceLevel


class NewRequirement(View):
    customer_id: UUID | None = None
    """The customer that asked, if staff submits it; a customer asks for itself."""
    service_id: UUID | None = None
    offering_id: UUID | None = None
    title: Name = Field(examples=["The shop is open at Christmas"])
    service_level: RequiredServiceLevel
    reason: RequiredText = Field(examples=["A fifth of the year's orders come in December"])
    enterprise_effect: Text = Field(default="", examples=["Stores would sell what the shop cannot"])
    """What it means for the enterprise as a whole."""
    asked_by: Name | None = Field(default=None, examples=["Head of sales"])
    source_id: UUID | None = None
    """The requirement of engagement that it is drawn from."""


class ObjectiveWithoutRequirement(View):
    agreement_id: UUID
    version: int
    objective_id: UUID
    objective_name: str


class RequirementAnswerView(ObjectiveWithoutRequirement):
    requirement_id: UUID
    requirement_exists: bool
    """False: the objective names a requirement that the customer does not have."""
    met: bool | None
    """Whether the objective gives all that is asked for; null: the two cannot be compared."""
    gaps: list[str]


class RequirementView(View):
    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    service_id: UUID | None
    service: Reference | None = look_up("service")
    offering_id: UUID | None
    offering: Reference | None = look_up("offering")
    title: str
    service_level: RequiredServiceLevel
    reason: str
    enterprise_effect: str
    asked_by: str
    source_id: UUID | None
    state: RequirementState
    answers: list[RequirementAnswerView]
    """The answers by objectives in force, or signed and about to be."""
    submitted_by: str
    submitted_at: Instant
    ended_by: str | None
    """The person who refused or withdrew it."""
    ended_at: Instant | None
    ended_because: str | None

    @classmethod
    def from_requirement(cls, requirement: ServiceRequirement, coverage: RequirementCoverage) -> Self:
        answers = coverage.answers_to(requirement.id)
        return cls.from_entity(requirement, state=requirement.effective_state(answered=bool(answers)), answers=answers)


class RequirementCoverageView(View):
    customer_id: UUID
    customer: Reference = look_up("customer")
    answers: list[RequirementAnswerView]
    """Every objective with each requirement it answers, and whether it gives what is wanted."""
    without_requirement: list[ObjectiveWithoutRequirement]
    unanswered: list[RequirementView]
    not_met: list[UUID]
    """Requirements that are answered, but that no objective meets in full."""

    @classmethod
    def from_coverage(
        cls, customer_id: UUID, coverage: RequirementCoverage, requirements: Mapping[UUID, ServiceRequirement]
    ) -> Self:
        unanswered = [
            RequirementView.from_requirement(requirements[requirement_id], coverage)
            for requirement_id in coverage.unanswered_ids
        ]
        return cls.from_entity(coverage, customer_id=customer_id, unanswered=unanswered)
