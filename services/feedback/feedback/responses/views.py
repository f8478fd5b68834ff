"""What is asked for and what is said about invitations, answers and comments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.views import Text, View, WholeNumber
from feedback.surveys.model import Survey, SurveyState

MAX_PEOPLE = 1000
"""People named in one request; the whole customer may be more."""


class NewInvitations(View):
    customer_id: UUID
    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_PEOPLE)] | None = None
    """Null: everybody who belongs to the customer."""


class InvitationLink(View):
    invitation_id: UUID
    person_id: UUID
    token: str
    """Shown this once. Whoever has it can answer for this person."""
    path: str
    """Of this API; a front end turns it into a page, a mailer sends that page's address."""


class InvitationResult(View):
    links: list[InvitationLink]
    already_invited: list[UUID]
    """People who were invited to this survey before, and are not asked twice."""


class InvitationView(View):
    """Whether the person has answered is not shown: with few answers it would tell what."""

    id: UUID
    customer_id: UUID
    person_id: UUID
    created_at: datetime


class RatingLabel(View):
    rating: int
    label: str


class Question(View):
    """What a respondent sees."""

    survey_name: str
    question: str
    scale: list[RatingLabel]
    state: SurveyState
    answered: bool
    smallest_n: int
    """The answer is shown together with those of at least so many people, never alone."""

    @classmethod
    def from_survey(cls, survey: Survey, *, answered: bool) -> "Question":
        lowest = survey.scale.lowest
        scale = [RatingLabel(rating=rating, label=label) for rating, label in enumerate(survey.scale.labels, lowest)]
        return cls(
            survey_name=survey.name,
            question=survey.question,
            scale=scale,
            state=survey.state,
            answered=answered,
            smallest_n=survey.smallest_n,
        )


class NewAnswer(View):
    rating: WholeNumber
    comment: Text | None = None


class Receipt(View):
    survey_name: str
    scoring: str
    """How the answer will be scored: the instrument and its version."""


class CommentView(View):
    id: UUID
    customer_id: UUID
    comment: str
