"""Incidents, and what comes of their clocks."""

from datetime import datetime
from uuid import UUID

from published.event import Event


class IncidentOpened(Event, service="sla", aggregate="incident_id", name="IncidentOpened"):
    incident_id: UUID
    customer_id: UUID
    service_id: UUID
    offering_id: UUID | None
    """Null when it concerns the service as a whole."""
    source: str
    external_id: str
    """Its name at the source."""
    priority: int
    """1 is the most pressing."""
    opened_at: datetime


class IncidentAcknowledged(Event, service="sla", aggregate="incident_id", name="IncidentAcknowledged"):
    incident_id: UUID
    customer_id: UUID
    acknowledged_at: datetime


class IncidentPriorityChanged(Event, service="sla", aggregate="incident_id", name="IncidentPriorityChanged"):
    incident_id: UUID
    customer_id: UUID
    priority: int


class IncidentResolved(Event, service="sla", aggregate="incident_id", name="IncidentResolved"):
    incident_id: UUID
    customer_id: UUID
    resolved_at: datetime


class IncidentReopened(Event, service="sla", aggregate="incident_id", name="IncidentReopened"):
    """What was told to be resolved is not, or not any more."""

    incident_id: UUID
    customer_id: UUID


class IncidentCancelled(Event, service="sla", aggregate="incident_id", name="IncidentCancelled"):
    """It was told by mistake, and counts nowhere from now on; a breach of it that was told is not withdrawn."""

    incident_id: UUID
    customer_id: UUID
    cancelled_at: datetime


class IncidentDueSoon(Event, service="sla", aggregate="incident_id", name="IncidentDueSoon"):
    """Most of the time that an objective allows is over; told again if the deadline has moved meanwhile."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    """`response_time` or `resolution_time`."""
    priority: int
    due_soon_at: datetime
    """The instant this is told for."""
    due_at: datetime | None
    """Null while a pause keeps it away."""


class IncidentBreached(Event, service="sla", aggregate="incident_id", name="IncidentBreached"):
    """The time that an objective allows is over, and it was not answered or resolved."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    """`response_time` or `resolution_time`."""
    priority: int
    due_at: datetime
    breached_at: datetime


class IncidentBreachWithdrawn(Event, service="sla", aggregate="incident_id", name="IncidentBreachWithdrawn"):
    """What was told later, of before the deadline, shows that there was no breach."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    breached_at: datetime
    """As it was told in IncidentBreached."""
    withdrawn_at: datetime
