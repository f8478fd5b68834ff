"""Events of incidents and their clocks."""

from datetime import datetime
from uuid import UUID

from published.event import Event


class IncidentOpened(Event, service="sla", aggregate="incident_id", name="IncidentOpened", for_customer=True):
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


class IncidentAcknowledged(
    Event, service="sla", aggregate="incident_id", name="IncidentAcknowledged", for_customer=True
):
    incident_id: UUID
    customer_id: UUID
    acknowledged_at: datetime


class IncidentMoved(Event, service="sla", aggregate="incident_id", name="IncidentMoved", for_customer=True):
    """The incident concerns another customer, offering or service from `moved_at` on; the fields name the new ones."""

    incident_id: UUID
    customer_id: UUID
    offering_id: UUID | None
    """Null when it concerns the service as a whole."""
    service_id: UUID
    moved_at: datetime


class IncidentPriorityChanged(
    Event, service="sla", aggregate="incident_id", name="IncidentPriorityChanged", for_customer=True
):
    incident_id: UUID
    customer_id: UUID
    priority: int


class IncidentResolved(Event, service="sla", aggregate="incident_id", name="IncidentResolved", for_customer=True):
    incident_id: UUID
    customer_id: UUID
    resolved_at: datetime


class IncidentReopened(Event, service="sla", aggregate="incident_id", name="IncidentReopened", for_customer=True):
    """The incident is open again, or its resolution was reported by mistake."""

    incident_id: UUID
    customer_id: UUID


class IncidentCancelled(Event, service="sla", aggregate="incident_id", name="IncidentCancelled", for_customer=True):
    """The incident was reported by mistake and no longer counts; a breach of it is not withdrawn."""

    incident_id: UUID
    customer_id: UUID
    cancelled_at: datetime


class IncidentDueSoon(Event, service="sla", aggregate="incident_id", name="IncidentDueSoon", for_customer=True):
    """Most of the time that an objective allows is over; emitted again if the deadline moves."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    """`response_time`, `resolution_time` or `next_answer_time`."""
    priority: int
    due_soon_at: datetime
    """The time for which the warning was due."""
    due_at: datetime | None
    """Null while a pause keeps it away."""
    waiting_since: datetime | None = None
    """When the message came that is to be answered; null for the other kinds."""


class IncidentBreached(Event, service="sla", aggregate="incident_id", name="IncidentBreached", for_customer=True):
    """The time that an objective allows is over, and the incident was not answered or resolved."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    """`response_time`, `resolution_time` or `next_answer_time`."""
    priority: int
    due_at: datetime
    breached_at: datetime
    waiting_since: datetime | None = None
    """When the message came that is to be answered; null for the other kinds."""


class IncidentBreachWithdrawn(
    Event, service="sla", aggregate="incident_id", name="IncidentBreachWithdrawn", for_customer=True
):
    """A breach is withdrawn: a late report of something before the deadline shows that there was none."""

    incident_id: UUID
    customer_id: UUID
    agreement_id: UUID
    objective_id: UUID
    objective_name: str
    kind: str
    breached_at: datetime
    """The `breached_at` of IncidentBreached."""
    withdrawn_at: datetime
    waiting_since: datetime | None = None
    """When the message came that is to be answered; null for the other kinds."""
