"""The events of the catalog: the offerings that customers can agree on."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event


class OfferingPublished(Event, service="catalog", aggregate="offering_id", name="OfferingPublished"):
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


class OfferingRetired(Event, service="catalog", aggregate="offering_id", name="OfferingRetired"):
    offering_id: UUID
    service_id: UUID
    retired_at: datetime
