"""Events of improvements, up to their verified effect."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event


class ImprovementProposed(Event, service="sla", aggregate="improvement_id", name="ImprovementProposed"):
    improvement_id: UUID
    title: str
    customer_ids: tuple[UUID, ...]
    """Whom it is for: those who had the issue, or gave the low score."""
    issue_ids: tuple[UUID, ...]
    survey_ids: tuple[UUID, ...]
    proposed_at: datetime


class ImprovementApproved(Event, service="sla", aggregate="improvement_id", name="ImprovementApproved"):
    improvement_id: UUID
    title: str
    approved_at: datetime


class ImprovementRejected(Event, service="sla", aggregate="improvement_id", name="ImprovementRejected"):
    improvement_id: UUID
    title: str
    customer_ids: tuple[UUID, ...]
    reason: str
    rejected_at: datetime


class ImprovementImplemented(
    Event, service="sla", aggregate="improvement_id", name="ImprovementImplemented", for_customer=True
):
    """The improvement was put in place; those who complained are to be notified."""

    improvement_id: UUID
    title: str
    customer_ids: tuple[UUID, ...]
    issue_ids: tuple[UUID, ...]
    survey_ids: tuple[UUID, ...]
    implemented_at: datetime
    verify_at: datetime
    """When enough will have been measured to see whether it helped."""


class ImprovementVerified(
    Event, service="sla", aggregate="improvement_id", name="ImprovementVerified", for_customer=True
):
    """The effect was verified by measurements; those who complained are to be notified."""

    improvement_id: UUID
    title: str
    verdict: str
    """effective, no_effect, worse or inconclusive."""
    because: str
    effect: Decimal | None
    """Percent or, on an absolute scale, in the unit of the measure; null when nothing could be estimated."""
    low: Decimal | None
    """Lower end of the 95 % interval."""
    high: Decimal | None
    scale: str
    """absolute or relative."""
    before: int
    """The number of points before the change that the effect is computed from."""
    after: int
    customer_ids: tuple[UUID, ...]
    issue_ids: tuple[UUID, ...]
    survey_ids: tuple[UUID, ...]
    verified_at: datetime


class ImprovementClosed(Event, service="sla", aggregate="improvement_id", name="ImprovementClosed"):
    """Everybody who complained was notified of the result."""

    improvement_id: UUID
    closed_at: datetime
