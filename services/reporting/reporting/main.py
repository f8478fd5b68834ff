"""The reporting service: figures stakeholders can trust and re-compute."""

from common.service import ServiceDefinition
from reporting.name_sources import NAME_SOURCES
from reporting.scorecards.routes import router as scorecards
from reporting.subscriptions import SUBSCRIPTIONS
from reporting.tables import PROJECTIONS, Base


def service() -> ServiceDefinition:
    return ServiceDefinition(
        name="reporting",
        title="Rapport: reporting",
        metadata=Base.metadata,
        tags={
            "scorecards": "A customer's month on one page: promises, breaches, issues and satisfaction.",
        },
        routers=(scorecards,),
        subscriptions=SUBSCRIPTIONS,
        projections=PROJECTIONS,
        name_sources=NAME_SOURCES,
    )
