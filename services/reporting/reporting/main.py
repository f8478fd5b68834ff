"""The reporting service: figures stakeholders can trust and re-compute."""

from common.service import Service
from reporting.scorecards.routes import router as scorecards
from reporting.subscriptions import SUBSCRIPTIONS
from reporting.tables import PROJECTIONS, Base


def service() -> Service:
    return Service(
        name="reporting",
        title="Rapport: reporting",
        metadata=Base.metadata,
        routers=(scorecards,),
        subscriptions=SUBSCRIPTIONS,
        projections=PROJECTIONS,
    )
