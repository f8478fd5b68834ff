"""Commands: draft, change and open surveys."""

from uuid import UUID

from common.database.deletion import delete_unused
from common.unit_of_work import UnitOfWork
from feedback.surveys.instruments import INSTRUMENTS
from feedback.surveys.model import Survey
from feedback.surveys.views import NewSurvey, SurveyChange
from published.feedback import SurveyOpened


async def draft_survey(work: UnitOfWork, body: NewSurvey) -> Survey:
    survey = Survey(**body.model_dump(), scoring=INSTRUMENTS[body.instrument].scoring)
    work.add(survey)
    await work.flush()
    return survey


async def change_survey(work: UnitOfWork, survey_id: UUID, change: SurveyChange, match: int) -> Survey:
    survey = await work.get(Survey, survey_id, match=match)
    survey.check_draft()
    change.apply_to(survey)
    await work.flush()
    return survey


async def delete_survey(work: UnitOfWork, survey_id: UUID, match: int) -> None:
    """Delete the draft of a survey, which nobody was invited to."""
    survey = await work.get(Survey, survey_id, match=match)
    survey.check_draft()
    await delete_unused(work, survey)


async def open_survey(work: UnitOfWork, survey_id: UUID) -> Survey:
    survey = await work.get(Survey, survey_id, lock=True)
    survey.open(work.now)
    await work.flush()
    work.emit(SurveyOpened.from_entity(survey))
    return survey
