"""Reactions to the customers and people of engagement."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from common.events.entity_replicas import upsert_replica
from common.unit_of_work import UnitOfWork
from feedback.audience.model import CustomerReplica, MemberReplica
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft


async def record_customer(work: UnitOfWork, event: CustomerRegistered | CustomerRenamed) -> None:
    await upsert_replica(work, CustomerReplica, event)


async def add_member(work: UnitOfWork, event: PersonJoined) -> None:
    row = insert(MemberReplica).values(customer_id=event.customer_id, person_id=event.person_id)
    await work.session.execute(row.on_conflict_do_nothing())


async def delete_member(work: UnitOfWork, event: PersonLeft) -> None:
    leaving = (MemberReplica.customer_id == event.customer_id) & (MemberReplica.person_id == event.person_id)
    await work.session.execute(delete(MemberReplica).where(leaving))
