"""HTTP routes of invitations and answers. Answers need no login: the token in the path is the right to answer."""

from typing import Annotated
from uuid import UUID

from fastapi import Header, Response

from common.http.conventions.lists import listing
from common.http.locations import PublicUrl
from common.http.paging import Page, PageRequest, Paging, paginate
from common.http.request_scope import AsAnyone, AsManager, AsReader, AsStaff, Router
from common.representations.csv_tables import to_csv
from common.representations.media_types import CSV, HTML, JSON, choose_media_type
from feedback.audience.model import CustomerReplica
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
from feedback.satisfaction.store import get_survey
from feedback.surveys.model import Survey

router = Router(tags=["responses"])


NO_STORE = {"cache-control": "no-store"}
LINKS_AS_CSV = "customer,person_id,link\r\nSales,01900000-0000-7000-8000-000000000001,https://rapport.example/…\r\n"
InvitationPaging = Annotated[PageRequest, listing(model.Invitation.id, sort=(model.Invitation.created_at,))]


@router.post(
    "/surveys/{survey_id}/invitations",
    status_code=201,
    summary="Invite the people of a customer",
    response_model=InvitationResult,
    responses={201: {"content": {CSV: {"schema": {"type": "string"}, "example": LINKS_AS_CSV}}}},
)
async def invite_people(
    work: AsManager,
    survey_id: UUID,
    body: NewInvitations,
    public_url: PublicUrl,
    answer: Response,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> InvitationResult | Response:
    """The answer holds their links, which are shown only once.

    With `Accept: text/csv` it is a table of customer, person_id and link for a mail merge: RFC 4180, UTF-8.
    """
    invited = await actions.invite_people(work, survey_id, body, public_url)
    if choose_media_type(accept, (JSON, CSV)) == JSON:
        answer.headers.update(NO_STORE)
        return invited
    customer = await work.get(CustomerReplica, body.customer_id)
    rows = [(customer.name, link.person_id, link.link) for link in invited.links]
    return Response(to_csv(("customer", "person_id", "link"), rows), 201, NO_STORE, CSV)


@router.get("/surveys/{survey_id}/invitations", summary="List the invitations to a survey")
async def list_invitations(work: AsStaff, survey_id: UUID, paging: InvitationPaging) -> Page[InvitationView]:
    await work.get(Survey, survey_id)
    rows = await paginate(work.session, store.select_invitations(survey_id), paging, key=model.Invitation.id)
    return rows.to_page(InvitationView.model_validate)


@router.post(
    "/surveys/{survey_id}/invitations/{invitation_id}/link", status_code=201, summary="Renew the link of an invitation"
)
async def renew_invitation_link(
    work: AsManager, survey_id: UUID, invitation_id: UUID, answer: Response, public_url: PublicUrl
) -> InvitationLink:
    """The earlier link no longer works."""
    answer.headers.update(NO_STORE)
    return await actions.renew_link(work, survey_id, invitation_id, public_url)


@router.get(
    "/answers/{token}",
    summary="Read the question of an invitation",
    responses={200: {"content": {HTML: {"schema": {"type": "string"}}}}},
)
async def read_question(work: AsAnyone, token: str) -> Question:
    """A browser, which asks for `text/html`, gets a page to answer on. Reading never answers."""
    invitation = await store.get_invitation(work, token)
    survey = await work.get(Survey, invitation.survey_id)
    return Question.from_survey(survey, answered=invitation.answered)


@router.post("/answers/{token}", status_code=201, summary="Answer the question of an invitation")
async def answer_question(work: AsAnyone, token: str, body: NewAnswer, answer: Response) -> Receipt:
    """An invitation is answered once. The rating and the comment are kept without a link to the person."""
    answer.headers.update(NO_STORE)
    survey = await actions.record_answer(work, token, body)
    return Receipt(survey_name=survey.name, scoring=survey.scoring)


@router.get("/surveys/{survey_id}/comments", summary="List the comments on a survey")
async def list_comments(work: AsReader, survey_id: UUID, paging: Paging) -> Page[CommentView]:
    """Comments come in no order and without ratings, from customers with twice `smallest_n` answers or more."""
    survey = await get_survey(work, survey_id)
    query = work.select_visible(store.select_comments(survey), model.Response.customer_id)
    rows = await paginate(work.session, query, paging, key=model.Response.id)
    return rows.to_page(CommentView.model_validate)
