"""What feedback tells: what people think, as counts and scores; nobody's answer can be told from it."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from published.event import Event


class SurveyOpened(Event, service="feedback", aggregate="survey_id", name="SurveyOpened"):
    survey_id: UUID
    name: str
    instrument: str
    """csat-5, for one."""
    opened_at: datetime


class SatisfactionMeasured(Event, service="feedback", aggregate="survey_id", name="SatisfactionMeasured"):
    """A survey's score among one customer's people as of now; a higher revision replaces the one before."""

    survey_id: UUID
    customer_id: UUID
    survey_name: str
    instrument: str
    scoring: str
    """The version of the way the score is computed: csat-5/1."""
    revision: int
    opened_at: datetime
    """Of the survey: answers count for the month in which people were asked."""
    invited: int
    answered: int
    population: int
    """How many people the customer had when they were invited; the interval allows for it."""
    smallest_n: int
    """Fewer people than these are not given a score, nor added to one."""
    n: int
    """How many answers the score stands on; 0 while there is none, and at times less than have answered."""
    score: Decimal | None
    """Percent; null while too few people have answered."""
    low: Decimal | None
    """Lower end of the 95 % interval, percent."""
    high: Decimal | None
    measured_at: datetime


class SurveyClosed(Event, service="feedback", aggregate="survey_id", name="SurveyClosed"):
    survey_id: UUID
    closed_at: datetime
