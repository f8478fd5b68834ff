"""A shared calendar, and its editions: drafts that somebody imported, and what a second person made of them."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Versioned, text_enum
from common.errors import DomainError
from sla.closure_calendars.editions import EditionClosure
from sla.hours.time_zones import load_zone
from sla.schema import Base


class EditionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"


class OwnImportApproved(DomainError, slug="own-import-approved"):
    """Four eyes: what one person imported another one approves."""


class EditionAlreadyDecided(DomainError, slug="edition-already-decided"):
    """An edition is approved or rejected once; whoever wants other closures imports them anew."""


class ImportUnderWay(DomainError, slug="import-under-way"):
    """One import of a calendar waits for approval at a time."""


class ClosureCalendar(Identified, Versioned, Base):
    """Closures that many agreements share, by naming the calendar in their terms."""

    __tablename__ = "closure_calendars"

    name: Mapped[str]
    timezone: Mapped[str]
    changed_at: Mapped[datetime]


class ClosureEdition(Identified, Base):
    """All that the calendar closes from the day after its approval on."""

    __tablename__ = "closure_editions"
    __table_args__ = (
        UniqueConstraint("calendar_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("(state = 'draft') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'approved') = (first_day IS NOT NULL)", name="approved_from_a_day"),
        CheckConstraint("imported_by <> decided_by OR state <> 'approved'", name="four_eyes"),
        Index("uq_closure_editions_draft", "calendar_id", unique=True, postgresql_where=text("state = 'draft'")),
    )

    calendar_id: Mapped[UUID] = mapped_column(ForeignKey(ClosureCalendar.id))
    number: Mapped[int]
    state: Mapped[EditionState] = mapped_column(text_enum(EditionState, "editionstate"), default=EditionState.DRAFT)
    closures: Mapped[list[dict[str, Any]]]
    skipped: Mapped[dict[str, Any]]
    """Names of events that close nothing, each with the reason."""
    known_until: Mapped[date]
    """The last day that the import looked at: nothing is closed after it."""
    file_sha256: Mapped[str]
    sha256: Mapped[str]
    """Of the closures."""
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Of a rejection."""
    first_day: Mapped[date | None]
    """From which an approved edition is in effect."""

    calendar: Mapped[ClosureCalendar] = relationship(lazy="raise")

    @property
    def parsed_closures(self) -> list[EditionClosure]:
        return [EditionClosure(one["from"], one["to"], one["name"]) for one in self.closures]

    def approve(self, subject: str, at: datetime) -> None:
        self._check_draft()
        if subject == self.imported_by:
            raise OwnImportApproved("You have imported it.")
        self._decide(EditionState.APPROVED, subject, at)
        today = at.astimezone(load_zone(self.calendar.timezone)).date()
        self.first_day = today + timedelta(days=1)

    def reject(self, subject: str, reason: str, at: datetime) -> None:
        self._check_draft()
        self._decide(EditionState.REJECTED, subject, at)
        self.reason = reason

    def _check_draft(self) -> None:
        if self.state is not EditionState.DRAFT:
            raise EditionAlreadyDecided(f"It is {self.state}.")

    def _decide(self, state: EditionState, subject: str, at: datetime) -> None:
        self.state, self.decided_by, self.decided_at = state, subject, at
        self.calendar.changed_at = at
