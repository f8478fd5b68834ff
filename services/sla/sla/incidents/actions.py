"""Taking down what is told of incidents, by people, tools and monitors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from common.constraints import speaks_as
from common.ids import new_id
from common.work import Work
from sla.clocks.actions import check_length
from sla.hours.spans import Span, microseconds
from sla.incidents import store
from sla.incidents.alerts import SOURCE, Alert
from sla.incidents.history import Kind
from sla.incidents.judgement import judge
from sla.incidents.model import (
    AlertPriorities,
    AlertPrioritiesAlreadySet,
    Incident,
    IncidentCustomerUnknown,
    IncidentEvent,
    IncidentEventInFuture,
    IncidentEventToldOtherwise,
    IncidentOpenedOtherwise,
    IncidentServiceUnknown,
)
from sla.incidents.settling import settle
from sla.incidents.views import AnyTold, ClockKind, Opened, Resolved, TimelineView

AHEAD = timedelta(minutes=10)
"""How far a source's clock may be ahead."""
UNIQUE = "uq_incident_events_source_event_id"


@dataclass(frozen=True, slots=True)
class Taken:
    incidents: Mapping[str, Incident]
    """By the source's names."""
    accepted: int
    repeated: int


async def take(work: Work, source: str, events: Sequence[AnyTold]) -> Taken:
    """Keep what was not told before, and bring its incidents up to date. All are kept, or none."""
    await _check(work, events)
    incidents = await store.held(work, source, (event.incident for event in events))
    known = await store.told(work, source, (event.event_id for event in events))
    fresh: dict[str, tuple[int, IncidentEvent]] = {}
    for place, event in enumerate(events):
        entry = _entry(work, source, incidents[event.incident], event)
        before = known.get(entry.event_id) or fresh.setdefault(entry.event_id, (place, entry))[1]
        if not before.says(entry):
            raise IncidentEventToldOtherwise(
                f"The event {entry.event_id} was told with other content.", field=f"events.{place}"
            )
    _check_openings(fresh.values(), incidents.values())
    await _keep(work, [entry for _, entry in fresh.values()])
    changed = {entry.incident_id for _, entry in fresh.values()}
    touched = [incident for incident in incidents.values() if incident.id in changed]
    for incident in touched:
        incident.last_told_at = work.now
    await settle(work, touched)
    return Taken(incidents, len(fresh), len(events) - len(fresh))


async def take_alert(work: Work, alert: Alert) -> Sequence[Incident]:
    """One incident per customer it concerns; none when it names no service that is known.

    The label `service` names the service, by id or name; `customer_id` the customer; without it everybody is
    concerned who has an agreement on the service. Repeats change nothing.
    """
    found: list[Incident] = []
    for service_id in await store.services_named(work, alert.labels.get("service", "")):
        own = await store.alert_priorities(work, service_id)
        for customer_id in await _concerned(work, alert, service_id):
            name = f"{alert.identity}/{customer_id}"
            opened = Opened(
                kind=Kind.OPENED,
                incident=name,
                event_id=f"{name}/opened",
                occurred_at=alert.starts_at,
                customer_id=customer_id,
                service_id=service_id,
                priority=alert.priority(own.priorities if own else {}),
                title=alert.title,
            )
            found += await _follow(work, alert, opened)
    return found


async def _concerned(work: Work, alert: Alert, service_id: UUID) -> Sequence[UUID]:
    customers = await store.customers_of(work, service_id)
    named = alert.labels.get("customer_id")
    return customers if named is None else [one for one in customers if str(one) == named.lower()]


async def _follow(work: Work, alert: Alert, opened: Opened) -> Sequence[Incident]:
    """What of it was not told yet: that it fires and, if so, that it is over. What was told first stands."""
    events: list[AnyTold] = [opened]
    if alert.ends_at is not None:
        over = f"{opened.incident}/resolved"
        events.append(Resolved(kind=Kind.RESOLVED, incident=opened.incident, event_id=over, occurred_at=alert.ends_at))
    known = await store.told(work, SOURCE, (event.event_id for event in events))
    fresh = [event for event in events if event.event_id not in known]
    taken = await take(work, SOURCE, fresh) if fresh else None
    return list(taken.incidents.values()) if taken else []


async def explain(work: Work, incident: Incident, kind: ClockKind) -> list[TimelineView]:
    """Of its clocks of this kind that have ever run. Raises ClockRunsTooLong."""
    known, now = await store.evidence(work, [incident.id]), microseconds(work.now)
    history = known.history(incident.id)
    found = []
    for clock in known.clocks.get(incident.id, ()):
        case = known.case(clock, history)
        judgement = judge(case, now) if case.terms.response is (kind == "response") else None
        if judgement is not None:
            check_length(case.terms.hours, Span(history.phases[0].start, judgement.stopped_at or now), "incident_id")
            found.append(TimelineView.of(clock, case, judgement, now))
    return found


async def set_priorities(work: Work, service_id: UUID, priorities: Mapping[str, int]) -> AlertPriorities:
    if not await store.known_services(work, [service_id]):
        raise IncidentServiceUnknown(f"The catalog has published nothing of service {service_id}.", field="service_id")
    own = AlertPriorities(service_id=service_id, priorities=dict(priorities))
    work.add(own)
    taken = AlertPrioritiesAlreadySet(f"Service {service_id} has priorities for alerts.", field="service_id")
    async with speaks_as(taken, "uq_alert_priorities_service_id"):
        await work.flush()
    return own


async def change_priorities(
    work: Work, priorities_id: UUID, match: int, priorities: Mapping[str, int]
) -> AlertPriorities:
    own = await work.get(AlertPriorities, priorities_id, match=match)
    own.priorities = dict(priorities)
    await work.flush()
    return own


async def _check(work: Work, events: Sequence[AnyTold]) -> None:
    """That it has happened, to somebody known, with something known."""
    opened = [event for event in events if isinstance(event, Opened)]
    customers = await store.known_customers(work, {event.customer_id for event in opened})
    offerings = await store.known_offerings(work, {event.offering_id for event in opened if event.offering_id})
    services = await store.known_services(work, {event.service_id for event in opened if event.service_id})
    for place, event in enumerate(events):
        if event.occurred_at > work.now + AHEAD:
            raise IncidentEventInFuture(f"It is {work.now.isoformat()} here.", field=f"events.{place}.occurred_at")
        if not isinstance(event, Opened):
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


def _entry(work: Work, source: str, incident: Incident, event: AnyTold) -> IncidentEvent:
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


async def _keep(work: Work, entries: Sequence[IncidentEvent]) -> None:
    for entry in entries:
        work.add(entry)
    # Told at this very moment of an incident that is not locked here.
    async with speaks_as(IncidentEventToldOtherwise("An event of this id was told of another incident."), UNIQUE):
        await work.flush()


def _check_openings(fresh: Iterable[tuple[int, IncidentEvent]], incidents: Iterable[Incident]) -> None:
    """That every opening of an incident says the same of whom and what it concerns."""
    concerns = {one.id: one.concerns for one in incidents if one.concerns is not None}
    for place, entry in fresh:
        if entry.kind is Kind.OPENED and concerns.setdefault(entry.incident_id, entry.concerns) != entry.concerns:
            raise IncidentOpenedOtherwise(
                "Its opening was told of another customer, offering or service.",
                field=f"events.{place}",
            )
