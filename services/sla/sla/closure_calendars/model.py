"""Closure calendars and their editions: imported by one person, approved or rejected by another."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Touched, Versioned, text_enum
from common.dates import ONE_DAY
from sla.closure_calendars.editions import EditionClosure
from sla.closure_calendars.errors import EditionAlreadyDecided, OwnImportApproved
from sla.hours.time_zones import load_zone, to_local_date
from sla.schema import Base


class EditionState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    REJECTED = "rejected"


class ClosureCalendar(Identified, Versioned, Touched, Base):
    """Closures that many agreements share, by naming the calendar in their terms."""

    __tablename__ = "closure_calendars"
    open_to_customers = True

    name: Mapped[str]
    timezone: Mapped[str]

    def tomorrow(self, at: datetime) -> date:
        """The local day after the one of the instant: the first that an edition approved then is in effect on."""
        return to_local_date(at, load_zone(self.timezone)) + ONE_DAY


class ClosureEdition(Identified, Base):
    """All closures of a calendar, in effect from the day after the approval until the next edition."""

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
    """The last day that the import covers: nothing is closed after it."""
    file_sha256: Mapped[str]
    sha256: Mapped[str]
    """The hash of the closures."""
    imported_by: Mapped[str]
    imported_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """The reason of a rejection."""
    first_day: Mapped[date | None]
    """The day from which an approved edition is in effect."""

    calendar: Mapped[ClosureCalendar] = relationship(lazy="raise")

    @property
    def parsed_closures(self) -> list[EditionClosure]:
        return [EditionClosure(closure["from"], closure["to"], closure["name"]) for closure in self.closures]

    def approve(self, subject: str, at: datetime) -> None:
        self._check_draft()
        if subject == self.imported_by:
            raise OwnImportApproved("You imported this edition: another person approves it.")
        self._decide(EditionState.APPROVED, subject, at)
        self.first_day = self.calendar.tomorrow(at)

    def reject(self, subject: str, reason: str, at: datetime) -> None:
        self._check_draft()
        self._decide(EditionState.REJECTED, subject, at)
        self.reason = reason

    def _check_draft(self) -> None:
        if self.state is not EditionState.DRAFT:
            raise EditionAlreadyDecided(f"The edition is {self.state} already: import the calendar again.")

    def _decide(self, state: EditionState, subject: str, at: datetime) -> None:
        self.state, self.decided_by, self.decided_at = state, subject, at
        self.calendar.touch(at)
