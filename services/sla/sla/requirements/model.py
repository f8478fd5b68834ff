"""A service level requirement: submitted, refused or withdrawn. That it is answered follows from what was signed."""

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from common.errors import DomainError
from sla.requirements.service_levels import RequiredServiceLevel
from sla.schema import Base


class RequirementState(StrEnum):
    SUBMITTED = "submitted"
    ANSWERED = "answered"
    """An objective of an agreement in force names it."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RequirementAlreadyAnswered(DomainError, slug="requirement-already-answered"):
    """What an objective in force answers is neither refused nor withdrawn: the agreement is amended first."""


class RequirementAlreadyRefused(DomainError, slug="requirement-already-refused"):
    """What was refused does not change: ask anew."""


class RequirementAlreadyWithdrawn(DomainError, slug="requirement-already-withdrawn"):
    """What was withdrawn does not change: ask anew."""


class RequirementRequest(NamedTuple):
    """What is asked for, besides the level."""

    title: str
    reason: str
    enterprise_effect: str
    customer_id: UUID | None
    service_id: UUID | None
    offering_id: UUID | None
    asked_by: str | None
    source_id: UUID | None


class ServiceRequirement(Identified, Versioned, Base):
    __tablename__ = "service_requirements"
    __table_args__ = (
        CheckConstraint("state <> 'answered'", name="answered_is_derived"),
        CheckConstraint("(state = 'submitted') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("state <> 'refused' OR ended_because IS NOT NULL", name="refused_with_reason"),
        Index("ix_service_requirements_open", "id", postgresql_where=text("state = 'submitted'")),
    )

    customer_id: Mapped[UUID] = mapped_column(index=True)
    service_id: Mapped[UUID | None]
    offering_id: Mapped[UUID | None]
    title: Mapped[str]
    wanted_document: Mapped[dict[str, Any]] = mapped_column(JSONB())
    reason: Mapped[str]
    enterprise_effect: Mapped[str]
    """What it means for the enterprise as a whole to have it, or not."""
    asked_by: Mapped[str]
    source_id: Mapped[UUID | None]
    """The requirement of engagement it was drawn from; null when it was written here."""
    state: Mapped[RequirementState] = mapped_column(text_enum(RequirementState, "requirementstate"))
    """As far as people decide; `answered` is derived."""
    told_answered: Mapped[bool]
    """What the requester was told last."""
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    """Who refused or withdrew it, when and why."""

    @property
    def service_level(self) -> RequiredServiceLevel:
        return RequiredServiceLevel.model_validate(self.wanted_document)

    def revise(self, wanted: RequiredServiceLevel) -> None:
        self._check_open()
        self.wanted_document = wanted.model_dump(mode="json")

    def effective_state(self, *, answered: bool) -> RequirementState:
        return RequirementState.ANSWERED if answered and self.state is RequirementState.SUBMITTED else self.state

    def end(self, state: RequirementState, by: str, reason: str, at: datetime, *, answered: bool) -> None:
        """Refused or withdrawn."""
        self._check_open()
        if answered:
            raise RequirementAlreadyAnswered("An objective in force answers it.")
        self.state, self.ended_by, self.ended_at, self.ended_because = state, by, at, reason

    def _check_open(self) -> None:
        if self.state is RequirementState.REFUSED:
            raise RequirementAlreadyRefused("It was refused.")
        if self.state is RequirementState.WITHDRAWN:
            raise RequirementAlreadyWithdrawn("It was withdrawn.")
