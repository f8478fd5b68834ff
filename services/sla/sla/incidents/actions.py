"""Recording what people, tools and monitors report of incidents, and setting the priorities of alerts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from common.database.constraints import raise_on_violation
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.clock_calculator.actions import check_clock_length
from sla.hours.spans import Span, to_microseconds
from sla.incidents import store
from sla.incidents.alert import ALERT_SOURCE, Alert
from sla.incidents.clocks.store import load_incident_evidence
from sla.incidents.clocks.verdict import evaluate_clock
from sla.incidents.errors import (
    AlertPrioritiesAlreadySet,
    IncidentCustomerUnknown,
    IncidentEventContentMismatch,
    IncidentEventInFuture,
    IncidentServiceUnknown,
    IncidentSubjectMismatch,
)
from sla.incidents.history import IncidentEventKind
from sla.incidents.model import AlertPriorities, Incident, IncidentEvent
from sla.incidents.projection.projector import project_incidents
from sla.incidents.views import AnyIncidentEvent, ClockKind, ClockTimelineView, OpenedEvent, ResolvedEvent

MAX_CLOCK_SKEW = timedelta(minutes=10)
"""How far a source's clock may be ahead."""
EVENT_ID_CONSTRAINT = "uq_incident_events_source_event_id"


@dataclass(frozen=True, slots=True)
class ReportResult:
    incidents: Mapping[str, Incident]
    """By the source's names."""
    accepted: int
    repeated: int


async def record_events(work: UnitOfWork, source: str, events: Sequence[AnyIncidentEvent]) -> ReportResult:
    """Store the events that were not reported before, all or none, and bring their incidents up to date."""
    await _check_references(work, events)
    incidents = await store.lock_or_create_incidents(work, source, (event.incident for event in events))
    recorded = await store.load_events_by_id(work, source, (event.event_id for event in events))
    new_rows: dict[str, tuple[int, IncidentEvent]] = {}
    for position, event in enumerate(events):
        row = _build_event(work, source, incidents[event.incident], event)
        first_report = recorded.get(row.event_id) or new_rows.setdefault(row.event_id, (position, row))[1]
        if not first_report.has_same_content(row):
            raise IncidentEventContentMismatch(
                f"Event {row.event_id} was reported before with different content. Give a new event another id.",
                field=f"events.{position}",
            )
    _check_openings(new_rows.values(), incidents.values())
    await _add_events(work, [row for _, row in new_rows.values()])
    changed_ids = {row.incident_id for _, row in new_rows.values()}
    changed = [incident for incident in incidents.values() if incident.id in changed_ids]
    for incident in changed:
        incident.last_reported_at = work.now
    await project_incidents(work, changed)
    return ReportResult(incidents, len(new_rows), len(events) - len(new_rows))


async def record_alert(work: UnitOfWork, alert: Alert) -> Sequence[Incident]:
    """Open or resolve one incident per customer that the alert concerns; none if no service has its label's name.

    The label `service` gives the id or name of the service, `customer_id` the customer; without it, the alert concerns
    every customer that has an agreement on the service. Repeats change nothing.
    """
    incidents: list[Incident] = []
    for service_id in await store.list_service_ids_by_name(work, alert.labels.get("service", "")):
        own_priorities = await store.find_alert_priorities(work, service_id)
        priority = alert.priority_by(own_priorities.priorities if own_priorities else {})
        for customer_id in await _list_concerned_customer_ids(work, alert, service_id):
            name = f"{alert.key}/{customer_id}"
            opened = OpenedEvent(
                kind=IncidentEventKind.OPENED,
                incident=name,
                event_id=f"{name}/opened",
                occurred_at=alert.starts_at,
                customer_id=customer_id,
                service_id=service_id,
                priority=priority,
                title=alert.title,
            )
            incidents += await _record_alert_events(work, alert, opened)
    return incidents


async def _list_concerned_customer_ids(work: UnitOfWork, alert: Alert, service_id: UUID) -> Sequence[UUID]:
    customer_ids = await store.list_customer_ids_with_agreement(work, service_id)
    label = alert.labels.get("customer_id")
    return customer_ids if label is None else [key for key in customer_ids if str(key) == label.lower()]


async def _record_alert_events(work: UnitOfWork, alert: Alert, opened: OpenedEvent) -> Sequence[Incident]:
    """Record that the alert fires and, if so, that it is over; what was recorded before stands."""
    events: list[AnyIncidentEvent] = [opened]
    if alert.ends_at is not None:
        resolved = ResolvedEvent(
            kind=IncidentEventKind.RESOLVED,
            incident=opened.incident,
            event_id=f"{opened.incident}/resolved",
            occurred_at=alert.ends_at,
        )
        events.append(resolved)
    recorded = await store.load_events_by_id(work, ALERT_SOURCE, (event.event_id for event in events))
    new_events = [event for event in events if event.event_id not in recorded]
    if not new_events:
        return []
    return list((await record_events(work, ALERT_SOURCE, new_events)).incidents.values())


async def list_clock_timelines(work: UnitOfWork, incident: Incident, kind: ClockKind) -> list[ClockTimelineView]:
    """List the timelines of the clocks of this kind that have ever run. Raises ClockRunsTooLong."""
    evidence, now = await load_incident_evidence(work, [incident.id]), to_microseconds(work.now)
    history = evidence.history(incident.id)
    timelines = []
    for clock in evidence.clocks.get(incident.id, ()):
        context = evidence.clock_context(clock, history)
        evaluation = evaluate_clock(context, now) if context.terms.is_response is (kind == "response") else None
        if evaluation is not None:
            window = Span(history.phases[0].start, evaluation.stopped_at or now)
            check_clock_length(context.terms.hours, window, "incident_id")
            timelines.append(ClockTimelineView.from_evaluation(clock, context, evaluation, now))
    return timelines


async def create_alert_priorities(work: UnitOfWork, service_id: UUID, priorities: Mapping[str, int]) -> AlertPriorities:
    if not await store.list_published_service_ids(work, [service_id]):
        raise IncidentServiceUnknown(f"Service {service_id} is not published in the catalog.", field="service_id")
    alert_priorities = AlertPriorities(service_id=service_id, priorities=dict(priorities))
    work.add(alert_priorities)
    already_set = AlertPrioritiesAlreadySet(
        f"Service {service_id} has alert priorities already. Replace them.", field="service_id"
    )
    async with raise_on_violation(already_set, "uq_alert_priorities_service_id"):
        await work.flush()
    return alert_priorities


async def replace_alert_priorities(
    work: UnitOfWork, priorities_id: UUID, match: int, priorities: Mapping[str, int]
) -> AlertPriorities:
    alert_priorities = await work.get(AlertPriorities, priorities_id, match=match)
    alert_priorities.priorities = dict(priorities)
    await work.flush()
    return alert_priorities


async def _check_references(work: UnitOfWork, events: Sequence[AnyIncidentEvent]) -> None:
    """Check that each event has happened, and that each opening names a known customer and offering or service."""
    openings = [event for event in events if isinstance(event, OpenedEvent)]
    customer_ids = await store.list_registered_customer_ids(work, {event.customer_id for event in openings})
    offering_ids = {event.offering_id for event in openings if event.offering_id}
    service_ids = {event.service_id for event in openings if event.service_id}
    published_offerings = await store.load_service_ids_by_offering(work, offering_ids)
    published_services = await store.list_published_service_ids(work, service_ids)
    for position, event in enumerate(events):
        field = f"events.{position}"
        if event.occurred_at > work.now + MAX_CLOCK_SKEW:
            message = f"The event occurs in the future: it is {work.now.isoformat()} now."
            raise IncidentEventInFuture(message, field=f"{field}.occurred_at")
        if not isinstance(event, OpenedEvent):
            continue
        if event.customer_id not in customer_ids:
            message = f"Customer {event.customer_id} is not registered."
            raise IncidentCustomerUnknown(message, field=f"{field}.customer_id")
        if event.offering_id and event.offering_id not in published_offerings:
            message = f"Offering {event.offering_id} is not published in the catalog."
            raise IncidentServiceUnknown(message, field=f"{field}.offering_id")
        if event.service_id and event.service_id not in published_services:
            message = f"Service {event.service_id} is not published in the catalog."
            raise IncidentServiceUnknown(message, field=f"{field}.service_id")


def _build_event(work: UnitOfWork, source: str, incident: Incident, event: AnyIncidentEvent) -> IncidentEvent:
    return IncidentEvent(
        id=new_id(),
        incident_id=incident.id,
        source=source,
        event_id=event.event_id,
        kind=event.kind,
        occurred_at=event.occurred_at,
        sequence=event.sequence,
        content=event.content(),
        reported_by=work.principal.subject,
        reported_at=work.now,
    )


async def _add_events(work: UnitOfWork, events: Iterable[IncidentEvent]) -> None:
    for event in events:
        work.add(event)
    # Another request may report it at this very moment, of an incident that is not locked here.
    mismatch = IncidentEventContentMismatch("An event of this id was reported of another incident.")
    async with raise_on_violation(mismatch, EVENT_ID_CONSTRAINT):
        await work.flush()


def _check_openings(rows: Iterable[tuple[int, IncidentEvent]], incidents: Iterable[Incident]) -> None:
    """Check that all openings of an incident name the same subject."""
    subjects = {incident.id: incident.subject for incident in incidents if incident.subject is not None}
    for position, row in rows:
        is_opening = row.kind is IncidentEventKind.OPENED
        if is_opening and subjects.setdefault(row.incident_id, row.subject) != row.subject:
            raise IncidentSubjectMismatch(
                "The incident was opened before for another customer, offering or service.", field=f"events.{position}"
            )
