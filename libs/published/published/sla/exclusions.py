"""Events of exclusions: planned maintenance and waivers."""

from datetime import datetime
from uuid import UUID

from published.event import Event, EventPart


class AnnouncedWindow(EventPart):
    window_from: datetime
    window_to: datetime
    """Exclusive."""


class MaintenanceAnnounced(
    Event, service="sla", aggregate="maintenance_id", name="MaintenanceAnnounced", for_customer=True
):
    """Planned maintenance was announced, or its windows changed: they replace earlier ones."""

    maintenance_id: UUID
    announcement: int
    title: str
    reason: str
    windows: tuple[AnnouncedWindow, ...]
    service_ids: tuple[UUID, ...]
    offering_ids: tuple[UUID, ...]
    agreement_ids: tuple[UUID, ...]
    customer_ids: tuple[UUID, ...]
    """Those with an agreement that is affected."""
    entered_afterwards: bool = False
    """Whether the windows were over: it is excluded once both sides have approved it."""
    announced_at: datetime


class MaintenanceApproved(Event, service="sla", aggregate="maintenance_id", name="MaintenanceApproved"):
    maintenance_id: UUID
    customer_id: UUID | None
    """Whose approval it is; null when it is the provider's."""
    approved_at: datetime


class MaintenanceCancelled(Event, service="sla", aggregate="maintenance_id", name="MaintenanceCancelled"):
    maintenance_id: UUID
    reason: str
    cancelled_at: datetime


class MaintenanceFinished(Event, service="sla", aggregate="maintenance_id", name="MaintenanceFinished"):
    """The maintenance is finished: the rest of its windows counts as any other time."""

    maintenance_id: UUID
    finished_at: datetime


class WaiverGranted(Event, service="sla", aggregate="waiver_id", name="WaiverGranted", for_customer=True):
    """The customer waived this time: it does not count against the provider."""

    waiver_id: UUID
    agreement_id: UUID
    customer_id: UUID
    objective_ids: tuple[UUID, ...] | None
    """Null: all objectives of the agreement."""
    window_from: datetime
    window_to: datetime
    reason: str
    granted_at: datetime


class WaiverRevoked(Event, service="sla", aggregate="waiver_id", name="WaiverRevoked", for_customer=True):
    waiver_id: UUID
    agreement_id: UUID
    customer_id: UUID
    reason: str
    revoked_at: datetime
