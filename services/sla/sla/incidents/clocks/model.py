"""Clocks of incidents, and the terms that they run under."""

from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, text_enum
from common.views import read_frozen
from sla.agreements.model import Agreement
from sla.agreements.objectives import IncidentObjective
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.model import Incident
from sla.schema import Base


class IncidentClockTerms(Base):
    """Terms that clocks run under, stored once under their own hash; they never change."""

    __tablename__ = "incident_clock_terms"
    __audited__ = False  # taken from signed terms

    sha256: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]

    @cached_property
    def terms(self) -> ClockTerms:
        return read_frozen(ClockTerms, self.document)


class IncidentClock(Identified, Base):
    """The clock of an incident under one objective of an agreement that was in force when the incident opened.

    An objective on next answers has a clock for each turn. One whose turn turns out not to have been is kept, released,
    so that statements which counted it can be computed again.
    """

    __tablename__ = "incident_clocks"
    __audited__ = False  # computed from the events of the incident
    __table_args__ = (
        UniqueConstraint(
            "incident_id", "agreement_id", "objective_id", "turn_event_id", name="uq_incident_clocks_turn"
        ),
        CheckConstraint("(turn_event_id = '') = (waiting_since IS NULL)", name="turn"),
        CheckConstraint("(verdict IN ('in_time', 'late')) = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("verdict <> 'running' OR ended_at IS NULL", name="runs"),
        Index("ix_incident_clocks_agreement", "agreement_id", "objective_id", "ended_at"),
        Index("ix_incident_clocks_unstopped", "incident_id", postgresql_where=text("stopped_at IS NULL")),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey(Incident.id))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    agreement_version: Mapped[int]
    objective_id: Mapped[UUID]
    turn_event_id: Mapped[str] = mapped_column(default="")
    """The source's id of the message that began the turn; empty for clocks of the incident as a whole."""
    waiting_since: Mapped[datetime | None]
    """When that message came."""
    terms_sha256: Mapped[str] = mapped_column(ForeignKey(IncidentClockTerms.sha256), index=True)
    stored_terms: Mapped[IncidentClockTerms] = relationship(lazy="raise")
    verdict: Mapped[ClockVerdict] = mapped_column(text_enum(ClockVerdict, "verdict"))
    entered_at: Mapped[datetime | None]
    """When the objective began to apply; null if the incident has never had one of its priorities."""
    due_at: Mapped[datetime | None]
    due_soon_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    """When it was stopped in time, or breached."""
    stopped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was decided, or the incident got another priority; null while it runs."""
    emitted_due_soon_at: Mapped[datetime | None] = mapped_column("told_due_soon_at")
    """The instant for which IncidentDueSoon was emitted."""
    emitted_breached_at: Mapped[datetime | None] = mapped_column("told_breached_at")
    """The instant for which IncidentBreached was emitted, unless that was withdrawn."""

    @property
    def terms(self) -> ClockTerms:
        return self.stored_terms.terms

    @property
    def objective(self) -> IncidentObjective:
        return self.terms.objective

    @property
    def objective_name(self) -> str:
        return self.objective.name

    @property
    def is_due_soon_pending(self) -> bool:
        """Return whether IncidentDueSoon is to be emitted: for the first time, or for a deadline that has moved."""
        if self.verdict is not ClockVerdict.RUNNING or self.due_soon_at is None:
            return False
        return self.emitted_due_soon_at is None or self.emitted_due_soon_at < self.due_soon_at

    @property
    def breached_at(self) -> datetime | None:
        return self.decided_at if self.verdict is ClockVerdict.LATE else None
