"""Queries of surveys."""

from uuid import UUID

from sqlalchemy import Select, select

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from feedback.surveys.model import Survey, SurveyState


def select_surveys(state: SurveyState | None) -> Select[Survey]:
    query = select(Survey)
    return query if state is None else query.where(Survey.state == state)


async def lock_open_survey(work: UnitOfWork, survey_id: UUID) -> Survey:
    """Lock the open survey against closing until this transaction ends; many may hold this lock at once."""
    query = select(Survey).where(Survey.id == survey_id).with_for_update(read=True)
    survey = await work.session.scalar(query.execution_options(populate_existing=True))
    if survey is None:
        raise NotFound("survey", survey_id)
    survey.check_open()
    return survey
