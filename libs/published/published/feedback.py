"""The events of feedback: satisfaction as counts and scores, which never reveal a single answer."""

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
    """The number of answers that a score needs, and that are added to one together."""
    n: int
    """The number of answers that the score is computed from; it may be less than have answered."""
    score: Decimal | None
    """Percent; null while too few people have answered."""
    low: Decimal | None
    """Lower end of the 95 % interval, percent."""
    high: Decimal | None
    measured_at: datetime


class SurveyClosed(Event, service="feedback", aggregate="survey_id", name="SurveyClosed"):
    survey_id: UUID
    closed_at: datetime
