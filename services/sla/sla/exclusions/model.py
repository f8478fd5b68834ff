"""Planned maintenance with its announcements, its windows, and the decisions on them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from common.database.entities import Identified, Versioned, text_enum
from sla.agreements.states import Party, Side
from sla.exclusions.policy import AnnouncedWindow
from sla.exclusions.states import (
    STATES_BEFORE_WORK,
    MaintenanceAlreadyDecided,
    MaintenanceNotApproved,
    MaintenanceNotUnderWay,
    MaintenanceState,
    WindowOver,
    WindowsAlreadyAnnounced,
    check_approver,
    check_decidable,
    check_open,
)
from sla.exclusions.window_changes import compute_window_changes
from sla.hours.spans import Span, difference, to_datetime, to_microseconds
from sla.schema import Base


class AffectedKind(StrEnum):
    SERVICE = "service"
    OFFERING = "offering"
    AGREEMENT = "agreement"


class Maintenance(Identified, Versioned, Base):
    """Work on services, in windows announced beforehand. Everything said of it keeps the instant it was said at."""

    __tablename__ = "maintenances"
    __table_args__ = (
        CheckConstraint("(started_at IS NULL) OR state IN ('under_way', 'done', 'cancelled')", name="started"),
        CheckConstraint("(ended_at IS NOT NULL) = (state IN ('done', 'cancelled'))", name="ended"),
    )

    title: Mapped[str]
    reason: Mapped[str]
    state: Mapped[MaintenanceState] = mapped_column(
        text_enum(MaintenanceState, "maintenancestate"), default=MaintenanceState.ANNOUNCED
    )
    alone_customer_id: Mapped[UUID | None]
    """The customer, when agreements of one customer are all it affects: then a refusal of theirs is final."""
    changed_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was done or cancelled."""
    cancellation: Mapped[str | None]
    """Why it was cancelled."""

    affects: Mapped[list["MaintenanceTarget"]] = relationship(lazy="raise", order_by="MaintenanceTarget.id")
    announcements: Mapped[list["MaintenanceAnnouncement"]] = relationship(
        lazy="raise", order_by="MaintenanceAnnouncement.number"
    )
    windows: Mapped[list["MaintenanceWindow"]] = relationship(lazy="raise", order_by="MaintenanceWindow.window_from")

    @property
    def current_windows(self) -> list["MaintenanceWindow"]:
        """The windows that were not taken back, in the order of time."""
        return sorted((one for one in self.windows if one.withdrawn_at is None), key=lambda one: one.window_from)

    def windows_for(self, customer_id: UUID, at: datetime) -> list[AnnouncedWindow]:
        """As they were known at an instant, with the decisions that concern this customer."""
        ended = self.ended_at if self.ended_at is not None and self.ended_at <= at else None
        begun = self.started_at is not None and self.started_at <= at
        found = [
            AnnouncedWindow(
                maintenance_id=self.id,
                reason=self.title,
                span=one.span,
                announced_at=to_microseconds(one.announcement.announced_at),
                provider_approved=one.announcement.approval_at(None, at),
                customer_approved=one.announcement.approval_at(customer_id, at),
                work_ended_at=to_microseconds(ended) if ended and begun else None,
                cancelled=ended is not None and self.state is MaintenanceState.CANCELLED,
            )
            for one in self.windows
            if one.is_known_at(at)
        ]
        return found + (_overrun(found, to_microseconds(ended or at)) if begun else [])

    def announce(self, wanted: Sequence[Span], by: str, at: datetime) -> list[Span]:
        """Announce the windows, or change them; answers what is added and what is taken away."""
        check_open(self.state, STATES_BEFORE_WORK)
        standing = self.current_windows
        redrawn = compute_window_changes([one.span for one in standing], wanted)
        taken = [span for one in standing for span in one.spans_outside(wanted)]
        if not redrawn.added and not taken:
            raise WindowsAlreadyAnnounced("These are the windows announced.", field="windows")
        self._check_not_over([*redrawn.added, *taken], at)
        for place in redrawn.withdrawn:
            standing[place].withdrawn_at = at
        for place, span in redrawn.kept:
            self._add_window(standing[place].announcement, span, at)
        if redrawn.added:
            self._add_announcement(redrawn.added, by, at)
        self.state = self._decided_state()
        self.touch(at)
        return [*redrawn.added, *taken]

    def decide(self, party: Party, customer_id: UUID | None, reason: str | None, at: datetime) -> "MaintenanceDecision":
        """Approve the newest announcement, or with a reason refuse it."""
        newest = self.announcements[-1]
        check_decidable(self.state)
        check_approver(party.subject, newest.announced_by)
        decision = MaintenanceDecision(
            side=party.side,
            customer_id=customer_id,
            subject=party.subject,
            approved=reason is None,
            reason=reason,
            decided_at=at,
        )
        newest.decide(decision)
        if self.state in STATES_BEFORE_WORK:
            self.state = self._decided_state()
        self.touch(at)
        return decision

    def start(self, at: datetime) -> None:
        check_open(self.state, STATES_BEFORE_WORK)
        if self.state is not MaintenanceState.APPROVED:
            raise MaintenanceNotApproved("Nobody has approved what was announced last.")
        self.state, self.started_at = MaintenanceState.UNDER_WAY, at
        self.touch(at)

    def finish(self, at: datetime) -> None:
        check_open(self.state)
        if self.state is not MaintenanceState.UNDER_WAY:
            raise MaintenanceNotUnderWay("The work has not begun.")
        self.state, self.ended_at = MaintenanceState.DONE, at
        self.touch(at)

    def cancel(self, reason: str, at: datetime) -> None:
        """Call it off, or break it off."""
        check_open(self.state)
        self.state, self.ended_at, self.cancellation = MaintenanceState.CANCELLED, at, reason
        self.touch(at)

    def _decided_state(self) -> MaintenanceState:
        """As far as decisions go. A customer's refusal ends the matter only where nobody else is affected."""
        standing = {window.announcement for window in self.current_windows}
        finals = (None, self.alone_customer_id)
        kept = [one for one in self.announcements if one in standing and not one.is_refused_by(finals)]
        if not kept:
            return MaintenanceState.REFUSED
        return MaintenanceState.APPROVED if all(one.is_approved for one in kept) else MaintenanceState.ANNOUNCED

    def _add_announcement(self, added: Sequence[Span], by: str, at: datetime) -> None:
        announcement = MaintenanceAnnouncement(
            number=len(self.announcements) + 1, announced_at=at, announced_by=by, decisions=[]
        )
        self.announcements.append(announcement)
        for span in added:
            self._add_window(announcement, span, at)

    def _add_window(self, announcement: "MaintenanceAnnouncement", span: Span, at: datetime) -> None:
        window = MaintenanceWindow(
            announcement=announcement,
            window_from=to_datetime(span.start),
            window_to=to_datetime(span.end),
            recorded_at=at,
        )
        self.windows.append(window)

    def _check_not_over(self, spans: Sequence[Span], at: datetime) -> None:
        if any(span.end <= to_microseconds(at) for span in spans):
            raise WindowOver("This window is over.", field="windows")

    def touch(self, at: datetime) -> None:
        self.changed_at = at
        flag_modified(self, "changed_at")  # two changes of one instant are two versions


@dataclass(frozen=True)
class MaintenanceAudience:
    """A customer sees its own agreements and decisions, and those of the provider."""

    customer_id: UUID | None
    agreement_ids: frozenset[UUID] = frozenset()

    def can_see_decisions_of(self, customer_id: UUID | None) -> bool:
        return self.customer_id is None or customer_id in (None, self.customer_id)

    def visible_agreement_ids(self, agreement_ids: frozenset[UUID]) -> frozenset[UUID]:
        return agreement_ids if self.customer_id is None else agreement_ids & self.agreement_ids


class MaintenanceTarget(Identified, Base):
    """A service, an offering or an agreement that maintenance affects."""

    __tablename__ = "maintenance_targets"
    __table_args__ = (
        UniqueConstraint("maintenance_id", "target_id"),
        Index("ix_maintenance_targets_target_id", "target_id"),
    )

    maintenance_id: Mapped[UUID] = mapped_column(ForeignKey(Maintenance.id))
    kind: Mapped[AffectedKind] = mapped_column(text_enum(AffectedKind, "affected"))
    target_id: Mapped[UUID]


class MaintenanceAnnouncement(Identified, Base):
    """Who announced windows, and when: the notice of what was added is counted from here."""

    __tablename__ = "maintenance_announcements"
    __table_args__ = (UniqueConstraint("maintenance_id", "number"), CheckConstraint("number > 0", name="number"))

    maintenance_id: Mapped[UUID] = mapped_column(ForeignKey(Maintenance.id))
    number: Mapped[int]
    announced_at: Mapped[datetime]
    announced_by: Mapped[str]

    decisions: Mapped[list["MaintenanceDecision"]] = relationship(lazy="raise", order_by="MaintenanceDecision.id")

    def approval_at(self, customer_id: UUID | None, at: datetime) -> bool | None:
        """Whether one side had approved it at an instant; null when it had not said."""
        said = (one for one in self.decisions if one.customer_id == customer_id and one.decided_at <= at)
        return next((one.approved for one in said), None)

    @property
    def is_approved(self) -> bool:
        return any(one.approved for one in self.decisions)

    def is_refused_by(self, customers: Collection[UUID | None]) -> bool:
        return any(not one.approved and one.customer_id in customers for one in self.decisions)

    def decide(self, decision: "MaintenanceDecision") -> None:
        if any(one.customer_id == decision.customer_id for one in self.decisions):
            raise MaintenanceAlreadyDecided("This announcement has been decided on for this side.")
        self.decisions.append(decision)


class MaintenanceWindow(Identified, Base):
    """One window; what is taken back stays on the record."""

    __tablename__ = "maintenance_windows"
    __table_args__ = (
        CheckConstraint("window_from < window_to", name="forwards"),
        Index("ix_maintenance_windows_maintenance_id", "maintenance_id"),
        Index("ix_maintenance_windows_announcement_id", "announcement_id"),
        Index("ix_maintenance_windows_window_to", "window_to"),
    )

    maintenance_id: Mapped[UUID] = mapped_column(ForeignKey(Maintenance.id))
    announcement_id: Mapped[UUID] = mapped_column(ForeignKey(MaintenanceAnnouncement.id))
    window_from: Mapped[datetime]
    window_to: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    announcement: Mapped[MaintenanceAnnouncement] = relationship(lazy="raise")

    @property
    def span(self) -> Span:
        return Span(to_microseconds(self.window_from), to_microseconds(self.window_to))

    def is_known_at(self, at: datetime) -> bool:
        return self.recorded_at <= at and (self.withdrawn_at is None or self.withdrawn_at > at)

    def spans_outside(self, wanted: Sequence[Span]) -> list[Span]:
        return difference([self.span], wanted)


class MaintenanceDecision(Identified, Base):
    """One side's approval or refusal of one announcement; written once."""

    __tablename__ = "maintenance_decisions"
    __table_args__ = (
        UniqueConstraint("announcement_id", "customer_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("(side = 'customer') = (customer_id IS NOT NULL)", name="of_a_customer"),
        CheckConstraint("approved = (reason IS NULL)", name="refused_with_reason"),
    )

    announcement_id: Mapped[UUID] = mapped_column(ForeignKey(MaintenanceAnnouncement.id))
    side: Mapped[Side] = mapped_column(text_enum(Side, "side"))
    customer_id: Mapped[UUID | None]
    """Null: the provider's decision."""
    subject: Mapped[str]
    approved: Mapped[bool]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime]


def _overrun(windows: Sequence[AnnouncedWindow], until: int) -> list[AnnouncedWindow]:
    """The time after the last window in which the work went on."""
    last = max(windows, key=lambda one: one.span.end)
    if until <= last.span.end:
        return []
    return [replace(last, span=Span(last.span.end, until), work_ended_at=None, cancelled=False, overrun=True)]
