"""Waivers: time that the customer does not hold against the provider."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Versioned, text_enum
from sla.agreements.model import Agreement
from sla.agreements.states import Party, Side
from sla.exclusions.exclusion_rules import Exclusion, ExclusionDecision, ExclusionOutcome
from sla.exclusions.waivers import errors
from sla.hours.spans import Span, to_microseconds
from sla.schema import Base


class WaiverState(StrEnum):
    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    REVOKED = "revoked"


class Waiver(Identified, Versioned, Base):
    """A stretch of time that the customer does not hold against the provider, once it is granted."""

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
    """Null: all objectives of the agreement."""
    window_from: Mapped[datetime]
    window_to: Mapped[datetime]
    reason: Mapped[str]
    evidence: Mapped[list[str]]
    """Links and text."""
    both_sides: Mapped[bool]
    """Whether the provider has to approve it as well."""
    state: Mapped[WaiverState] = mapped_column(text_enum(WaiverState, "waiverstate"))
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    granted_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
    ended_because: Mapped[str | None]
    """Why it was refused or revoked, by `ended_by`."""

    approvals: Mapped[list["WaiverApproval"]] = relationship(lazy="raise", order_by="WaiverApproval.id")

    @property
    def span(self) -> Span:
        return Span(to_microseconds(self.window_from), to_microseconds(self.window_to))

    def decision_known_at(self, at: datetime) -> ExclusionDecision:
        """The decision on its time, as it was known at an instant after the request."""
        objective_ids = None if self.objective_ids is None else frozenset(map(UUID, self.objective_ids))
        exclusion = Exclusion(self.span, "waiver", self.id, self.reason, objective_ids)
        return ExclusionDecision(exclusion, *self._outcome(at))

    def _outcome(self, at: datetime) -> tuple[ExclusionOutcome, str]:
        if self.refused_at is not None and self.refused_at <= at:
            return ExclusionOutcome.REFUSED, f"It was refused: {self.ended_because}"
        if self.granted_at is None or self.granted_at > at:
            return ExclusionOutcome.NOT_APPROVED, "It has not been granted."
        if self.revoked_at is not None and self.revoked_at <= at:
            return ExclusionOutcome.REVOKED, f"It was revoked: {self.ended_because}"
        return ExclusionOutcome.EXCLUDED, "The customer granted it."

    def approve(self, party: Party, at: datetime) -> bool:
        """Approve it for one side; return whether the waiver is granted now."""
        self.check_may_approve(party)
        self.approvals.append(WaiverApproval(side=party.side, subject=party.subject, approved_at=at))
        sides = set(Side) if self.both_sides else {Side.CUSTOMER}
        if {approval.side for approval in self.approvals} != sides:
            return False
        self.state, self.granted_at = WaiverState.GRANTED, at
        return True

    def check_may_approve(self, party: Party) -> None:
        self.check_requested()
        if party.side is Side.PROVIDER and not self.both_sides:
            raise errors.ProviderApprovalNotNeeded("The customer alone approves this waiver.")
        if any(approval.side is party.side for approval in self.approvals):
            raise errors.WaiverAlreadyApproved("Your side has approved this waiver.")
        if party.subject in {self.requested_by, *(approval.subject for approval in self.approvals)}:
            raise errors.OwnWaiverApproved("You have requested this waiver, or approved it for the other side.")

    def refuse(self, party: Party, reason: str, at: datetime) -> None:
        self.check_requested()
        self.state, self.refused_at, self.ended_by, self.ended_because = WaiverState.REFUSED, at, party.subject, reason

    def revoke(self, party: Party, reason: str, at: datetime) -> None:
        self.check_granted()
        self.state, self.revoked_at, self.ended_by, self.ended_because = WaiverState.REVOKED, at, party.subject, reason

    def check_granted(self) -> None:
        if self.state is not WaiverState.GRANTED:
            raise errors.WaiverNotGranted(f"This waiver is {self.state}: only a granted one can be revoked.")

    def check_requested(self) -> None:
        if self.state is not WaiverState.REQUESTED:
            raise errors.WaiverAlreadyDecided(f"This waiver is {self.state}: request another one.")


class WaiverApproval(Identified, Base):
    """One side's approval of a waiver; written once."""

    __tablename__ = "waiver_approvals"
    __table_args__ = (UniqueConstraint("waiver_id", "side"), UniqueConstraint("waiver_id", "subject"))

    waiver_id: Mapped[UUID] = mapped_column(ForeignKey(Waiver.id))
    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    subject: Mapped[str]
    approved_at: Mapped[datetime]
