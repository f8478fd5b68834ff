"""HTTP routes of customers and their people."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsCustomer, AsManager, AsReader, IfMatch, Router
from common.unit_of_work import UnitOfWork
from common.views import Day, MachineName
from engagement.customers import actions, store
from engagement.customers.model import Customer, Person
from engagement.customers.views import (
    CustomerChange,
    CustomerView,
    Departure,
    NewCustomer,
    NewPerson,
    PersonChange,
    PersonView,
)

customers = Router(prefix="/customers", tags=["customers"])
CustomerPaging = Annotated[
    PageRequest, listing(Customer.id, changed=Customer.modified_at, sort=(Customer.name,), search=(Customer.name,))
]
PersonPaging = Annotated[
    PageRequest,
    listing(Person.id, changed=Person.modified_at, sort=(Person.role, Person.joined_on), search=(Person.name,)),
]


@customers.post("", status_code=201, summary="Register a customer")
async def register_customer(work: AsManager, body: NewCustomer) -> CustomerView:
    return _customer(work, await actions.register_customer(work, body))


@customers.get("", summary="List customers, oldest first")
async def list_customers(
    work: AsReader,
    paging: CustomerPaging,
    parent_id: UUID | None = None,
    org_unit: MachineName | None = None,
    name: Annotated[MachineName | None, Query(description="Part of the name, in any case.")] = None,
) -> Page[CustomerView]:
    """A customer sees only itself."""
    query = store.select_customers(work, parent_id, org_unit, name)
    return (await paginate(work.session, query, paging, key=Customer.id)).to_page(
        lambda customer: CustomerView.for_reader(customer, work.principal)
    )


@customers.get("/{customer_id}", summary="Read a customer")
async def read_customer(work: AsReader, customer_id: UUID) -> CustomerView:
    return _customer(work, await work.get(Customer, customer_id))


@customers.patch("/{customer_id}", summary="Rename, move or resize a customer")
async def change_customer(work: AsManager, customer_id: UUID, match: IfMatch, body: CustomerChange) -> CustomerView:
    return _customer(work, await actions.change_customer(work, customer_id, match, body))


@customers.post("/{customer_id}/people", status_code=201, summary="Add a person to a customer")
async def add_person(work: AsCustomer, customer_id: UUID, body: NewPerson) -> PersonView:
    return _person(work, await actions.add_person(work, customer_id, body))


@customers.get("/{customer_id}/people", summary="List a customer's people, oldest entry first")
async def list_people(
    work: AsReader,
    customer_id: UUID,
    paging: PersonPaging,
    on: Annotated[Day | None, Query(description="The day on which they belong to it. Default: today, UTC.")] = None,
    role: MachineName | None = None,
) -> Page[PersonView]:
    await work.get(Customer, customer_id)
    query = store.select_people(customer_id, on or work.now.date(), role)
    return (await paginate(work.session, query, paging, key=Person.id)).to_page(PersonView.model_validate)


@customers.get("/{customer_id}/people/{person_id}", summary="Read a person")
async def read_person(work: AsReader, customer_id: UUID, person_id: UUID) -> PersonView:
    return _person(work, await store.get_person(work, customer_id, person_id))


@customers.patch("/{customer_id}/people/{person_id}", summary="Change a person's name, address or role")
async def change_person(
    work: AsCustomer, customer_id: UUID, person_id: UUID, match: IfMatch, body: PersonChange
) -> PersonView:
    return _person(work, await actions.change_person(work, customer_id, person_id, match, body))


@customers.post("/{customer_id}/people/{person_id}/departure", status_code=201, summary="Record that a person has left")
async def record_departure(work: AsCustomer, customer_id: UUID, person_id: UUID, body: Departure) -> PersonView:
    return _person(work, await actions.mark_person_left(work, customer_id, person_id, body))


@customers.delete("/{customer_id}/people/{person_id}", status_code=204, summary="Erase a person's name and address")
async def erase_person(work: AsCustomer, customer_id: UUID, person_id: UUID) -> None:
    """Erasure is final. The id stays, so that figures that counted the person still add up."""
    await actions.erase_person(work, customer_id, person_id)


def _customer(work: UnitOfWork, customer: Customer) -> CustomerView:
    work.set_etag(customer)
    return CustomerView.for_reader(customer, work.principal)


def _person(work: UnitOfWork, person: Person) -> PersonView:
    work.set_etag(person)
    return PersonView.model_validate(person)
