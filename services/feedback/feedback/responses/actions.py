"""Inviting people, and taking their answers."""

from collections.abc import Sequence
from uuid import UUID

from common.errors import NotFound
from common.ids import new_id
from common.work import Work
from feedback.audience.model import Customer
from feedback.audience.store import members_of
from feedback.responses.model import Invitation, NobodyToInvite, NotOneOfThem, RatingOffScale, Response
from feedback.responses.store import invitation_for, invited_before
from feedback.responses.tokens import hash_of, new_token
from feedback.responses.views import Invited, Link, NewAnswer, NewInvitations
from feedback.satisfaction import actions as satisfaction
from feedback.satisfaction.store import cohort_to_change
from feedback.surveys.model import Survey
from feedback.surveys.store import survey_to_join


async def invite(work: Work, survey_id: UUID, new: NewInvitations) -> Invited:
    survey = await survey_to_join(work, survey_id)
    if await work.session.get(Customer, new.customer_id) is None:
        raise NotFound("customer", new.customer_id)
    members = await members_of(work.session, new.customer_id)
    people = _chosen(members, new.person_ids)
    cohort = await cohort_to_change(work.session, survey, new.customer_id)
    before = await invited_before(work.session, survey_id, people)
    links = [_invite_one(work, survey_id, new.customer_id, person) for person in people if person not in before]
    if links:
        await satisfaction.widen(work, survey, cohort, invited=len(links), members=len(members))
    await work.flush()
    return Invited(links=links, already_invited=[person for person in people if person in before])


def _chosen(members: Sequence[UUID], named: Sequence[UUID] | None) -> Sequence[UUID]:
    if not members:
        raise NobodyToInvite("This customer has no people.")
    if named is None:
        return members
    if strangers := set(named) - set(members):
        raise NotOneOfThem(f"Not of this customer: {', '.join(sorted(map(str, strangers)))}.", field="person_ids")
    return list(dict.fromkeys(named))


def _invite_one(work: Work, survey_id: UUID, customer_id: UUID, person_id: UUID) -> Link:
    invitation = Invitation(id=new_id(), survey_id=survey_id, customer_id=customer_id, person_id=person_id)
    work.add(invitation)
    return _new_link(invitation)


async def renew_link(work: Work, survey_id: UUID, invitation_id: UUID) -> Link:
    """Another link for an invitation whose link was lost; the one before opens nothing any more."""
    invitation = await work.get(Invitation, invitation_id, lock=True)
    if invitation.survey_id != survey_id:
        raise NotFound("invitation", invitation_id)
    await survey_to_join(work, survey_id)
    return _new_link(invitation)


def _new_link(invitation: Invitation) -> Link:
    token = new_token()
    invitation.token_hash = hash_of(token)
    path = f"/feedback/v1/answers/{token}"
    return Link(invitation_id=invitation.id, person_id=invitation.person_id, token=token, path=path)


async def answer(work: Work, token: str, new: NewAnswer) -> Survey:
    invitation = await invitation_for(work, token, lock=True)
    survey = await survey_to_join(work, invitation.survey_id)
    if not survey.scale.takes(new.rating):
        lowest, highest = survey.scale.lowest, survey.scale.highest
        raise RatingOffScale(f"must be from {lowest} to {highest}", field="rating")
    invitation.answer()
    block = await satisfaction.count(work, survey, invitation.customer_id, new.rating)
    work.add(
        Response(
            survey_id=survey.id,
            customer_id=invitation.customer_id,
            block=block,
            rating=new.rating,
            scoring=survey.scoring,
            comment=new.comment or None,
        )
    )
    await work.flush()
    return survey
