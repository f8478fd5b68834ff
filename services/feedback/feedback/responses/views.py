"""The requests and answers of invitations, answers and comments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from common.names.references import PersonReference, Reference, look_up
from common.views import Text, View, WholeNumber
from feedback.surveys.model import Survey, SurveyState

MAX_PEOPLE = 1000
"""The most people named in one request; a customer may have more."""


class NewInvitations(View):
    customer_id: UUID
    person_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_PEOPLE)] | None = None
    """The people to invite; null means everybody who belongs to the customer."""


class InvitationLink(View):
    invitation_id: UUID
    person_id: UUID
    person: PersonReference = look_up("person")
    token: str
    """The right to answer for this person; it is shown only once."""
    path: str
    """The path in this API, where programs read the question and answer it."""
    link: str
    """The same as an absolute address, to be sent to the person: a browser opens a page there to answer on."""


class InvitedPerson(View):
    person_id: UUID
    person: PersonReference = look_up("person")


class InvitationResult(View):
    links: list[InvitationLink]
    already_invited: list[InvitedPerson]
    """The people who were invited to this survey before."""


class InvitationView(View):
    """An invitation, without whether it was answered: with few answers that would give the answer away."""

    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    person_id: UUID
    person: PersonReference = look_up("person")
    created_at: datetime


class RatingLabel(View):
    rating: int
    label: str


class Question(View):
    """The question as a respondent sees it."""

    survey_name: str
    question: str
    scale: list[RatingLabel]
    state: SurveyState
    answered: bool
    smallest_n: int
    """The number of answers that are shown together, so that no answer is shown alone."""

    @classmethod
    def from_survey(cls, survey: Survey, *, answered: bool) -> "Question":
        lowest = survey.scale.lowest
        scale = [RatingLabel(rating=rating, label=label) for rating, label in enumerate(survey.scale.labels, lowest)]
        return cls.from_entity(survey, survey_name=survey.name, scale=scale, answered=answered)


class NewAnswer(View):
    rating: WholeNumber
    comment: Text | None = None


class Receipt(View):
    survey_name: str
    scoring: str
    """The instrument that scores the answer, and its version."""


class CommentView(View):
    id: UUID
    customer_id: UUID
    customer: Reference = look_up("customer")
    comment: str
