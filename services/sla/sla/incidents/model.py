"""Incidents, the log of what was told of them, and the clocks of the objectives they fall under."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, NamedTuple
from uuid import UUID

from pydantic import Field
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.database.entities import PERSONAL, Identified, Versioned, text_enum
from common.errors import DomainError
from common.views import Name, WholeNumber
from sla.agreements.model import Agreement
from sla.hours.spans import Span, to_microseconds, union
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockContext, ClockVerdict
from sla.incidents.history import IncidentEventKind, IncidentHistory, IncidentState, ReportedEvent, build_history
from sla.schema import Base

IncidentPriority = Annotated[WholeNumber, Field(ge=1, le=5)]
"""1 is the most pressing."""


class IncidentEventContentMismatch(DomainError, slug="incident-event-told-otherwise"):
    """An event that was told stays as it was told: another one has another id."""


class IncidentSubjectMismatch(DomainError, slug="incident-opened-otherwise"):
    """An incident concerns one customer, and one service or offering, for good."""


class IncidentEventInFuture(DomainError, slug="incident-event-in-future"):
    """What is told of an incident has happened."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class IncidentCustomerUnknown(DomainError, slug="incident-customer-unknown"):
    """An incident concerns a registered customer."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class IncidentServiceUnknown(DomainError, slug="incident-service-unknown"):
    """An incident concerns an offering, or a service, that the catalog has published."""

    status: ClassVar[int] = HTTPStatus.UNPROCESSABLE_ENTITY


class AlertPrioritiesAlreadySet(DomainError, slug="alert-priorities-already-set"):
    """A service has one table of priorities for alerts, which is changed and not made twice."""


class Incident(Identified, Versioned, Base):
    """What its events say, written down so that it can be found; computed anew whenever one is told."""

    __tablename__ = "incidents"
    __audited__ = False  # its log says who told what, and when
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
    """The tool that tells of it."""
    external_id: Mapped[str]
    """Its name there."""
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
    reopened: Mapped[int]
    """How often."""
    known_at: Mapped[datetime | None]
    """When its opening was told first: agreements bind it as they were known then."""
    last_told_at: Mapped[datetime]
    next_deadline_at: Mapped[datetime | None]
    """The next instant at which something has to be told of one of its clocks."""

    @property
    def subject(self) -> "IncidentSubject | None":
        """Null until it opens."""
        if self.customer_id is None:
            return None
        return IncidentSubject(self.customer_id, self.offering_id, None if self.offering_id else self.service_id)


class IncidentSubject(NamedTuple):
    """Whom and what an incident concerns, as its opening says."""

    customer_id: UUID
    offering_id: UUID | None
    service_id: UUID | None


class IncidentEvent(Identified, Base):
    """What a source told, as it told it; final."""

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
    """What this kind of event says besides."""
    told_by: Mapped[str]
    told_at: Mapped[datetime]

    def has_same_content(self, other: "IncidentEvent") -> bool:
        """Whether both tell the same."""
        return all(getattr(self, field) == getattr(other, field) for field in _TOLD)

    @property
    def subject(self) -> IncidentSubject:
        """Of an opening."""
        offering_id, service_id = self.content["offering_id"], self.content["service_id"]
        return IncidentSubject(
            UUID(self.content["customer_id"]), offering_id and UUID(offering_id), service_id and UUID(service_id)
        )

    def to_reported_event(self) -> ReportedEvent:
        content = self.content
        text_ = content.get("title") or content.get("reason") or content.get("assignee") or ""
        return ReportedEvent(
            to_microseconds(self.occurred_at), self.kind, self.event_id, self.sequence, content.get("priority"), text_
        )


_TOLD = ("incident_id", "event_id", "kind", "occurred_at", "sequence", "content")


class IncidentClockTerms(Base):
    """What clocks run under, kept once under its own hash; final."""

    __tablename__ = "incident_clock_terms"
    __audited__ = False  # taken from signed terms

    sha256: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[dict[str, Any]]


class IncidentClock(Identified, Base):
    """How an incident stands under one objective of an agreement that was in force when it opened."""

    __tablename__ = "incident_clocks"
    __audited__ = False  # computed from the log of events
    __table_args__ = (
        UniqueConstraint("incident_id", "agreement_id", "objective_id"),
        CheckConstraint("(verdict IN ('in_time', 'late')) = (decided_at IS NOT NULL)", name="decided"),
        CheckConstraint("verdict <> 'running' OR ended_at IS NULL", name="runs"),
        Index("ix_incident_clocks_agreement", "agreement_id", "objective_id", "ended_at"),
    )

    incident_id: Mapped[UUID] = mapped_column(ForeignKey(Incident.id))
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey(Agreement.id))
    agreement_version: Mapped[int]
    objective_id: Mapped[UUID]
    terms_sha256: Mapped[str] = mapped_column(ForeignKey(IncidentClockTerms.sha256), index=True)
    verdict: Mapped[ClockVerdict] = mapped_column(text_enum(ClockVerdict, "verdict"))
    entered_at: Mapped[datetime | None]
    """When the objective began to apply; null if its priorities have never been the incident's."""
    due_at: Mapped[datetime | None]
    due_soon_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    """When it was stopped in time, or breached."""
    stopped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was decided, or the incident got another priority; null while it runs."""
    told_due_soon_at: Mapped[datetime | None]
    """The instant that IncidentDueSoon was told for."""
    told_breached_at: Mapped[datetime | None]
    """The instant that IncidentBreached was told for, unless it was withdrawn."""


class AlertPriorities(Identified, Versioned, Base):
    """Which priority alerts on a service have, by their severity."""

    __tablename__ = "alert_priorities"

    service_id: Mapped[UUID] = mapped_column(unique=True)
    priorities: Mapped[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class IncidentEvidence:
    """What is known of some incidents, by their ids."""

    events: Mapping[UUID, Sequence[IncidentEvent]]
    clocks: Mapping[UUID, Sequence[IncidentClock]]
    terms: Mapping[str, ClockTerms]
    """By their hash."""
    suspensions: Mapping[UUID, Sequence[Span]]
    """By agreement."""
    maintenance_stops: Mapping[UUID, Sequence[Span]]
    """When maintenance stops its clocks, by agreement; those without any are left out."""

    def history(self, incident_id: UUID, known_at: datetime | None = None) -> IncidentHistory:
        """By what had been told at an instant (now)."""
        told = self.events.get(incident_id, ())
        return build_history(
            event.to_reported_event() for event in told if known_at is None or event.told_at <= known_at
        )

    def clock_context(self, clock: IncidentClock, history: IncidentHistory) -> ClockContext:
        stopped = [*self.suspensions[clock.agreement_id], *self.maintenance_stops.get(clock.agreement_id, ())]
        return ClockContext(history, self.terms[clock.terms_sha256], union(stopped))


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents to list: those of which all of it is true."""

    customer_id: UUID | None = None
    service_id: UUID | None = None
    offering_id: UUID | None = None
    agreement_id: UUID | None = None
    state: IncidentState | None = None
    priority: Annotated[int, Field(ge=1, le=5)] | None = None
    """Not strict: it comes as the text of a query."""
    source: Name | None = None
    external_id: Name | None = None
