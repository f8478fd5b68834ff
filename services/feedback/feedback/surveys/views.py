"""What a survey looks like from outside."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.views import Name, View, Whole
from feedback.surveys.instruments import InstrumentName
from feedback.surveys.model import SMALLEST_N, Release, SurveyState

SmallestN = Annotated[Whole, Field(ge=1, le=1000)]
QUESTION = "How satisfied are you with the service you received?"


class NewSurvey(View):
    name: Name
    question: Name = QUESTION
    instrument: InstrumentName = InstrumentName.CSAT_5
    smallest_n: SmallestN = SMALLEST_N
    """How many people must have answered before a score is shown. Fixed when the survey opens."""
    release: Release = Release.STEPS


class SurveyChange(View):
    """What a draft's fields become; those left out stay."""

    name: Name | None = None
    question: Name | None = None
    smallest_n: SmallestN | None = None
    release: Release | None = None


class SurveyView(View):
    id: UUID
    name: str
    question: str
    instrument: InstrumentName
    scoring: str
    smallest_n: int
    release: Release
    state: SurveyState
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    version: int
