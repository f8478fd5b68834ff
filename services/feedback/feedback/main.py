"""The feedback service: what people think of what IT delivers."""

from common.service import ServiceDefinition
from feedback.answer_pages.routes import router as answer_pages
from feedback.name_sources import NAME_SOURCES
from feedback.responses.routes import router as responses
from feedback.satisfaction.routes import router as satisfaction
from feedback.subscriptions import SUBSCRIPTIONS
from feedback.surveys.routes import router as surveys
from feedback.tables import PROJECTIONS, Base


def service() -> ServiceDefinition:
    return ServiceDefinition(
        name="feedback",
        title="Rapport: feedback",
        metadata=Base.metadata,
        tags={
            "surveys": "Questions to a customer's people, from draft to closing.",
            "responses": "Invitations, answers and comments.",
            "satisfaction": "Scores with their intervals; small groups are hidden.",
        },
        routers=(surveys, answer_pages, responses, satisfaction),
        subscriptions=SUBSCRIPTIONS,
        projections=PROJECTIONS,
        name_sources=NAME_SOURCES,
    )
