"""Invitations know the person but not the answer; responses know the answer but not the person."""

from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified
from feedback.responses.errors import AlreadyAnswered
from feedback.satisfaction.model import Cohort
from feedback.schema import Base
from feedback.surveys.model import Survey


class Invitation(Identified, Base):
    """The invitation of one person to one survey."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("survey_id", "person_id"),)

    survey_id: Mapped[UUID] = mapped_column(ForeignKey(Survey.id))
    customer_id: Mapped[UUID]
    person_id: Mapped[UUID]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    answered: Mapped[bool] = mapped_column(default=False)

    def check_unanswered(self) -> None:
        if self.answered:
            raise AlreadyAnswered("This invitation has been answered.")

    def mark_answered(self) -> None:
        self.check_unanswered()
        self.answered = True


class Response(Base):
    """An answer. Its id is random and it has no time, so that neither order nor time leads back to its author."""

    __tablename__ = "responses"
    __audited__ = False
    """The audit trail holds the time and the request, which would lead back to the author."""
    __table_args__ = (
        ForeignKeyConstraint(["survey_id", "customer_id"], [Cohort.survey_id, Cohort.customer_id]),
        CheckConstraint("block >= 0", name="block_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    survey_id: Mapped[UUID] = mapped_column(index=True)
    customer_id: Mapped[UUID]
    block: Mapped[int]
    """The number of the block it is released with: it is shown once its cohort has released more blocks than this."""
    rating: Mapped[int]
    scoring: Mapped[str]
    """The instrument and the version of its scoring at the time."""
    comment: Mapped[str | None]
