"""Queries of customers, their tree and their people."""

from datetime import date
from uuid import UUID

from sqlalchemy import Select, or_, select

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from engagement.customers.model import Customer, Person


def select_customers(
    work: UnitOfWork, parent_id: UUID | None, org_unit: str | None, name: str | None
) -> Select[Customer]:
    query = work.select_visible(select(Customer), Customer.id)
    if parent_id is not None:
        query = query.where(Customer.parent_id == parent_id)
    if org_unit is not None:
        query = query.where(Customer.org_unit == org_unit)
    if name is not None:
        query = query.where(Customer.name.icontains(name, autoescape=True))
    return query


async def list_ids_up_to_root(work: UnitOfWork, customer_id: UUID) -> set[UUID]:
    """List the ids of a customer and everything above it; none when there is no such customer."""
    start = select(Customer.id, Customer.parent_id).where(Customer.id == customer_id).cte(recursive=True)
    chain = start.union(select(Customer.id, Customer.parent_id).where(Customer.id == start.c.parent_id))
    return set(await work.session.scalars(select(chain.c.id)))


async def lock_customer_tree(work: UnitOfWork) -> None:
    """Lock the tree: two moves that are harmless alone can make a cycle together."""
    await work.lock_name("engagement.customer-tree")


def select_people(customer_id: UUID, on: date, role: str | None) -> Select[Person]:
    """Select the people who belong to the customer on that day."""
    query = select(Person).where(Person.customer_id == customer_id, Person.joined_on <= on)
    query = query.where(or_(Person.left_on.is_(None), Person.left_on > on))
    return query if role is None else query.where(Person.role == role)


async def get_person(
    work: UnitOfWork, customer_id: UUID, person_id: UUID, *, lock: bool = False, match: int | None = None
) -> Person:
    person = await work.get(Person, person_id, lock=lock, match=match)
    if person.customer_id != customer_id:
        raise NotFound("person", person_id)
    return person
