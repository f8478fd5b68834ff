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

WEB_ADDRESSES = ("http://", "https://")
"""How addresses begin that are kept of what a sender links to."""
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
    is_reported_firing: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether any report said that it fires, and not only that it has ended."""
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
        self.labels, self.annotations = alert.labels, alert.annotations
        # People open them in a browser, which would run a script that stands in place of an address.
        self.links = {name: link for name, link in alert.links.items() if link.lower().startswith(WEB_ADDRESSES)}

    def contains(self, starts_at: datetime, ends_at: datetime | None) -> bool:
        """Return whether a report belongs to it alone, as it overlaps it or has its start."""
        overlaps = (self.ends_at is None or starts_at < self.ends_at) and (ends_at is None or self.starts_at < ends_at)
        return overlaps or starts_at in self.reports

    def fires_again(self, alert: ReportedAlert, now: datetime) -> bool:
        """Return whether a report that it fires says more than that it fired before its end.

        An alert that is posted until a time fires if that is later. Any other report can be an old one that comes late:
        one that is over by its own words, the first of all, as no sender reports an end before it, and for a while
        every one.
        """
        if self.ends_at is None or self.ended_by is not None or self.end_reported_at is None or alert.is_state:
            return False
        if alert.expires_at is not None:
            return alert.expires_at > self.ends_at
        is_over = alert.fires_until is not None and alert.fires_until <= max(self.ends_at, now)
        return not is_over and self.is_reported_firing and now - self.end_reported_at > REPEAT_TIME

    def withdraw_end(self) -> None:
        """Forget its ends: it was reported to fire after they were reported."""
        self.withdrawn_until = self.ends_at
        self.set_reports(dict.fromkeys(self.reports))

    def standing_end(self, ends_at: datetime) -> datetime | None:
        """Return the end that counts once `ends_at` is reported.

        A sender that repeats a withdrawn end has nothing newer to say: the report that it fires was an old one. Of an
        alert that is posted until a time the repeat is the old report, as it fires until then.
        """
        if self.withdrawn_until is None or ends_at > self.withdrawn_until:
            return ends_at
        return self.withdrawn_until if self.expires_at is None else None

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
