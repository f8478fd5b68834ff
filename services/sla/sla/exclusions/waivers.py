"""A waiver: the customer does not hold a stretch of time against the provider."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Versioned, text_enum
from sla.agreements.model import Agreement
from sla.agreements.states import Party, Side
from sla.exclusions.policy import Exclusion, ExclusionOutcome, ExclusionVerdict
from sla.exclusions.states import (
    OwnWaiverApproved,
    WaiverAlreadyApproved,
    WaiverNotGranted,
    WaiverState,
    check_waiver_decidable,
)
from sla.hours.spans import Span, to_microseconds
from sla.schema import Base


class Waiver(Identified, Versioned, Base):
    """The customer does not hold a stretch of time against the provider."""

    __tablename__ = "waivers"
    __table_args__ = (
        CheckConstraint("window_from < window_to", name="forwards"),
        CheckConstraint("(state IN ('granted', 'revoked')) = (granted_at IS NOT NULL)", name="granted"),
        CheckConstraint("(state = 'refused') = (refused_at IS NOT NULL)", name="refused"),
        CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name="revoked"),
        Index("ix_waivers_agreement_id", "agreement_id", "window_from"),
    )

    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    customer_id: Mapped[UUID] = mapped_column(index=True)
    objective_ids: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    """Null: all of the agreement."""
    window_from: Mapped[datetime]
    window_to: Mapped[datetime]
    reason: Mapped[str]
    evidence: Mapped[list[str]]
    """Links and text."""
    both_sides: Mapped[bool]
    """Whether the provider approves it too."""
    state: Mapped[WaiverState] = mapped_column(text_enum(WaiverState, "waiverstate"))
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    granted_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_because: Mapped[str | None]
    """Who refused or revoked it, and why."""

    approvals: Mapped[list["WaiverApproval"]] = relationship(lazy="raise", order_by="WaiverApproval.id")

    @property
    def span(self) -> Span:
        return Span(to_microseconds(self.window_from), to_microseconds(self.window_to))

    def verdict(self, span: Span, at: datetime) -> ExclusionVerdict | None:
        """What it takes out of `span`, as it was known at an instant; null when it was not asked for yet."""
        part = self.span.clipped(span)
        if part.start >= part.end or self.requested_at > at:
            return None
        objectives = None if self.objective_ids is None else frozenset(map(UUID, self.objective_ids))
        return ExclusionVerdict(Exclusion(part, "waiver", self.id, self.reason, objectives), *self._standing(at))

    def _standing(self, at: datetime) -> tuple[ExclusionOutcome, str]:
        if self.refused_at is not None and self.refused_at <= at:
            return ExclusionOutcome.REFUSED, f"It was refused: {self.ended_because}"
        if self.granted_at is None or self.granted_at > at:
            return ExclusionOutcome.NOT_APPROVED, "It has not been granted."
        if self.revoked_at is not None and self.revoked_at <= at:
            return ExclusionOutcome.REVOKED, f"It was revoked: {self.ended_because}"
        return ExclusionOutcome.COUNTS, "The customer granted it."

    def approve(self, party: Party, at: datetime) -> bool:
        """Whether with this approval the waiver is granted."""
        check_waiver_decidable(self.state, party.side, both_sides=self.both_sides)
        if any(one.side is party.side for one in self.approvals):
            raise WaiverAlreadyApproved("Your side has approved it.")
        if party.subject in {self.requested_by, *(one.subject for one in self.approvals)}:
            raise OwnWaiverApproved("You have asked for this waiver, or approved it for the other side.")
        self.approvals.append(WaiverApproval(side=party.side, subject=party.subject, approved_at=at))
        sides = set(Side) if self.both_sides else {Side.CUSTOMER}
        if {one.side for one in self.approvals} != sides:
            return False
        self.state, self.granted_at = WaiverState.GRANTED, at
        return True

    def refuse(self, party: Party, reason: str, at: datetime) -> None:
        check_waiver_decidable(self.state, party.side, both_sides=True)
        self.state, self.refused_at, self.ended_by, self.ended_because = WaiverState.REFUSED, at, party.subject, reason

    def revoke(self, party: Party, reason: str, at: datetime) -> None:
        if self.state is not WaiverState.GRANTED:
            raise WaiverNotGranted(f"This waiver is {self.state}.")
        self.state, self.revoked_at, self.ended_by, self.ended_because = WaiverState.REVOKED, at, party.subject, reason


class WaiverApproval(Identified, Base):
    """One side's approval; written once."""

    __tablename__ = "waiver_approvals"
    __table_args__ = (UniqueConstraint("waiver_id", "side"), UniqueConstraint("waiver_id", "subject"))

    waiver_id: Mapped[UUID] = mapped_column(ForeignKey(Waiver.id))
    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    subject: Mapped[str]
    approved_at: Mapped[datetime]
