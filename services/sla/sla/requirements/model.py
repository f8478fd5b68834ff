"""A service level requirement: submitted, refused or withdrawn. Whether it is answered follows from what was signed."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned, text_enum
from common.views import read_stored
from sla.requirements import errors
from sla.requirements.required_service_level import RequiredServiceLevel
from sla.schema import Base


class RequirementState(StrEnum):
    SUBMITTED = "submitted"
    ANSWERED = "answered"
    """An objective of an agreement in force names it."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ServiceRequirement(Identified, Versioned, Base):
    """A level of service that a customer asks for, which objectives of agreements can answer."""

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
    service_level_document: Mapped[dict[str, Any]] = mapped_column("wanted_document", JSONB())
    reason: Mapped[str]
    enterprise_effect: Mapped[str]
    """What it means for the enterprise as a whole to have it or not."""
    asked_by: Mapped[str]
    source_id: Mapped[UUID | None]
    """The requirement of engagement that it was drawn from; null when it was submitted here."""
    state: Mapped[RequirementState] = mapped_column(text_enum(RequirementState, "requirementstate"))
    """What people decided; `answered` is derived."""
    answered_as_reported: Mapped[bool] = mapped_column("told_answered")
    """Whether it was answered when the last event on it was emitted."""
    submitted_by: Mapped[str]
    submitted_at: Mapped[datetime]
    ended_by: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    """Who refused or withdrew it, when and why."""

    @property
    def service_level(self) -> RequiredServiceLevel:
        return read_stored(RequiredServiceLevel, self.service_level_document)

    def revise(self, service_level: RequiredServiceLevel) -> None:
        self._check_open()
        self.service_level_document = service_level.model_dump(mode="json")

    def effective_state(self, *, answered: bool) -> RequirementState:
        return RequirementState.ANSWERED if answered and self.state is RequirementState.SUBMITTED else self.state

    def end(self, state: RequirementState, by: str, reason: str, at: datetime, *, answered: bool) -> None:
        """Refuse or withdraw the requirement, unless it is answered."""
        self._check_open()
        if answered:
            raise errors.RequirementAlreadyAnswered("An objective in force answers this requirement.")
        self.state, self.ended_by, self.ended_at, self.ended_because = state, by, at, reason

    def _check_open(self) -> None:
        if self.state is RequirementState.REFUSED:
            raise errors.RequirementAlreadyRefused("This requirement was refused.")
        if self.state is RequirementState.WITHDRAWN:
            raise errors.RequirementAlreadyWithdrawn("This requirement was withdrawn.")
