"""What engagement's events change: each takes effect once, however often it comes."""

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from common.work import Work
from feedback.audience.model import Customer, Member
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft


async def note_customer(work: Work, event: CustomerRegistered) -> None:
    await _name(work, event.customer_id, event.name)


async def rename_customer(work: Work, event: CustomerRenamed) -> None:
    await _name(work, event.customer_id, event.name)


async def add_member(work: Work, event: PersonJoined) -> None:
    row = insert(Member).values(customer_id=event.customer_id, person_id=event.person_id)
    await work.session.execute(row.on_conflict_do_nothing())


async def remove_member(work: Work, event: PersonLeft) -> None:
    leaving = (Member.customer_id == event.customer_id) & (Member.person_id == event.person_id)
    await work.session.execute(delete(Member).where(leaving))


async def _name(work: Work, customer_id: UUID, name: str) -> None:
    row = insert(Customer).values(customer_id=customer_id, name=name)
    await work.session.execute(row.on_conflict_do_update(index_elements=[Customer.customer_id], set_={"name": name}))
