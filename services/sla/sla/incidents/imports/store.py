"""Queries of the names by which lines of an import say what an incident concerns."""

from sqlalchemy import select

from common.unit_of_work import UnitOfWork
from sla.agreements.model import CustomerReplica, OfferingReplica
from sla.incidents.imports.name_book import NameBook


async def load_name_book(work: UnitOfWork) -> NameBook:
    """Load the names of all customers, and of the offerings that are published and their services."""
    names = NameBook()
    customers = await work.session.execute(select(CustomerReplica.customer_id, CustomerReplica.name))
    for customer in customers:
        names.add_customer(customer.name, customer.customer_id)
    columns = (
        OfferingReplica.offering_id,
        OfferingReplica.offering_name,
        OfferingReplica.service_id,
        OfferingReplica.service_name,
    )
    for offering in await work.session.execute(select(*columns).where(OfferingReplica.retired_at.is_(None))):
        names.add_offering(offering.offering_name, offering.offering_id, offering.service_id)
        names.add_service(offering.service_name, offering.service_id)
    return names
