"""The engagement service: customers, their people, and what they need."""

from common.service import ServiceDefinition
from engagement.customers.routes import customers
from engagement.tables import Base


def service() -> ServiceDefinition:
    return ServiceDefinition(
        name="engagement",
        title="Rapport: engagement",
        metadata=Base.metadata,
        routers=(customers,),
    )
