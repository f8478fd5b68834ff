"""HTTP routes of surveys until they open; closing belongs to satisfaction, because it releases scores."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from common.http.conventions.lists import listing
from common.http.paging import Page, PageRequest, paginate
from common.http.request_scope import AsManager, AsStaff, IfMatch, Router
from common.unit_of_work import UnitOfWork
from feedback.surveys import actions, store
from feedback.surveys.model import Survey, SurveyState
from feedback.surveys.views import NewSurvey, SurveyChange, SurveyView

router = Router(prefix="/surveys", tags=["surveys"])
SurveyPaging = Annotated[
    PageRequest, listing(Survey.id, changed=Survey.modified_at, sort=(Survey.name,), search=(Survey.name,))
]


@router.post("", status_code=201, summary="Draft a survey")
async def draft_survey(work: AsManager, body: NewSurvey) -> SurveyView:
    return _survey(work, await actions.draft_survey(work, body))


@router.get("", summary="List surveys, oldest first")
async def list_surveys(
    work: AsStaff, paging: SurveyPaging, state: Annotated[SurveyState | None, Query()] = None
) -> Page[SurveyView]:
    rows = await paginate(work.session, store.select_surveys(state), paging, key=Survey.id)
    return rows.to_page(lambda survey: SurveyView.from_survey(work, survey))


@router.get("/{survey_id}", summary="Read a survey")
async def read_survey(work: AsStaff, survey_id: UUID) -> SurveyView:
    return _survey(work, await work.get(Survey, survey_id))


@router.patch("/{survey_id}", summary="Change the draft of a survey")
async def change_survey(work: AsManager, survey_id: UUID, match: IfMatch, body: SurveyChange) -> SurveyView:
    return _survey(work, await actions.change_survey(work, survey_id, body, match))


@router.delete("/{survey_id}", status_code=204, summary="Delete the draft of a survey")
async def delete_survey(work: AsManager, survey_id: UUID, match: IfMatch) -> None:
    """A survey that was opened is closed instead."""
    await actions.delete_survey(work, survey_id, match)


@router.post("/{survey_id}/opening", summary="Open a survey")
async def open_survey(work: AsManager, survey_id: UUID) -> SurveyView:
    """People can be invited from now on, and the question and `smallest_n` are fixed."""
    return _survey(work, await actions.open_survey(work, survey_id))


def _survey(work: UnitOfWork, survey: Survey) -> SurveyView:
    work.set_etag(survey)
    return SurveyView.from_survey(work, survey)
