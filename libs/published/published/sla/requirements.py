"""Events of customers' requirements and their answers."""

from datetime import datetime
from uuid import UUID

from published.event import Event, EventPart


class RequirementSubmitted(
    Event, service="sla", aggregate="requirement_id", name="RequirementSubmitted", for_customer=True
):
    """A customer submitted the level of service that it needs."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    """The requirement of engagement it was drawn from, here as in what follows."""
    service_id: UUID | None
    offering_id: UUID | None
    title: str
    asked_by: str
    submitted_at: datetime


class RequirementAnswer(EventPart):
    agreement_id: UUID
    version: int
    objective_id: UUID
    objective_name: str
    met: bool | None
    """Whether the objective gives everything required; null when the two cannot be compared."""


class RequirementAnswered(
    Event, service="sla", aggregate="requirement_id", name="RequirementAnswered", for_customer=True
):
    """An agreement that both sides have signed answers the requirement."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    answers: tuple[RequirementAnswer, ...]
    answered_at: datetime


class RequirementReopened(
    Event, service="sla", aggregate="requirement_id", name="RequirementReopened", for_customer=True
):
    """The requirement is open again: its answer has ended or was amended away."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reopened_at: datetime


class RequirementRefused(
    Event, service="sla", aggregate="requirement_id", name="RequirementRefused", for_customer=True
):
    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reason: str
    refused_at: datetime


class RequirementWithdrawn(
    Event, service="sla", aggregate="requirement_id", name="RequirementWithdrawn", for_customer=True
):
    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reason: str
    withdrawn_at: datetime
