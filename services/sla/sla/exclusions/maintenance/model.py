"""Planned maintenance with its announcements, its windows, and the decisions on them."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.database.entities import Identified, Touched, Versioned, text_enum
from sla.agreements.states import Party, Side
from sla.exclusions.maintenance import errors
from sla.exclusions.maintenance.agreement_windows import AgreementWindow, compute_overrun
from sla.exclusions.maintenance.decisions import MaintenanceDecision
from sla.exclusions.maintenance.states import OPEN_STATES, STATES_BEFORE_WORK, AffectedKind, MaintenanceState
from sla.exclusions.maintenance.window_rules import check_window_times
from sla.hours.spans import Span, difference, intersection, to_datetime, to_microseconds, union
from sla.schema import Base


class Maintenance(Identified, Versioned, Touched, Base):
    """Work on services in windows announced beforehand; each announcement and decision keeps its instant."""

    __tablename__ = "maintenances"
    open_to_customers = True
    __table_args__ = (
        CheckConstraint("(started_at IS NULL) OR state IN ('under_way', 'done', 'cancelled')", name="started"),
        CheckConstraint("(ended_at IS NOT NULL) = (state IN ('done', 'cancelled'))", name="ended"),
    )

    title: Mapped[str]
    reason: Mapped[str]
    entered_afterwards: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its windows were over when it was entered: both sides have to approve it."""
    recurrence: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The rule that its windows follow; null for windows that were written down."""
    state: Mapped[MaintenanceState] = mapped_column(text_enum(MaintenanceState, "maintenancestate"))
    alone_customer_id: Mapped[UUID | None]
    """Not used any more, and read by the version before: a later version drops it."""
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was completed or cancelled."""
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
        current = (window for window in self.windows if window.withdrawn_at is None)
        return sorted(current, key=lambda window: window.window_from)

    def target_ids(self) -> dict[str, tuple[UUID, ...]]:
        """The ids of what is affected: `service_ids`, `offering_ids` and `agreement_ids`."""
        return {
            f"{kind}_ids": tuple(target.target_id for target in self.affects if target.kind is kind)
            for kind in AffectedKind
        }

    def windows_for(self, customer_id: UUID, at: datetime) -> list[AgreementWindow]:
        """The windows as they were known at an instant, with the decisions that concern this customer."""
        end = self.ended_at if self.ended_at is not None and self.ended_at <= at else None
        has_begun = self.started_at is not None and self.started_at <= at
        windows = [
            AgreementWindow(
                maintenance_id=self.id,
                reason=self.title,
                span=window.span,
                announced_at=to_microseconds(window.announcement.announced_at),
                provider_approved=window.announcement.approval_at(None, at),
                customer_approved=window.announcement.approval_at(customer_id, at),
                entered_afterwards=self.entered_afterwards,
                work_ended_at=to_microseconds(end) if end and has_begun else None,
                cancelled=end is not None and self.state is MaintenanceState.CANCELLED,
            )
            for window in self.windows
            if window.is_known_at(at)
        ]
        return windows + (compute_overrun(windows, to_microseconds(end or at)) if has_begun else [])

    def announce(self, requested: Sequence[Span], by: str, at: datetime) -> list[Span]:
        """Announce the windows, or change them; return the time added and the time taken away.

        What is added is announced anew; what is left of the windows keeps its announcement, and so its notice.
        """
        self.check_before_work()
        windows = self.current_windows
        added = difference(requested, union(window.span for window in windows))
        removed = [span for window in windows for span in difference([window.span], requested)]
        field = "windows" if self.recurrence is None else "recurrence"
        if not added and not removed:
            raise errors.WindowsAlreadyAnnounced("These windows are announced already.", field=field)
        check_window_times([*added, *removed], at, afterwards=self.entered_afterwards, field=field)
        for window in windows:
            remaining = intersection([window.span], requested)
            if remaining != [window.span]:
                window.withdrawn_at = at
                self._add_windows(window.announcement, remaining, at)
        if added:
            number = len(self.announcements) + 1
            announcement = MaintenanceAnnouncement(number=number, announced_at=at, announced_by=by, decisions=[])
            self.announcements.append(announcement)
            self._add_windows(announcement, added, at)
        self.state = self._decided_state()
        self.touch(at)
        return [*added, *removed]

    def decide(self, party: Party, customer_id: UUID | None, reason: str | None, at: datetime) -> None:
        """Approve the newest announcement or, with a reason, refuse it.

        A decision on work that is under way or done comes late, and still counts.
        """
        self.check_may_decide(party, customer_id)
        self.announcements[-1].decisions.append(
            MaintenanceDecision(
                **party._asdict(), customer_id=customer_id, approved=reason is None, reason=reason, decided_at=at
            )
        )
        if self.state in STATES_BEFORE_WORK:
            self.state = self._decided_state()
        self.touch(at)

    def check_may_decide(self, party: Party, customer_id: UUID | None) -> None:
        newest = self.announcements[-1]
        if self.state in (MaintenanceState.REFUSED, MaintenanceState.CANCELLED):
            raise errors.MaintenanceOver(f"This maintenance is {self.state}: plan another one.")
        if party.subject == newest.announced_by:
            raise errors.OwnMaintenanceApproved(
                "You have announced this maintenance: somebody else has to decide on it."
            )
        if any(decision.customer_id == customer_id for decision in newest.decisions):
            raise errors.MaintenanceAlreadyDecided("Your side has decided on this announcement.")

    def start(self, at: datetime) -> None:
        self.check_startable()
        self.state, self.started_at = MaintenanceState.UNDER_WAY, at
        self.touch(at)

    def check_startable(self) -> None:
        self.check_before_work()
        if self.entered_afterwards:
            raise errors.MaintenanceOver("The work was over when it was entered.")
        if self.recurrence is not None:
            raise errors.MaintenanceRecurs("Each of its windows counts as it was announced.")
        if self.state is not MaintenanceState.APPROVED:
            raise errors.MaintenanceNotApproved("The newest announcement has not been approved.")

    def finish(self, at: datetime) -> None:
        self.check_under_way()
        self.state, self.ended_at = MaintenanceState.DONE, at
        self.touch(at)

    def check_under_way(self) -> None:
        self._check_open()
        if self.state is not MaintenanceState.UNDER_WAY:
            raise errors.MaintenanceNotUnderWay("The work has not begun.")

    def cancel(self, reason: str, at: datetime) -> None:
        """Cancel the maintenance before or during the work; of one that recurs, what is still to come."""
        self.check_cancellable(at)
        if self.recurrence is not None:
            self._start_recurring(at)
        self.state, self.ended_at, self.cancellation = MaintenanceState.CANCELLED, at, reason
        self.touch(at)

    def check_cancellable(self, at: datetime) -> None:
        self._check_open()
        if self.recurrence is not None and self.current_windows[-1].window_to <= at:
            raise errors.MaintenanceOver("All windows of this maintenance are over.")

    def _start_recurring(self, at: datetime) -> None:
        """Take the first window that has begun as the start of the work, so that what is over stays as it was."""
        first = self.current_windows[0]
        self.started_at = first.window_from if first.window_from < at else None

    def check_before_work(self) -> None:
        self._check_open(STATES_BEFORE_WORK)

    def _check_open(self, allowed: frozenset[MaintenanceState] = OPEN_STATES) -> None:
        if self.state not in OPEN_STATES:
            raise errors.MaintenanceOver(f"This maintenance is {self.state}: plan another one.")
        if self.state not in allowed:
            raise errors.MaintenanceAlreadyBegun("The work is under way.")

    def _decided_state(self) -> MaintenanceState:
        """The state that follows from the decisions; only the provider's refusal is final for everybody."""
        announcements = {window.announcement for window in self.current_windows}
        open_announcements = [announcement for announcement in announcements if not announcement.is_refused]
        if not open_announcements:
            return MaintenanceState.REFUSED
        is_approved = attrgetter("is_approved_by_both" if self.entered_afterwards else "is_approved")
        if all(map(is_approved, open_announcements)):
            return MaintenanceState.APPROVED
        return MaintenanceState.ANNOUNCED

    def _add_windows(self, announcement: "MaintenanceAnnouncement", spans: Sequence[Span], at: datetime) -> None:
        self.windows.extend(
            MaintenanceWindow(
                announcement=announcement,
                window_from=to_datetime(span.start),
                window_to=to_datetime(span.end),
                recorded_at=at,
            )
            for span in spans
        )


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
    """An announcement of windows: their notice is counted from its instant."""

    __tablename__ = "maintenance_announcements"
    __table_args__ = (UniqueConstraint("maintenance_id", "number"), CheckConstraint("number > 0", name="number"))

    maintenance_id: Mapped[UUID] = mapped_column(ForeignKey(Maintenance.id))
    number: Mapped[int]
    announced_at: Mapped[datetime]
    announced_by: Mapped[str]

    decisions: Mapped[list["MaintenanceDecision"]] = relationship(lazy="raise", order_by="MaintenanceDecision.id")

    def approval_at(self, customer_id: UUID | None, at: datetime) -> bool | None:
        """Return whether one side had approved it at an instant; null when it had not decided."""
        for decision in self.decisions:
            if decision.customer_id == customer_id and decision.decided_at <= at:
                return decision.approved
        return None

    @property
    def is_approved(self) -> bool:
        return any(decision.approved for decision in self.decisions)

    @property
    def is_approved_by_both(self) -> bool:
        """Return whether the provider and at least one customer approved it."""
        return {decision.side for decision in self.decisions if decision.approved} == set(Side)

    @property
    def is_refused(self) -> bool:
        """Return whether the provider refused it; a customer's refusal concerns only its own agreements."""
        return any(not decision.approved and decision.side is Side.PROVIDER for decision in self.decisions)

    def decisions_for(self, customer_id: UUID | None) -> list["MaintenanceDecision"]:
        """The decisions that the customer may see, its own and the provider's; all of them without a customer."""
        if customer_id is None:
            return self.decisions
        return [decision for decision in self.decisions if decision.customer_id in (None, customer_id)]


class MaintenanceWindow(Identified, Base):
    """A window of maintenance; one that was taken back stays on record."""

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
