"""The engagement service: customers, their people, and what they need."""

from common.service import Service
from engagement.customers.routes import customers
from engagement.subscriptions import SUBSCRIPTIONS
from engagement.tables import Base


def service() -> Service:
    return Service(
        name="engagement",
        title="Rapport: engagement",
        metadata=Base.metadata,
        routers=(customers,),
        subscriptions=SUBSCRIPTIONS,
    )
