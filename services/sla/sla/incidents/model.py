"""Incidents, and the events that sources report of them."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import Field
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import PERSONAL, Identified, Versioned, text_enum
from common.names import clean_name
from common.views import WholeNumber
from sla.hours.spans import to_microseconds
from sla.incidents.history import IncidentEventKind, IncidentState, IncidentSubject, ReportedEvent
from sla.schema import Base

IncidentPriority = Annotated[WholeNumber, Field(ge=1, le=5)]
"""1 is the most urgent."""


class Incident(Identified, Versioned, Base):
    """An incident as its events project it; it is projected again whenever one is reported."""

    __tablename__ = "incidents"
    __audited__ = False  # its events say who reported what, and when
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("priority BETWEEN 1 AND 5", name="priority_range"),
        CheckConstraint(
            "(state = 'awaited') = (opened_at IS NULL) AND (opened_at IS NULL) = (customer_id IS NULL)"
            " AND (opened_at IS NULL) = (service_id IS NULL) AND (opened_at IS NULL) = (priority IS NULL)",
            name="opened",
        ),
        CheckConstraint(
            "state = 'cancelled' OR (state IN ('resolved', 'closed')) = (resolved_at IS NOT NULL)", name="resolved_at"
        ),
        CheckConstraint("state = 'cancelled' OR (state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        Index("ix_incidents_customer", "customer_id", "opened_at"),
        Index("ix_incidents_service", "service_id", "opened_at"),
        Index("ix_incidents_deadline", "next_deadline_at", postgresql_where=text("next_deadline_at IS NOT NULL")),
    )

    source: Mapped[str]
    """The tool that reports it."""
    external_id: Mapped[str]
    """Its name in that tool."""
    customer_id: Mapped[UUID | None]
    offering_id: Mapped[UUID | None]
    """Null when it concerns the service as a whole."""
    service_id: Mapped[UUID | None]
    state: Mapped[IncidentState] = mapped_column(text_enum(IncidentState, "state"))
    title: Mapped[str] = mapped_column(info=PERSONAL)
    priority: Mapped[int | None]
    assignee: Mapped[str] = mapped_column(info=PERSONAL)
    opened_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reopen_count: Mapped[int] = mapped_column("reopened")
    opening_reported_at: Mapped[datetime | None] = mapped_column("known_at")
    """When its opening was first reported: the agreements as known then bind it."""
    last_reported_at: Mapped[datetime] = mapped_column("last_told_at")
    next_deadline_at: Mapped[datetime | None]
    """The first instant at which one of its clocks is past due soon, or late."""

    @property
    def subject(self) -> IncidentSubject | None:
        """Null until it opens."""
        if self.customer_id is None:
            return None
        return IncidentSubject(self.customer_id, self.offering_id, None if self.offering_id else self.service_id)


class IncidentEvent(Identified, Base):
    """An event of an incident, as its source reported it; it never changes."""

    __tablename__ = "incident_events"
    __audited__ = False  # it is a log itself
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_incident_events_incident_id", "incident_id", "id"),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey(Incident.id))
    source: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[IncidentEventKind] = mapped_column(text_enum(IncidentEventKind, "kind"))
    occurred_at: Mapped[datetime]
    sequence: Mapped[int]
    content: Mapped[dict[str, Any]]
    """The fields that only this kind of event has."""
    reported_by: Mapped[str] = mapped_column("told_by")
    reported_at: Mapped[datetime] = mapped_column("told_at")

    @property
    def subject(self) -> IncidentSubject:
        """The subject that an opening or a move names."""
        return read_subject(self.content)


class IncidentEventRow(NamedTuple):
    """A row of IncidentEvent: a file has tens of thousands, and an entity costs much more than what it holds."""

    incident_id: UUID
    event_id: str
    kind: IncidentEventKind
    occurred_at: datetime
    sequence: int
    content: dict[str, Any]

    def has_same_content(self, other: "IncidentEventRow") -> bool:
        return self[:-1] == other[:-1] and _clean_names(self.content) == _clean_names(other.content)


PLACING_KINDS = (IncidentEventKind.OPENED, IncidentEventKind.MOVED)
"""The events that say whom and what an incident concerns."""


def read_subject(content: dict[str, Any]) -> IncidentSubject:
    offering_id, service_id = content["offering_id"], content["service_id"]
    return IncidentSubject(
        UUID(content["customer_id"]), offering_id and UUID(offering_id), service_id and UUID(service_id)
    )


def build_reported_event(
    event_id: str,
    kind: IncidentEventKind,
    occurred_at: datetime,
    sequence: int,
    content: dict[str, Any],
    reported_at: datetime,
) -> ReportedEvent:
    return ReportedEvent(
        occurred_at=to_microseconds(occurred_at),
        kind=kind,
        id=event_id,
        sequence=sequence,
        priority=content.get("priority"),
        text=content.get("title") or content.get("reason") or content.get("assignee") or "",
        replaces=content.get("replaces") or "",
        subject=read_subject(content) if kind in PLACING_KINDS else None,
        reported_at=to_microseconds(reported_at),
    )


def _clean_names(content: dict[str, Any]) -> dict[str, Any]:
    """Bring the names of a stored event into the form in which its source's names are kept today."""
    return {field: clean_name(value) if isinstance(value, str) else value for field, value in content.items()}
