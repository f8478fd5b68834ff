"""Invitations know the person and not the answer, responses know the answer and not the person."""

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from common.errors import DomainError, Invalid
from feedback.satisfaction.model import Cohort
from feedback.schema import Base
from feedback.surveys.model import Survey


class AlreadyAnswered(DomainError, slug="already-answered"):
    """An invitation is answered once: the answer is kept without a link to it, so it cannot be found and replaced."""


class CustomerHasNoPeople(DomainError, slug="nobody-to-invite"):
    """A customer's people are invited; this one has none."""


class PersonNotOfCustomer(Invalid, slug="not-one-of-them"):
    """Only people who belong to the customer are invited in its name."""


class RatingOffScale(Invalid, slug="rating-off-scale"):
    """A rating lies on the scale of the survey's instrument."""


class Invitation(Identified, Base):
    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("survey_id", "person_id"),)

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id))
    customer_id: Mapped[UUID]
    person_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    answered: Mapped[bool] = mapped_column(default=False)

    def mark_answered(self) -> None:
        if self.answered:
            raise AlreadyAnswered("This invitation has been answered.")
        self.answered = True


class Response(Base):
    """An answer. Its id is random and it has no instant: neither order nor time may lead back to who gave it."""

    __tablename__ = "responses"
    __audited__ = False
    """The trail holds the instant and the request, and so would be the link."""
    __table_args__ = (
        ForeignKeyConstraint(["survey_id", "customer_id"], [Cohort.survey_id, Cohort.customer_id]),
        CheckConstraint("block >= 0", name="block_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    survey_id: Mapped[UUID] = mapped_column(index=True)
    customer_id: Mapped[UUID]
    block: Mapped[int]
    """It is shown when its cohort has released more blocks than this."""
    rating: Mapped[int]
    scoring: Mapped[str]
    """The instrument and the version of its scoring at the time."""
    comment: Mapped[str | None]
