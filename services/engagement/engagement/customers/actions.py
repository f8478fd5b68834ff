"""Commands: register, rename and move customers; add, change and erase their people."""

from uuid import UUID

from pydantic import MISSING

from common.database.constraints import raise_on_violation
from common.unit_of_work import UnitOfWork
from engagement.customers import store
from engagement.customers.errors import CustomerNameTaken, EmailAlreadyUsed, ParentNotRegistered
from engagement.customers.model import Customer, Person
from engagement.customers.views import CustomerChange, Departure, NewCustomer, NewPerson, PersonChange
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft, PersonRoleChanged


async def register_customer(work: UnitOfWork, body: NewCustomer) -> Customer:
    if body.parent_id is not None:
        await _list_ids_up_to_root(work, body.parent_id)
    customer = Customer(**body.model_dump())
    work.add(customer)
    await _flush_customer(work, customer)
    work.emit(CustomerRegistered.from_entity(customer, customer_id=customer.id, registered_at=work.now))
    return customer


async def change_customer(work: UnitOfWork, customer_id: UUID, match: int, change: CustomerChange) -> Customer:
    if change.parent_id is not MISSING:
        await store.lock_customer_tree(work)  # before the row, so that nobody who holds the tree waits for a row
    customer = await work.get(Customer, customer_id, match=match)
    old_name = customer.name
    if change.parent_id is not MISSING:
        await _move(work, customer, change.parent_id)
    change.apply_to(customer, besides={"parent_id"})
    await _flush_customer(work, customer)
    if customer.name != old_name:
        work.emit(CustomerRenamed(customer_id=customer.id, name=customer.name))
    return customer


async def _move(work: UnitOfWork, customer: Customer, parent_id: UUID | None) -> None:
    up_to_root = set() if parent_id is None else await _list_ids_up_to_root(work, parent_id)
    customer.move_under(parent_id, up_to_root)


async def _list_ids_up_to_root(work: UnitOfWork, parent_id: UUID) -> set[UUID]:
    up_to_root = await store.list_ids_up_to_root(work, parent_id)
    if not up_to_root:
        raise ParentNotRegistered(f"There is no customer {parent_id}.", field="parent_id")
    return up_to_root


async def add_person(work: UnitOfWork, customer_id: UUID, body: NewPerson) -> Person:
    customer = await work.get(Customer, customer_id, lock=True)
    person = Person(customer_id=customer.id, **body.model_dump(exclude={"joined_on"}))
    person.join(body.joined_on or work.now.date(), work.now.date())
    work.add(person)
    await _flush_person(work)
    work.emit(PersonJoined.from_entity(person, person_id=person.id))
    return person


async def change_person(
    work: UnitOfWork, customer_id: UUID, person_id: UUID, match: int, change: PersonChange
) -> Person:
    person = await store.get_person(work, customer_id, person_id, match=match)
    person.check_present()
    old_role = person.role
    change.apply_to(person)
    await _flush_person(work)
    if person.role != old_role:
        work.emit(PersonRoleChanged.from_entity(person, person_id=person.id))
    return person


async def mark_person_left(work: UnitOfWork, customer_id: UUID, person_id: UUID, body: Departure) -> Person:
    person = await store.get_person(work, customer_id, person_id, lock=True)
    person.leave(body.left_on or work.now.date(), work.now.date())
    work.emit(PersonLeft(customer_id=person.customer_id, person_id=person.id))
    await work.flush()
    return person


async def erase_person(work: UnitOfWork, customer_id: UUID, person_id: UUID) -> None:
    """Erase the name and address of a person, who leaves first if need be; a second call changes nothing."""
    person = await store.get_person(work, customer_id, person_id, lock=True)
    if person.left_on is None:
        await mark_person_left(work, customer_id, person_id, Departure())
    person.erase(work.now)


async def _flush_customer(work: UnitOfWork, customer: Customer) -> None:
    error = CustomerNameTaken(f'There is already a customer "{customer.name}". Choose another name.', field="name")
    async with raise_on_violation(error, "uq_customers_name"):
        await work.flush()


async def _flush_person(work: UnitOfWork) -> None:
    error = EmailAlreadyUsed("This address belongs to another of the customer's people.", field="email")
    async with raise_on_violation(error, "uq_people_customer_email"):
        await work.flush()
