"""The requests and answers of surveys."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import MISSING, Field

from common.http.conventions.open_actions import ActionNames, OpenAction, list_open_actions
from common.http.request_scope import AsManager
from common.unit_of_work import UnitOfWork
from common.views import Change, Name, View, WholeNumber
from feedback.surveys.instruments import InstrumentName
from feedback.surveys.model import DEFAULT_SMALLEST_N, ReleasePolicy, Survey, SurveyState

SmallestN = Annotated[WholeNumber, Field(ge=1, le=1000)]
DEFAULT_QUESTION = "How satisfied are you with the service you received?"


class NewSurvey(View):
    name: Name
    question: Name = DEFAULT_QUESTION
    instrument: InstrumentName = InstrumentName.CSAT_5
    smallest_n: SmallestN = DEFAULT_SMALLEST_N
    """The number of people who must have answered before a score is shown; fixed when the survey opens."""
    release: ReleasePolicy = ReleasePolicy.STEPS


class SurveyChange(Change):
    """The fields of a draft that change; fields left out stay."""

    name: Name | MISSING = MISSING
    question: Name | MISSING = MISSING
    smallest_n: SmallestN | MISSING = MISSING
    release: ReleasePolicy | MISSING = MISSING


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
    actions: ActionNames

    @classmethod
    def from_survey(cls, work: UnitOfWork, survey: Survey) -> Self:
        return cls.from_entity(survey, actions=list_open_actions(work, SURVEY_ACTIONS, survey))


SURVEY_ACTIONS = {
    "change": OpenAction[Survey](AsManager, lambda _, survey: survey.check_draft()),
    "open": OpenAction[Survey](AsManager, lambda _, survey: survey.check_draft()),
    "invite": OpenAction[Survey](AsManager, lambda _, survey: survey.check_open()),
    "close": OpenAction[Survey](AsManager, lambda _, survey: survey.check_open()),
}
