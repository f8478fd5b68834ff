"""Keeping replicas of the offerings and customers that agreements refer to."""

from common.events.entity_replicas import upsert_replica
from common.unit_of_work import UnitOfWork
from published.catalog import OfferingPublished, OfferingRetired
from published.engagement import CustomerRegistered, CustomerRenamed
from sla.agreements.model import CustomerReplica, OfferingReplica


async def record_offering(work: UnitOfWork, event: OfferingPublished) -> None:
    await upsert_replica(work, OfferingReplica, event, retired_at=None)


async def record_offering_retirement(work: UnitOfWork, event: OfferingRetired) -> None:
    offering = await work.session.get(OfferingReplica, event.offering_id)
    if offering is not None:
        offering.retired_at = event.retired_at


async def record_customer(work: UnitOfWork, event: CustomerRegistered | CustomerRenamed) -> None:
    await upsert_replica(work, CustomerReplica, event)
