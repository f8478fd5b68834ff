"""Keeping replicas of the services, offerings and customers that agreements refer to."""

from collections.abc import Sequence
from typing import Any

from common.events.entity_replicas import add_missing_replicas, delete_replicas, update_replicas, upsert_replicas
from common.unit_of_work import UnitOfWork
from published.catalog import (
    OfferingAudienceChanged,
    OfferingPublished,
    OfferingRetired,
    ServiceDeleted,
    ServiceRegistered,
    ServiceRenamed,
)
from published.engagement import CustomerRegistered, CustomerRenamed
from sla.agreements.model import CustomerReplica, OfferingReplica, ServiceReplica


async def upsert_offerings(work: UnitOfWork, events: Sequence[OfferingPublished]) -> None:
    await upsert_replicas(work, OfferingReplica, events, lambda event: {"retired_at": None} | _audience(event))
    await add_missing_replicas(work, ServiceReplica, events, lambda event: {"name": event.service_name})


async def change_audiences(work: UnitOfWork, events: Sequence[OfferingAudienceChanged]) -> None:
    await update_replicas(work, OfferingReplica, events, _audience, key=("offering_id",))


async def mark_offerings_retired(work: UnitOfWork, events: Sequence[OfferingRetired]) -> None:
    await update_replicas(
        work, OfferingReplica, events, lambda event: {"retired_at": event.retired_at}, key=("offering_id",)
    )


async def upsert_services(work: UnitOfWork, events: Sequence[ServiceRegistered | ServiceRenamed]) -> None:
    await upsert_replicas(work, ServiceReplica, events)


async def delete_services(work: UnitOfWork, events: Sequence[ServiceDeleted]) -> None:
    await delete_replicas(work, ServiceReplica, events, key=("service_id",))


async def upsert_customers(work: UnitOfWork, events: Sequence[CustomerRegistered | CustomerRenamed]) -> None:
    await upsert_replicas(work, CustomerReplica, events)


def _audience(event: OfferingPublished | OfferingAudienceChanged) -> dict[str, Any]:
    return {"visible_to": None if event.visible_to is None else list(event.visible_to)}
