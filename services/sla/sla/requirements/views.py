"""How requirements, and what answers them, look to clients."""

from collections.abc import Mapping
from typing import Self
from uuid import UUID

from pydantic import Field

from common.views import Instant, Name, RequiredText, Text, View
from sla.requirements.coverage import ObjectiveAnswer, RequirementCoverage
from sla.requirements.model import RequirementRequest, RequirementState, ServiceRequirement
from sla.requirements.service_levels import RequiredServiceLevel


class NewRequirement(View):
    customer_id: UUID | None = None
    """Of staff who write down what a customer asked for; a customer asks for itself."""
    service_id: UUID | None = None
    offering_id: UUID | None = None
    title: Name = Field(examples=["The shop is open at Christmas"])
    wanted: RequiredServiceLevel
    reason: RequiredText = Field(examples=["A fifth of the year's orders come in December"])
    enterprise_effect: Text = Field(default="", examples=["Stores would sell what the shop cannot"])
    """What it means for the enterprise as a whole."""
    asked_by: Name | None = Field(default=None, examples=["Head of sales"])
    source_id: UUID | None = None
    """The requirement of engagement it is drawn from."""

    def to_request(self) -> RequirementRequest:
        return RequirementRequest(**{field: getattr(self, field) for field in RequirementRequest._fields})


class RequirementReason(View):
    reason: RequiredText = Field(examples=["The hosting contract ends at 99.9 %"])


class RequirementAnswerView(View):
    requirement_id: UUID
    agreement_id: UUID
    version: int
    objective_id: UUID
    objective_name: str
    known: bool
    """False: the objective names a requirement this customer does not have."""
    met: bool | None
    """Null: the two cannot be compared."""
    gaps: list[str]

    @classmethod
    def from_answer(cls, answer: ObjectiveAnswer) -> Self:
        match = answer.comparison
        return cls(
            requirement_id=answer.requirement_id,
            agreement_id=answer.agreement_id,
            version=answer.version,
            objective_id=answer.objective.id,
            objective_name=answer.objective.name,
            known=match is not None,
            met=match.met if match else None,
            gaps=list(match.gaps) if match else [],
        )


class RequirementView(View):
    id: UUID
    customer_id: UUID
    service_id: UUID | None
    offering_id: UUID | None
    title: str
    wanted: RequiredServiceLevel
    reason: str
    enterprise_effect: str
    asked_by: str
    source_id: UUID | None
    state: RequirementState
    answers: list[RequirementAnswerView]
    """By objectives in force, or signed and about to be."""
    submitted_by: str
    submitted_at: Instant
    ended_by: str | None
    """Who refused or withdrew it."""
    ended_at: Instant | None
    ended_because: str | None

    @classmethod
    def from_entity(cls, found: ServiceRequirement, coverage: RequirementCoverage) -> Self:
        answers = [one for one in coverage.answers if one.requirement_id == found.id]
        return cls(
            id=found.id,
            customer_id=found.customer_id,
            service_id=found.service_id,
            offering_id=found.offering_id,
            title=found.title,
            wanted=found.service_level,
            reason=found.reason,
            enterprise_effect=found.enterprise_effect,
            asked_by=found.asked_by,
            source_id=found.source_id,
            state=found.effective_state(answered=bool(answers)),
            answers=[RequirementAnswerView.from_answer(one) for one in answers],
            submitted_by=found.submitted_by,
            submitted_at=found.submitted_at,
            ended_by=found.ended_by,
            ended_at=found.ended_at,
            ended_because=found.ended_because,
        )


class ObjectiveWithoutRequirement(View):
    agreement_id: UUID
    version: int
    objective_id: UUID
    objective_name: str


class RequirementCoverageView(View):
    customer_id: UUID
    answers: list[RequirementAnswerView]
    """Every objective with each requirement it answers, and whether it gives what is wanted."""
    without_requirement: list[ObjectiveWithoutRequirement]
    """Objectives that answer nothing."""
    unanswered: list[RequirementView]
    not_met: list[UUID]
    """Requirements that are answered, and by no objective in full."""

    @classmethod
    def from_coverage(
        cls, customer_id: UUID, coverage: RequirementCoverage, found: Mapping[UUID, ServiceRequirement]
    ) -> Self:
        named = {one.requirement_id for one in coverage.answers} & found.keys()
        return cls(
            customer_id=customer_id,
            answers=[RequirementAnswerView.from_answer(one) for one in coverage.answers],
            without_requirement=[
                ObjectiveWithoutRequirement(
                    agreement_id=one.agreement_id,
                    version=one.version,
                    objective_id=objective.id,
                    objective_name=objective.name,
                )
                for one, objective in coverage.objectives_without_requirement
            ],
            unanswered=[RequirementView.from_entity(found[one], coverage) for one in sorted(coverage.unanswered_ids)],
            not_met=sorted(named - coverage.met_ids),
        )
