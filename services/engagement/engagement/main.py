"""The engagement service: customers, their people, and what they need."""

from common.names.references import NameSource
from common.service import ServiceDefinition
from engagement.customers.model import Customer
from engagement.customers.routes import customers
from engagement.tables import Base


def service() -> ServiceDefinition:
    return ServiceDefinition(
        name="engagement",
        title="Rapport: engagement",
        metadata=Base.metadata,
        tags={
            "customers": "Who IT works for, and the people who speak for them.",
        },
        routers=(customers,),
        name_sources={
            "customer": NameSource(
                Customer.id, Customer.name, lambda work, query: work.select_visible(query, Customer.id)
            )
        },
    )
