"""Reactions to the customers and people of engagement."""

from collections.abc import Sequence

from common.events.entity_replicas import delete_replicas, update_replicas, upsert_replicas
from common.unit_of_work import UnitOfWork
from feedback.audience.model import CustomerReplica, MemberReplica
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft, PersonRoleChanged


async def upsert_customers(work: UnitOfWork, events: Sequence[CustomerRegistered | CustomerRenamed]) -> None:
    await upsert_replicas(work, CustomerReplica, events)


async def add_members(work: UnitOfWork, events: Sequence[PersonJoined]) -> None:
    await upsert_replicas(work, MemberReplica, events)


async def change_roles(work: UnitOfWork, events: Sequence[PersonRoleChanged]) -> None:
    await update_replicas(
        work, MemberReplica, events, lambda event: {"role": event.role}, key=("customer_id", "person_id")
    )


async def delete_members(work: UnitOfWork, events: Sequence[PersonLeft]) -> None:
    await delete_replicas(work, MemberReplica, events, key=("customer_id", "person_id"))
