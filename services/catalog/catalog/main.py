"""The catalog service: what IT offers, at which price, and to whom."""

from catalog import tables
from catalog.offerings.routes import offerings, services
from catalog.subscriptions import SUBSCRIPTIONS
from common.service import ServiceDefinition


def service() -> ServiceDefinition:
    return ServiceDefinition(
        name="catalog",
        title="Rapport catalog",
        metadata=tables.Base.metadata,
        routers=[services, offerings],
        subscriptions=SUBSCRIPTIONS,
        projections=tables.PROJECTIONS,
    )
