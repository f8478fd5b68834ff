"""One firing of an alert, from its start to its end, as it was told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped

from common.database.entities import Identified, Versioned
from common.errors import DomainError, Invalid
from sla.schema import Base

FiringInterval = tuple[datetime, datetime]
"""Half-open."""

STILL_FIRING = text("ends_at IS NULL")


class AlertAlreadyEnded(DomainError, slug="alert-already-over"):
    """Only an alert that still fires can be ended by hand."""


class AlertFiring(Identified, Versioned, Base):
    """Alertmanager merges what overlaps; so what is told of a time in which it fired is told of this firing."""

    __tablename__ = "alert_firings"
    __table_args__ = (
        CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
        CheckConstraint("(ended_by IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
        Index("ix_alert_firings_fingerprint_starts_at", "fingerprint", "starts_at"),
        Index("ix_alert_firings_starts_at_ends_at", "starts_at", "ends_at"),
        Index("ix_alert_firings_still", "id", postgresql_where=STILL_FIRING),
    )

    fingerprint: Mapped[str]
    """Of its labels, by Alertmanager."""
    told_from: Mapped[datetime]
    """The start it was first told with, after which its incidents are named."""
    starts_at: Mapped[datetime]
    """The earliest start that was told: of two replicas of a monitor, one sees it first."""
    ends_at: Mapped[datetime | None]
    """The latest end that was told, unless a person ended it."""
    labels: Mapped[dict[str, Any]]
    annotations: Mapped[dict[str, Any]]
    """As they were when it was first told."""
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]

    def merge_report(self, starts_at: datetime, ends_at: datetime | None) -> None:
        """Told again: in whatever order, the same comes out. What a person has ended stays ended."""
        self.starts_at = min(self.starts_at, starts_at)
        if ends_at is not None and self.ended_by is None:
            self.ends_at = ends_at if self.ends_at is None else max(self.ends_at, ends_at)

    def is_after_reported_end(self, ends_at: datetime | None) -> bool:
        """Whether the start it was first told with shows that what ended then was another firing, told late."""
        over = self.ends_at is not None and self.ends_at < self.told_from
        return ends_at is not None and ends_at < self.told_from and not over

    def end(self, at: datetime, by: str, reason: str) -> None:
        if self.ends_at is not None:
            raise AlertAlreadyEnded(f"It ended at {self.ends_at.isoformat()}.")
        if at < self.starts_at:
            raise Invalid(f"is before it began, at {self.starts_at.isoformat()}", field="ended_at")
        self.ends_at, self.ended_by, self.end_reason = at, by, reason

    def interval(self, now: datetime) -> FiringInterval:
        return self.starts_at, self.ends_at or now

    @property
    def label_texts(self) -> Mapping[str, str]:
        return {name: str(value) for name, value in self.labels.items()}


def changed_interval(before: FiringInterval | None, after: FiringInterval) -> FiringInterval | None:
    """The time in which two views of one firing differ, in one piece."""
    if before is None:
        return after
    starts, ends = sorted((before[0], after[0])), sorted((before[1], after[1]))
    if starts[0] != starts[1]:
        return starts[0], ends[1] if ends[0] != ends[1] else starts[1]
    return (ends[0], ends[1]) if ends[0] != ends[1] else None
