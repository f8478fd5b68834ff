"""The catalog service: what IT offers, at which price, and to whom."""

from catalog.name_sources import NAME_SOURCES
from catalog.offerings.routes import offerings, services
from catalog.subscriptions import SUBSCRIPTIONS
from catalog.tables import PROJECTIONS, Base
from common.service import ServiceDefinition


def service() -> ServiceDefinition:
    return ServiceDefinition(
        name="catalog",
        title="Rapport: catalog",
        metadata=Base.metadata,
        tags={
            "services": "What IT runs for its customers, and who answers for it.",
            "offerings": "What customers can get of a service, at which price, from draft to retirement.",
        },
        routers=(services, offerings),
        subscriptions=SUBSCRIPTIONS,
        projections=PROJECTIONS,
        name_sources=NAME_SOURCES,
    )
