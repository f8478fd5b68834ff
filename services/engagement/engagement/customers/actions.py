"""What people ask: to register, rename and move customers, and to say who belongs to them."""

from uuid import UUID

from pydantic import MISSING

from common.database.constraints import raise_on_violation
from common.unit_of_work import UnitOfWork
from engagement.customers import store
from engagement.customers.model import Customer, CustomerNameTaken, EmailAlreadyUsed, ParentNotRegistered, Person
from engagement.customers.views import CustomerChange, Departure, NewCustomer, NewPerson, PersonChange
from published.engagement import CustomerRegistered, CustomerRenamed, PersonJoined, PersonLeft


async def register_customer(work: UnitOfWork, wanted: NewCustomer) -> Customer:
    if wanted.parent_id is not None and not await store.list_ids_up_to_root(work, wanted.parent_id):
        raise ParentNotRegistered(f"There is no customer {wanted.parent_id}.", field="parent_id")
    customer = Customer(**wanted.model_dump())
    work.add(customer)
    await _flush_customer(work, customer)
    work.emit(
        CustomerRegistered(
            customer_id=customer.id, name=customer.name, parent_id=customer.parent_id, registered_at=work.now
        )
    )
    return customer


async def change_customer(work: UnitOfWork, customer_id: UUID, match: int, wanted: CustomerChange) -> Customer:
    if wanted.parent_id is not MISSING:
        await store.lock_customer_tree(work)  # before the row: whoever has it waits for no one else's row
    customer = await work.get(Customer, customer_id, match=match)
    former = customer.name
    if wanted.parent_id is not MISSING:
        await _move(work, customer, wanted.parent_id)
    for name, value in wanted.model_dump(exclude={"parent_id"}).items():
        setattr(customer, name, value)
    await _flush_customer(work, customer)
    if customer.name != former:
        work.emit(CustomerRenamed(customer_id=customer.id, name=customer.name))
    return customer


async def _move(work: UnitOfWork, customer: Customer, parent_id: UUID | None) -> None:
    above = set() if parent_id is None else await store.list_ids_up_to_root(work, parent_id)
    if parent_id is not None and not above:
        raise ParentNotRegistered(f"There is no customer {parent_id}.", field="parent_id")
    customer.move_under(parent_id, above)


async def add_person(work: UnitOfWork, customer_id: UUID, wanted: NewPerson) -> Person:
    customer = await work.get(Customer, customer_id, lock=True)
    person = Person(customer_id=customer.id, **wanted.model_dump(exclude={"joined_on"}))
    person.join(wanted.joined_on or work.now.date(), work.now.date())
    work.add(person)
    await _flush_person(work)
    work.emit(PersonJoined(customer_id=customer.id, person_id=person.id, role=person.role))
    return person


async def change_person(
    work: UnitOfWork, customer_id: UUID, person_id: UUID, match: int, wanted: PersonChange
) -> Person:
    person = await store.get_person(work, customer_id, person_id, match=match)
    person.check_present()
    for name, value in wanted.model_dump().items():
        setattr(person, name, value)
    await _flush_person(work)
    return person


async def mark_person_left(work: UnitOfWork, customer_id: UUID, person_id: UUID, wanted: Departure) -> Person:
    person = await store.get_person(work, customer_id, person_id, lock=True)
    person.leave(wanted.left_on or work.now.date(), work.now.date())
    work.emit(PersonLeft(customer_id=person.customer_id, person_id=person.id))
    await work.flush()
    return person


async def erase_person(work: UnitOfWork, customer_id: UUID, person_id: UUID) -> None:
    """Whoever is still there leaves first. Asked again, it changes nothing."""
    person = await store.get_person(work, customer_id, person_id, lock=True)
    if person.left_on is None:
        await mark_person_left(work, customer_id, person_id, Departure())
    person.erase(work.now)


async def _flush_customer(work: UnitOfWork, customer: Customer) -> None:
    taken = CustomerNameTaken(f"There is a customer {customer.name!r} already.", field="name")
    async with raise_on_violation(taken, "uq_customers_name"):
        await work.flush()


async def _flush_person(work: UnitOfWork) -> None:
    taken = EmailAlreadyUsed("This address belongs to another of the customer's people.", field="email")
    async with raise_on_violation(taken, "uq_people_customer_email"):
        await work.flush()
