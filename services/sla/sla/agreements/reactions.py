"""What the catalog and engagement tell, as far as agreements need to know it."""

from common.work import Work
from published.catalog import OfferingPublished, OfferingRetired
from published.engagement import CustomerRegistered, CustomerRenamed
from sla.agreements.model import KnownCustomer, KnownOffering


async def note_offering(work: Work, event: OfferingPublished) -> None:
    await work.session.merge(
        KnownOffering(
            offering_id=event.offering_id,
            offering_name=event.offering_name,
            service_id=event.service_id,
            service_name=event.service_name,
            published_at=event.published_at,
            retired_at=None,
        )
    )


async def note_retirement(work: Work, event: OfferingRetired) -> None:
    offering = await work.session.get(KnownOffering, event.offering_id)
    if offering is not None:
        offering.retired_at = event.retired_at


async def note_customer(work: Work, event: CustomerRegistered | CustomerRenamed) -> None:
    await work.session.merge(KnownCustomer(customer_id=event.customer_id, name=event.name))
