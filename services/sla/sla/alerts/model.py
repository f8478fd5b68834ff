"""The firings of alerts, merged from all reports of each, and the priorities that severities stand for."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import Identified, Versioned
from common.errors import Invalid
from sla.alerts.errors import AlertAlreadyEnded
from sla.alerts.reports import ReportedAlert, ReportedEnds, fold_reports, latest_end
from sla.schema import Base

FiringInterval = tuple[datetime, datetime]
"""Half-open."""

STILL_FIRING = text("ends_at IS NULL")
MAX_REPORTS = 100
"""Starts that are told apart within one firing, so that a sender which invents one each time fills no row."""
MAX_RECOVERIES = 20
"""Times at which one alert did not fire that are kept for starts that are reported late."""
REPEAT_TIME = timedelta(minutes=5)
"""How long after its end was reported an alert may be reported to fire without firing again: an Alertmanager repeats a
notification for its `group_interval`, and another one may learn of the end that much later.
"""


class AlertFiring(Identified, Versioned, Base):
    """One firing of an alert: the reports that belong to it, by the rule of `sla.alerts.reports`."""

    __tablename__ = "alert_firings"
    __table_args__ = (
        CheckConstraint("ends_at >= starts_at", name="ends_after_start"),
        CheckConstraint("(ended_by IS NULL) = (end_reason IS NULL)", name="ended_with_reason"),
        Index("ix_alert_firings_fingerprint_starts_at", "fingerprint", "starts_at"),
        Index("ix_alert_firings_starts_at_ends_at", "starts_at", "ends_at"),
        Index("ix_alert_firings_expires_at", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
        Index("ix_alert_firings_still", "id", postgresql_where=STILL_FIRING),
    )

    source: Mapped[str] = mapped_column(server_default=text("'alertmanager'"))
    """The kind of tool that reports it, as its incidents name it."""
    fingerprint: Mapped[str]
    """The hash of its labels, by its source."""
    first_starts_at: Mapped[datetime] = mapped_column("told_from")
    """The start in its first report, after which its incidents are named."""
    starts_at: Mapped[datetime]
    """The earliest start that was reported: of two replicas of a monitor, one sees it first."""
    ends_at: Mapped[datetime | None]
    """The latest end that was reported, unless a person ended it."""
    labels: Mapped[dict[str, Any]]
    annotations: Mapped[dict[str, Any]]
    links: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    """As they were in its first report."""
    ended_by: Mapped[str | None]
    end_reason: Mapped[str | None]
    end_reported_at: Mapped[datetime | None]
    """When an end was last reported."""
    expires_at: Mapped[datetime | None]
    """When it ends, unless it is reported again before; null if its sender reports its end, or it is over."""
    withdrawn_until: Mapped[datetime | None]
    """The latest end that no longer counts, as it was reported to fire again."""
    stored_reports: Mapped[dict[str, Any]] = mapped_column("reports", server_default=text("'{}'"))
    incident_ids: Mapped[list[str]] = mapped_column(server_default=text("'[]'"))
    """The incidents that it opened, which follow it."""

    @property
    def has_length(self) -> bool:
        """False if it was reported only not to fire at a time: a start that comes late ends then."""
        return self.starts_at != self.ends_at

    @property
    def reports(self) -> ReportedEnds:
        """Return what was reported of it; of what the version before wrote, as much as it kept."""
        reports = {
            datetime.fromisoformat(start): end and datetime.fromisoformat(end)
            for start, end in (self.stored_reports or {}).items()
        }
        if reports and (self.ends_at is None or self.ended_by is not None or latest_end(reports.values()) is not None):
            return reports
        return {self.first_starts_at: self.ends_at, self.starts_at: self.ends_at}

    def set_reports(self, reports: ReportedEnds) -> None:
        """Set what was reported of it, and so when it started and, unless a person ended it, when it ended."""
        reports = fold_reports(reports, self.first_starts_at, MAX_REPORTS)
        self.stored_reports = {start.isoformat(): end and end.isoformat() for start, end in sorted(reports.items())}
        self.starts_at = min(reports)
        if self.ended_by is None:
            self.ends_at = latest_end(reports.values())
        if self.ends_at is not None:
            self.expires_at = None

    def describe(self, alert: ReportedAlert, starts: ReportedEnds) -> None:
        """Take on what the first report that it fires says of it; its incidents are named after that start."""
        fires = [start for start, end in starts.items() if start != end]
        self.first_starts_at = alert.starts_at if alert.starts_at in fires else min(fires or starts)
        self.labels, self.annotations, self.links = alert.labels, alert.annotations, alert.links

    def contains(self, starts_at: datetime, ends_at: datetime | None) -> bool:
        """Return whether a report belongs to it alone, as it overlaps it or has its start."""
        overlaps = (self.ends_at is None or starts_at < self.ends_at) and (ends_at is None or self.starts_at < ends_at)
        return overlaps or starts_at in self.reports

    def fires_again(self, now: datetime, expires_at: datetime | None) -> bool:
        """Return whether a report at this time that it fires says more than that it has fired before.

        A report that says until when is no repeat: it fires after its end, if that is later.
        """
        if self.ends_at is None or self.ended_by is not None or self.end_reported_at is None:
            return False
        return now - self.end_reported_at > REPEAT_TIME if expires_at is None else expires_at > self.ends_at

    def withdraw_end(self) -> None:
        """Forget its ends: it was reported to fire after they were reported."""
        self.withdrawn_until = self.ends_at
        self.set_reports(dict.fromkeys(self.reports))

    def end(self, at: datetime, by: str, reason: str) -> None:
        if self.ends_at is not None:
            raise AlertAlreadyEnded(f"It ended at {self.ends_at.isoformat()}.")
        if at < self.starts_at:
            raise Invalid(f"is before it began, at {self.starts_at.isoformat()}", field="ended_at")
        self.ends_at, self.ended_by, self.end_reason, self.expires_at = at, by, reason, None

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
