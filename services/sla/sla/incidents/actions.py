"""Taking down what is told of incidents, by people, tools and monitors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from common.database.constraints import raise_on_violation
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.clocks.actions import check_clock_length
from sla.hours.spans import Span, to_microseconds
from sla.incidents import store
from sla.incidents.alert import ALERT_SOURCE, Alert
from sla.incidents.clocks.verdict import evaluate_clock
from sla.incidents.history import IncidentEventKind
from sla.incidents.model import (
    AlertPriorities,
    AlertPrioritiesAlreadySet,
    Incident,
    IncidentCustomerUnknown,
    IncidentEvent,
    IncidentEventContentMismatch,
    IncidentEventInFuture,
    IncidentServiceUnknown,
    IncidentSubjectMismatch,
)
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
    """Keep what was not told before, and bring its incidents up to date. All are kept, or none."""
    await _check(work, events)
    incidents = await store.lock_or_create_incidents(work, source, (event.incident for event in events))
    known = await store.load_events_by_id(work, source, (event.event_id for event in events))
    fresh: dict[str, tuple[int, IncidentEvent]] = {}
    for place, event in enumerate(events):
        entry = _entry(work, source, incidents[event.incident], event)
        before = known.get(entry.event_id) or fresh.setdefault(entry.event_id, (place, entry))[1]
        if not before.has_same_content(entry):
            raise IncidentEventContentMismatch(
                f"The event {entry.event_id} was told with other content.", field=f"events.{place}"
            )
    _check_openings(fresh.values(), incidents.values())
    await _keep(work, [entry for _, entry in fresh.values()])
    changed = {entry.incident_id for _, entry in fresh.values()}
    touched = [incident for incident in incidents.values() if incident.id in changed]
    for incident in touched:
        incident.last_told_at = work.now
    await project_incidents(work, touched)
    return ReportResult(incidents, len(fresh), len(events) - len(fresh))


async def record_alert(work: UnitOfWork, alert: Alert) -> Sequence[Incident]:
    """One incident per customer it concerns; none when it names no service that is known.

    The label `service` names the service, by id or name; `customer_id` the customer; without it everybody is
    concerned who has an agreement on the service. Repeats change nothing.
    """
    found: list[Incident] = []
    for service_id in await store.list_service_ids_by_name(work, alert.labels.get("service", "")):
        own = await store.find_alert_priorities(work, service_id)
        for customer_id in await _concerned(work, alert, service_id):
            name = f"{alert.key}/{customer_id}"
            opened = OpenedEvent(
                kind=IncidentEventKind.OPENED,
                incident=name,
                event_id=f"{name}/opened",
                occurred_at=alert.starts_at,
                customer_id=customer_id,
                service_id=service_id,
                priority=alert.priority_by(own.priorities if own else {}),
                title=alert.title,
            )
            found += await _follow(work, alert, opened)
    return found


async def _concerned(work: UnitOfWork, alert: Alert, service_id: UUID) -> Sequence[UUID]:
    customers = await store.list_customer_ids_with_agreement(work, service_id)
    named = alert.labels.get("customer_id")
    return customers if named is None else [one for one in customers if str(one) == named.lower()]


async def _follow(work: UnitOfWork, alert: Alert, opened: OpenedEvent) -> Sequence[Incident]:
    """What of it was not told yet: that it fires and, if so, that it is over. What was told first stands."""
    events: list[AnyIncidentEvent] = [opened]
    if alert.ends_at is not None:
        over = f"{opened.incident}/resolved"
        events.append(
            ResolvedEvent(
                kind=IncidentEventKind.RESOLVED, incident=opened.incident, event_id=over, occurred_at=alert.ends_at
            )
        )
    known = await store.load_events_by_id(work, ALERT_SOURCE, (event.event_id for event in events))
    fresh = [event for event in events if event.event_id not in known]
    taken = await record_events(work, ALERT_SOURCE, fresh) if fresh else None
    return list(taken.incidents.values()) if taken else []


async def list_clock_timelines(work: UnitOfWork, incident: Incident, kind: ClockKind) -> list[ClockTimelineView]:
    """Of its clocks of this kind that have ever run. Raises ClockRunsTooLong."""
    known, now = await store.load_incident_evidence(work, [incident.id]), to_microseconds(work.now)
    history = known.history(incident.id)
    found = []
    for clock in known.clocks.get(incident.id, ()):
        case = known.clock_context(clock, history)
        judgement = evaluate_clock(case, now) if case.terms.is_response is (kind == "response") else None
        if judgement is not None:
            check_clock_length(
                case.terms.hours, Span(history.phases[0].start, judgement.stopped_at or now), "incident_id"
            )
            found.append(ClockTimelineView.from_evaluation(clock, case, judgement, now))
    return found


async def create_alert_priorities(work: UnitOfWork, service_id: UUID, priorities: Mapping[str, int]) -> AlertPriorities:
    if not await store.list_published_service_ids(work, [service_id]):
        raise IncidentServiceUnknown(f"The catalog has published nothing of service {service_id}.", field="service_id")
    own = AlertPriorities(service_id=service_id, priorities=dict(priorities))
    work.add(own)
    taken = AlertPrioritiesAlreadySet(f"Service {service_id} has priorities for alerts.", field="service_id")
    async with raise_on_violation(taken, "uq_alert_priorities_service_id"):
        await work.flush()
    return own


async def replace_alert_priorities(
    work: UnitOfWork, priorities_id: UUID, match: int, priorities: Mapping[str, int]
) -> AlertPriorities:
    own = await work.get(AlertPriorities, priorities_id, match=match)
    own.priorities = dict(priorities)
    await work.flush()
    return own


async def _check(work: UnitOfWork, events: Sequence[AnyIncidentEvent]) -> None:
    """That it has happened, to somebody known, with something known."""
    opened = [event for event in events if isinstance(event, OpenedEvent)]
    customers = await store.list_registered_customer_ids(work, {event.customer_id for event in opened})
    offerings = await store.load_service_ids_by_offering(
        work, {event.offering_id for event in opened if event.offering_id}
    )
    services = await store.list_published_service_ids(work, {event.service_id for event in opened if event.service_id})
    for place, event in enumerate(events):
        if event.occurred_at > work.now + MAX_CLOCK_SKEW:
            raise IncidentEventInFuture(f"It is {work.now.isoformat()} here.", field=f"events.{place}.occurred_at")
        if not isinstance(event, OpenedEvent):
            continue
        if event.customer_id not in customers:
            raise IncidentCustomerUnknown(
                f"No customer {event.customer_id} is registered.", field=f"events.{place}.customer_id"
            )
        field = "offering_id" if event.offering_id else "service_id"
        if getattr(event, field) not in (offerings if event.offering_id else services):
            raise IncidentServiceUnknown(
                f"The catalog has not published {getattr(event, field)}.", field=f"events.{place}.{field}"
            )


def _entry(work: UnitOfWork, source: str, incident: Incident, event: AnyIncidentEvent) -> IncidentEvent:
    return IncidentEvent(
        id=new_id(),
        incident_id=incident.id,
        source=source,
        event_id=event.event_id,
        kind=event.kind,
        occurred_at=event.occurred_at,
        sequence=event.sequence,
        content=event.content(),
        told_by=work.principal.subject,
        told_at=work.now,
    )


async def _keep(work: UnitOfWork, entries: Sequence[IncidentEvent]) -> None:
    for entry in entries:
        work.add(entry)
    # Told at this very moment of an incident that is not locked here.
    async with raise_on_violation(
        IncidentEventContentMismatch("An event of this id was told of another incident."), EVENT_ID_CONSTRAINT
    ):
        await work.flush()


def _check_openings(fresh: Iterable[tuple[int, IncidentEvent]], incidents: Iterable[Incident]) -> None:
    """That every opening of an incident says the same of whom and what it concerns."""
    concerns = {one.id: one.subject for one in incidents if one.subject is not None}
    for place, entry in fresh:
        if (
            entry.kind is IncidentEventKind.OPENED
            and concerns.setdefault(entry.incident_id, entry.subject) != entry.subject
        ):
            raise IncidentSubjectMismatch(
                "Its opening was told of another customer, offering or service.",
                field=f"events.{place}",
            )
