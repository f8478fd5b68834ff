"""Keeping replicas of the offerings and customers that agreements refer to."""

from collections.abc import Sequence

from common.events.entity_replicas import update_replicas, upsert_replicas
from common.unit_of_work import UnitOfWork
from published.catalog import OfferingPublished, OfferingRetired
from published.engagement import CustomerRegistered, CustomerRenamed
from sla.agreements.model import CustomerReplica, OfferingReplica


async def upsert_offerings(work: UnitOfWork, events: Sequence[OfferingPublished]) -> None:
    await upsert_replicas(work, OfferingReplica, events, lambda _: {"retired_at": None})


async def mark_offerings_retired(work: UnitOfWork, events: Sequence[OfferingRetired]) -> None:
    await update_replicas(
        work, OfferingReplica, events, lambda event: {"retired_at": event.retired_at}, key=("offering_id",)
    )


async def upsert_customers(work: UnitOfWork, events: Sequence[CustomerRegistered | CustomerRenamed]) -> None:
    await upsert_replicas(work, CustomerReplica, events)
