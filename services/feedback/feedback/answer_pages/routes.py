"""HTTP routes of the answer page, at the address where programs answer with JSON. Only a sent form answers."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from common.errors import DomainError, NotFound
from common.http.request_scope import AsAnyone
from common.pages.answers import to_html_answer
from common.pages.forms import read_form
from common.pages.page_routes import PageRoute, PageRouter
from feedback.answer_pages import page
from feedback.answer_pages.entered_answer import EnteredAnswer
from feedback.answer_pages.wording import ENGLISH, Message
from feedback.responses import actions, store
from feedback.responses.errors import AlreadyAnswered
from feedback.surveys.errors import SurveyNotOpen
from feedback.surveys.model import Survey

MESSAGES: dict[type[DomainError], Message] = {
    AlreadyAnswered: ENGLISH.answered,
    NotFound: ENGLISH.unknown,
    SurveyNotOpen: ENGLISH.closed,
}


class AnswerPageRoute(PageRoute):
    """A route of the answer page, whose errors are pages too."""

    @staticmethod
    def explain(rule: DomainError) -> Response:
        is_failure = rule.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        message = MESSAGES.get(type(rule), ENGLISH.failed if is_failure else ENGLISH.refused)
        return to_html_answer(page.render_message(message), rule.status, rule.headers)


router = PageRouter(AnswerPageRoute)


@router.get("/answers/{token}", summary="Show the page to answer on", response_class=HTMLResponse)
async def show_question(work: AsAnyone, token: str, recorded: str = "") -> Response:
    """Show the question. Reading answers nothing: programs that check links open them too."""
    invitation = await store.get_invitation(work, token)
    survey = await work.get(Survey, invitation.survey_id)
    return to_html_answer(page.render_question(survey, is_answered=invitation.answered, is_recorded=bool(recorded)))


@router.post("/answers/{token}", summary="Record the answer of a form", response_class=HTMLResponse)
async def record_sent_answer(
    work: AsAnyone, request: Request, token: str, fields: Annotated[dict[str, str], Depends(read_form)]
) -> Response:
    """Record what was sent, and go on to the thanks; what cannot be recorded is shown again as it was typed."""
    invitation = await store.get_invitation(work, token)
    invitation.check_unanswered()
    survey = await work.get(Survey, invitation.survey_id)
    survey.check_open()
    entered = EnteredAnswer.from_fields(fields, survey.scale)
    if entered.errors:
        return to_html_answer(page.render_form(survey, entered), HTTPStatus.UNPROCESSABLE_ENTITY)
    await actions.record_answer(work, token, entered.to_answer())
    return RedirectResponse(f"{request.url.path}?recorded=1", HTTPStatus.SEE_OTHER)
