"""The firings of alerts, merged from all reports of each, and the priorities that severities stand for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned
from common.errors import Invalid
from sla.alerts.errors import AlertAlreadyEnded
from sla.schema import Base

FiringInterval = tuple[datetime, datetime]
"""Half-open."""

STILL_FIRING = text("ends_at IS NULL")


class AlertFiring(Identified, Versioned, Base):
    """One firing of an alert. Alertmanager merges what overlaps, so a report of a time within it belongs to it."""

    __tablename__ = "alert_firings"
    __table_args__ = (
        CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
        CheckConstraint("(ended_by IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
        Index("ix_alert_firings_fingerprint_starts_at", "fingerprint", "starts_at"),
        Index("ix_alert_firings_starts_at_ends_at", "starts_at", "ends_at"),
        Index("ix_alert_firings_still", "id", postgresql_where=STILL_FIRING),
    )

    fingerprint: Mapped[str]
    """The hash of its labels, by Alertmanager."""
    first_starts_at: Mapped[datetime] = mapped_column("told_from")
    """The start in its first report, after which its incidents are named."""
    starts_at: Mapped[datetime]
    """The earliest start that was reported: of two replicas of a monitor, one sees it first."""
    ends_at: Mapped[datetime | None]
    """The latest end that was reported, unless a person ended it."""
    labels: Mapped[dict[str, Any]]
    annotations: Mapped[dict[str, Any]]
    """As they were in its first report."""
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]

    def merge_report(self, starts_at: datetime, ends_at: datetime | None) -> None:
        """Merge another report, in any order with the same result. What a person has ended stays ended."""
        self.starts_at = min(self.starts_at, starts_at)
        if ends_at is not None and self.ended_by is None:
            self.ends_at = ends_at if self.ends_at is None else max(self.ends_at, ends_at)

    def is_after_reported_end(self, ends_at: datetime | None) -> bool:
        """Return whether an end belongs to an earlier firing, reported late: this one first began after it."""
        is_over = self.ends_at is not None and self.ends_at < self.first_starts_at
        return ends_at is not None and ends_at < self.first_starts_at and not is_over

    def end(self, at: datetime, by: str, reason: str) -> None:
        if self.ends_at is not None:
            raise AlertAlreadyEnded(f"It ended at {self.ends_at.isoformat()}.")
        if at < self.starts_at:
            raise Invalid(f"is before it began, at {self.starts_at.isoformat()}", field="ended_at")
        self.ends_at, self.ended_by, self.end_reason = at, by, reason

    def interval(self, now: datetime) -> FiringInterval:
        return self.starts_at, self.ends_at or now


def changed_interval(before: FiringInterval | None, after: FiringInterval) -> FiringInterval | None:
    """Return the time in which two states of one firing differ, in one piece."""
    if before is None:
        return after
    instants = [instant for pair in zip(before, after, strict=True) if pair[0] != pair[1] for instant in pair]
    return (min(instants), max(instants)) if instants else None


class AlertPriorities(Identified, Versioned, Base):
    """The priorities of alerts on a service, by their severity."""

    __tablename__ = "alert_priorities"

    service_id: Mapped[UUID] = mapped_column(unique=True)
    priorities: Mapped[dict[str, Any]]
