"""Queries of invitations and comments."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from common.errors import NotFound
from common.unit_of_work import UnitOfWork
from feedback.responses.model import Invitation, Response
from feedback.responses.tokens import hash_token
from feedback.satisfaction.model import Cohort
from feedback.surveys.model import Survey


def select_invitations(survey_id: UUID) -> Select[Invitation]:
    return select(Invitation).where(Invitation.survey_id == survey_id)


async def list_invited_ids(session: AsyncSession, survey_id: UUID, people: Sequence[UUID]) -> set[UUID]:
    are_invited = (Invitation.survey_id == survey_id) & Invitation.person_id.in_(people)
    return set(await session.scalars(select(Invitation.person_id).where(are_invited)))


async def get_invitation(work: UnitOfWork, token: str, *, lock: bool = False) -> Invitation:
    query = select(Invitation).where(Invitation.token_hash == hash_token(token))
    invitation = await work.session.scalar(query.with_for_update() if lock else query)
    if invitation is None:
        raise NotFound("invitation", "with this token")
    return invitation


def select_comments(survey: Survey) -> Select[Response]:
    """Select the comments in released blocks of customers with enough answers."""
    is_cohort = (Cohort.survey_id == Response.survey_id) & (Cohort.customer_id == Response.customer_id)
    released = sum(
        (Cohort.released_counts[place] for place in range(2, len(survey.scale.labels) + 1)), Cohort.released_counts[1]
    )
    is_shown = (Response.block < Cohort.blocks) & (released >= survey.smallest_n_for_comments)
    query = select(Response).join(Cohort, is_cohort).where(Response.survey_id == survey.id, is_shown)
    return query.where(func.length(Response.comment) > 0)
