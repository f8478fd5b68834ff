"""Reactions to the customers and people of engagement."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from common.unit_of_work import UnitOfWork
from feedback.audience.model import CustomerReplica, MemberReplica
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft


async def add_customer(work: UnitOfWork, event: CustomerRegistered) -> None:
    await _name(work, event.customer_id, event.name)


async def rename_customer(work: UnitOfWork, event: CustomerRenamed) -> None:
    await _name(work, event.customer_id, event.name)


async def add_member(work: UnitOfWork, event: PersonJoined) -> None:
    row = insert(MemberReplica).values(customer_id=event.customer_id, person_id=event.person_id)
    await work.session.execute(row.on_conflict_do_nothing())


async def delete_member(work: UnitOfWork, event: PersonLeft) -> None:
    leaving = (MemberReplica.customer_id == event.customer_id) & (MemberReplica.person_id == event.person_id)
    await work.session.execute(delete(MemberReplica).where(leaving))


async def _name(work: UnitOfWork, customer_id: UUID, name: str) -> None:
    row = insert(CustomerReplica).values(customer_id=customer_id, name=name)
    await work.session.execute(
        row.on_conflict_do_update(index_elements=[CustomerReplica.customer_id], set_={"name": name})
    )
