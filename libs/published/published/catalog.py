"""The events of the catalog: services, and the offerings of them that customers can agree on."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event


class ServiceRegistered(Event, service="catalog", aggregate="service_id", name="ServiceRegistered"):
    service_id: UUID
    name: str


class ServiceRenamed(Event, service="catalog", aggregate="service_id", name="ServiceRenamed"):
    service_id: UUID
    name: str


class OfferingPublished(Event, service="catalog", aggregate="offering_id", name="OfferingPublished", for_customer=True):
    offering_id: UUID
    offering_name: str
    service_id: UUID
    service_name: str
    tier: str
    price: Decimal | None
    """Per `unit`, at the instant of publication; null when the price is on request."""
    currency: str | None
    unit: str | None
    published_at: datetime
    visible_to: tuple[UUID, ...] | None = None
    """The customers that see it; null: every customer."""


class OfferingAudienceChanged(
    Event, service="catalog", aggregate="offering_id", name="OfferingAudienceChanged", for_customer=True
):
    """A published offering is visible to other customers than before."""

    offering_id: UUID
    visible_to: tuple[UUID, ...] | None
    """The customers that see it from now on; null: every customer."""
    visible_before: tuple[UUID, ...] | None = None
    """The customers that saw it until now; null: every customer."""


class OfferingRetired(Event, service="catalog", aggregate="offering_id", name="OfferingRetired", for_customer=True):
    offering_id: UUID
    service_id: UUID
    retired_at: datetime
    visible_to: tuple[UUID, ...] | None = None
    """The customers that saw it; null: every customer."""


class ServiceDeleted(Event, service="catalog", aggregate="service_id", name="ServiceDeleted"):
    """A service without offerings was deleted: it had been registered by mistake."""

    service_id: UUID
    deleted_at: datetime
