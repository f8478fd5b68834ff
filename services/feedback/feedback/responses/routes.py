"""HTTP for invitations and answers. Answers need no login: the token in the address is the right to give one."""

from uuid import UUID

from fastapi import Response

from common.http.paging import Page, Paging, paginate
from common.http.request_scope import AsAnyone, AsManager, AsReader, AsStaff, Router
from feedback.responses import actions, model, store
from feedback.responses.views import (
    CommentView,
    InvitationLink,
    InvitationResult,
    InvitationView,
    NewAnswer,
    NewInvitations,
    Question,
    Receipt,
)
from feedback.surveys.model import Survey

router = Router(tags=["responses"])


@router.post("/surveys/{survey_id}/invitations", status_code=201)
async def invite_people(work: AsManager, survey_id: UUID, body: NewInvitations, answer: Response) -> InvitationResult:
    """Invite a customer's people. The answer holds their links, and nothing will show them again."""
    answer.headers["cache-control"] = "no-store"
    return await actions.invite_people(work, survey_id, body)


@router.get("/surveys/{survey_id}/invitations")
async def list_invitations(work: AsStaff, survey_id: UUID, paging: Paging) -> Page[InvitationView]:
    await work.get(Survey, survey_id)
    rows = await paginate(work.session, store.select_invitations(survey_id), paging, key=model.Invitation.id)
    return rows.to_page(InvitationView.model_validate)


@router.post("/surveys/{survey_id}/invitations/{invitation_id}/link", status_code=201)
async def renew_link(work: AsManager, survey_id: UUID, invitation_id: UUID, answer: Response) -> InvitationLink:
    """Another link where the first was lost. Only the newest one opens the survey."""
    answer.headers["cache-control"] = "no-store"
    return await actions.renew_link(work, survey_id, invitation_id)


@router.get("/answers/{token}")
async def read_question(work: AsAnyone, token: str) -> Question:
    invitation = await store.get_invitation(work, token)
    survey = await work.get(Survey, invitation.survey_id)
    return Question.from_survey(survey, answered=invitation.answered)


@router.post("/answers/{token}", status_code=201)
async def answer_question(work: AsAnyone, token: str, body: NewAnswer, answer: Response) -> Receipt:
    """Once per invitation. The rating and the comment are kept without a link to the person."""
    answer.headers["cache-control"] = "no-store"
    survey = await actions.record_answer(work, token, body)
    return Receipt(survey_name=survey.name, scoring=survey.scoring)


@router.get("/surveys/{survey_id}/comments")
async def list_comments(work: AsReader, survey_id: UUID, paging: Paging) -> Page[CommentView]:
    """In no order, without ratings, and only of customers of whom twice `smallest_n` people have answered."""
    survey = await work.get(Survey, survey_id)
    mine = work.select_visible(store.select_comments(survey), model.Response.customer_id)
    rows = await paginate(work.session, mine, paging, key=model.Response.id)
    return rows.to_page(CommentView.model_validate)
