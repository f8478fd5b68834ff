"""What feedback tells: what people think, as counts and scores; nobody's answer can be told from it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event


class SurveyOpened(Event, service="feedback", aggregate="survey_id"):
    survey_id: UUID
    name: str
    instrument: str
    """csat-5, for one."""
    opened_at: datetime


class SatisfactionMeasured(Event, service="feedback", aggregate="survey_id"):
    """A survey's score among one customer's people as of now; the latest replaces the ones before."""

    survey_id: UUID
    customer_id: UUID
    survey_name: str
    instrument: str
    invited: int
    n: int
    score: Decimal | None
    """Percent; null while fewer than the survey's smallest number of people have answered."""
    low: Decimal | None
    """Lower end of the 95 % interval, percent."""
    high: Decimal | None
    measured_at: datetime


class SurveyClosed(Event, service="feedback", aggregate="survey_id"):
    survey_id: UUID
    closed_at: datetime
