"""Drafting and opening surveys."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from feedback.surveys.instruments import INSTRUMENTS
from feedback.surveys.model import Survey
from feedback.surveys.views import NewSurvey, SurveyChange
from published.feedback import SurveyOpened


async def draft_survey(work: UnitOfWork, new: NewSurvey) -> Survey:
    survey = Survey(
        name=new.name,
        question=new.question,
        instrument=new.instrument,
        scoring=INSTRUMENTS[new.instrument].scoring,
        smallest_n=new.smallest_n,
        release=new.release,
    )
    work.add(survey)
    await work.flush()
    return survey


async def change_survey(work: UnitOfWork, survey_id: UUID, change: SurveyChange, match: int) -> Survey:
    survey = await work.get(Survey, survey_id, match=match)
    survey.check_draft()
    for field, value in change.model_dump(exclude_none=True).items():
        setattr(survey, field, value)
    await work.flush()
    return survey


async def open_survey(work: UnitOfWork, survey_id: UUID) -> Survey:
    survey = await work.get(Survey, survey_id, lock=True)
    survey.open(work.now)
    await work.flush()
    work.emit(SurveyOpened(survey_id=survey.id, name=survey.name, instrument=survey.instrument, opened_at=work.now))
    return survey
