"""What customers want, and what answers it."""

from datetime import datetime
from uuid import UUID

from published.event import Event, EventPart


class RequirementSubmitted(Event, service="sla", aggregate="requirement_id", name="RequirementSubmitted"):
    """A customer wants a level of service."""

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
    """Whether it gives all that is wanted; null when the two cannot be compared."""


class RequirementAnswered(Event, service="sla", aggregate="requirement_id", name="RequirementAnswered"):
    """An agreement both sides have signed names it."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    answers: tuple[RequirementAnswer, ...]
    answered_at: datetime


class RequirementReopened(Event, service="sla", aggregate="requirement_id", name="RequirementReopened"):
    """What answered it has ended, or was amended without it."""

    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reopened_at: datetime


class RequirementRefused(Event, service="sla", aggregate="requirement_id", name="RequirementRefused"):
    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reason: str
    refused_at: datetime


class RequirementWithdrawn(Event, service="sla", aggregate="requirement_id", name="RequirementWithdrawn"):
    requirement_id: UUID
    customer_id: UUID
    source_id: UUID | None
    reason: str
    withdrawn_at: datetime
