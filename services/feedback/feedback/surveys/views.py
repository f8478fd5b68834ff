"""What a survey looks like from outside."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.views import Name, View, WholeNumber
from feedback.surveys.instruments import InstrumentName
from feedback.surveys.model import DEFAULT_SMALLEST_N, ReleasePolicy, SurveyState

SmallestN = Annotated[WholeNumber, Field(ge=1, le=1000)]
DEFAULT_QUESTION = "How satisfied are you with the service you received?"


class NewSurvey(View):
    name: Name
    question: Name = DEFAULT_QUESTION
    instrument: InstrumentName = InstrumentName.CSAT_5
    smallest_n: SmallestN = DEFAULT_SMALLEST_N
    """How many people must have answered before a score is shown. Fixed when the survey opens."""
    release: ReleasePolicy = ReleasePolicy.STEPS


class SurveyChange(View):
    """What a draft's fields become; those left out stay."""

    name: Name | None = None
    question: Name | None = None
    smallest_n: SmallestN | None = None
    release: ReleasePolicy | None = None


class SurveyView(View):
    id: UUID
    name: str
    question: str
    instrument: InstrumentName
    scoring: str
    smallest_n: int
    release: ReleasePolicy
    state: SurveyState
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    version: int
