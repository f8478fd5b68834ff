"""Commands: invite people, renew their links, and record their answers."""

from collections.abc import Sequence
from uuid import UUID

from common.errors import NotFound
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from feedback.audience.model import CustomerReplica
from feedback.audience.store import list_member_ids
from feedback.responses.errors import CustomerHasNoPeople, CustomerNotKnown, PersonNotOfCustomer, RatingOffScale
from feedback.responses.model import Invitation, Response
from feedback.responses.store import get_invitation, list_invited_ids
from feedback.responses.tokens import generate_token, hash_token
from feedback.responses.views import InvitationLink, InvitationResult, InvitedPerson, NewAnswer, NewInvitations
from feedback.satisfaction import actions as satisfaction
from feedback.satisfaction.store import lock_or_create_cohort
from feedback.surveys.model import Survey
from feedback.surveys.store import lock_open_survey


async def invite_people(work: UnitOfWork, survey_id: UUID, body: NewInvitations, public_url: str) -> InvitationResult:
    """Invite people of a customer by links that begin with `public_url`."""
    survey = await lock_open_survey(work, survey_id)
    if await work.session.get(CustomerReplica, body.customer_id) is None:
        raise CustomerNotKnown("Customer", body.customer_id, field="customer_id")
    members = await list_member_ids(work.session, body.customer_id)
    people = _choose_people(members, body.person_ids)
    cohort = await lock_or_create_cohort(work.session, survey, body.customer_id)
    invited = await list_invited_ids(work.session, survey_id, people)
    links = [
        _invite_person(work, survey_id, body.customer_id, person_id, public_url)
        for person_id in people
        if person_id not in invited
    ]
    if links:
        await satisfaction.add_invitations(work, survey, cohort, invited=len(links), members=len(members))
    await work.flush()
    already_invited = [InvitedPerson(person_id=person_id) for person_id in people if person_id in invited]
    return InvitationResult(links=links, already_invited=already_invited)


def _choose_people(members: Sequence[UUID], person_ids: Sequence[UUID] | None) -> Sequence[UUID]:
    if not members:
        raise CustomerHasNoPeople("This customer has no people; add some first.")
    if person_ids is None:
        return members
    if strangers := set(person_ids) - set(members):
        names = ", ".join(sorted(map(str, strangers)))
        raise PersonNotOfCustomer(f"These people do not belong to the customer: {names}.", field="person_ids")
    return list(dict.fromkeys(person_ids))


def _invite_person(
    work: UnitOfWork, survey_id: UUID, customer_id: UUID, person_id: UUID, public_url: str
) -> InvitationLink:
    invitation = Invitation(id=new_id(), survey_id=survey_id, customer_id=customer_id, person_id=person_id)
    work.add(invitation)
    return _renew_token(invitation, public_url)


async def renew_link(work: UnitOfWork, survey_id: UUID, invitation_id: UUID, public_url: str) -> InvitationLink:
    """Replace the link of an invitation; the earlier link no longer works."""
    invitation = await work.get(Invitation, invitation_id, lock=True)
    if invitation.survey_id != survey_id:
        raise NotFound("invitation", invitation_id)
    await lock_open_survey(work, survey_id)
    return _renew_token(invitation, public_url)


def _renew_token(invitation: Invitation, public_url: str) -> InvitationLink:
    token = generate_token()
    invitation.token_hash = hash_token(token)
    path = f"/feedback/v1/answers/{token}"
    link = f"{public_url}{path}"
    return InvitationLink(
        invitation_id=invitation.id, person_id=invitation.person_id, token=token, path=path, link=link
    )


async def record_answer(work: UnitOfWork, token: str, body: NewAnswer) -> Survey:
    invitation = await get_invitation(work, token, lock=True)
    survey = await lock_open_survey(work, invitation.survey_id)
    if not survey.scale.is_on_scale(body.rating):
        lowest, highest = survey.scale.lowest, survey.scale.highest
        raise RatingOffScale(f"must be from {lowest} to {highest}", field="rating")
    invitation.mark_answered()
    block = await satisfaction.add_answer(work, survey, invitation.customer_id, body.rating)
    work.add(
        Response(
            survey_id=survey.id,
            customer_id=invitation.customer_id,
            block=block,
            rating=body.rating,
            scoring=survey.scoring,
            comment=body.comment or None,
        )
    )
    await work.flush()
    return survey
