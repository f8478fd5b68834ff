"""Which incidents there are, what is known of them, and the agreements that bind them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, CustomerReplica, OfferingReplica
from sla.agreements.states import AgreementState
from sla.clocks.timeline import NEVER
from sla.exclusions.clock_stops import load_clock_stops
from sla.hours.spans import ONE_MICROSECOND, Span, to_microseconds, union
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.history import IncidentState
from sla.incidents.model import (
    AlertPriorities,
    Incident,
    IncidentClock,
    IncidentClockTerms,
    IncidentEvent,
    IncidentEvidence,
    IncidentFilter,
    IncidentSubject,
)

T = TypeVar("T", IncidentEvent, IncidentClock)
ENDED_STATES = (IncidentState.CLOSED, IncidentState.CANCELLED)


async def load_incident_evidence(
    work: UnitOfWork, incident_ids: Iterable[UUID], *, known_at: datetime | None = None
) -> IncidentEvidence:
    """Everything their clocks follow from; suspensions and maintenance as known at an instant (now).

    A constant number of statements, and one per agreement; some more where maintenance stops clocks.
    """
    ids = list(incident_ids)
    events = await _grouped(work, IncidentEvent, ids)
    clocks = await _grouped(work, IncidentClock, ids)
    ours = [clock for some in clocks.values() for clock in some]
    terms = await load_clock_terms(work, {clock.terms_sha256 for clock in ours})
    bound = sorted({clock.agreement_id for clock in ours})
    suspended = {one: await list_suspended_spans(work, one, known_at=known_at) for one in bound}
    since = min((event.occurred_at for told in events.values() for event in told), default=work.now)
    maintained = await load_clock_stops(work, bound, since, known_at=known_at)
    return IncidentEvidence(events, clocks, terms, suspended, maintained)


async def load_clock_terms(work: UnitOfWork, hashes: Iterable[str]) -> dict[str, ClockTerms]:
    query = select(IncidentClockTerms).where(IncidentClockTerms.sha256.in_(list(hashes)))
    return {row.sha256: ClockTerms.model_validate(row.document) for row in await work.session.scalars(query)}


async def upsert_clock_terms(work: UnitOfWork, sha256: str, document: dict[str, Any]) -> None:
    """Unless they are kept already."""
    kept = insert(IncidentClockTerms).values(sha256=sha256, document=document).on_conflict_do_nothing()
    await work.session.execute(kept)


async def list_suspended_spans(work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None) -> list[Span]:
    """When the agreement was suspended; the last suspension perhaps until NEVER."""
    found = await agreements.list_suspensions(work, agreement_id, known_at=known_at)
    return union(
        Span(to_microseconds(one.from_), NEVER if one.to is None else to_microseconds(one.to)) for one in found
    )


async def _grouped(work: UnitOfWork, kind: type[T], incident_ids: Sequence[UUID]) -> dict[UUID, list[T]]:
    """By incident, oldest first."""
    found: dict[UUID, list[T]] = defaultdict(list)
    query = select(kind).where(kind.incident_id.in_(incident_ids)).order_by(kind.id)
    for row in await work.session.scalars(query):
        found[row.incident_id].append(row)
    return found


async def list_agreement_ids_for_subject(work: UnitOfWork, concern: IncidentSubject) -> Sequence[UUID]:
    """Of its customer, on its offering or any offering of its service; in force or not."""
    query = select(Agreement.id).join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    query = query.where(Agreement.customer_id == concern.customer_id)
    if concern.offering_id is not None:
        query = query.where(Agreement.offering_id == concern.offering_id)
    else:
        query = query.where(OfferingReplica.service_id == concern.service_id)
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def get_closed_until(work: UnitOfWork, agreement_id: UUID) -> datetime:
    """The review periods of the agreement have their statements up to here."""
    agreement = await work.session.get(Agreement, agreement_id)
    if agreement is None or agreement.review_due_at is None:
        return work.now
    schedule = await agreements.load_schedule(work, agreement_id)
    found = schedule.period_ending_at(agreement.review_due_at)
    return work.now if found is None else found[1].start


async def lock_or_create_incidents(work: UnitOfWork, source: str, external_ids: Iterable[str]) -> dict[str, Incident]:
    """The incidents of these names, locked; those not heard of before are made."""
    names = sorted(set(external_ids))
    missing = {
        "source": source,
        "state": IncidentState.AWAITED,
        "title": "",
        "assignee": "",
        "reopened": 0,
        "last_told_at": work.now,
        "version": 1,
    }
    rows = [missing | {"id": new_id(), "external_id": name} for name in names]
    await work.session.execute(insert(Incident).values(rows).on_conflict_do_nothing())
    query = select(Incident).where(Incident.source == source, Incident.external_id.in_(names))
    found = await work.session.scalars(query.order_by(Incident.id).with_for_update())
    return {incident.external_id: incident for incident in found}


async def load_events_by_id(work: UnitOfWork, source: str, event_ids: Iterable[str]) -> dict[str, IncidentEvent]:
    """Those of these events that were told before."""
    query = select(IncidentEvent).where(IncidentEvent.source == source, IncidentEvent.event_id.in_(list(event_ids)))
    return {event.event_id: event for event in await work.session.scalars(query)}


async def list_overdue_incident_ids(work: UnitOfWork) -> Sequence[UUID]:
    """Of which something has to be told, longest due first."""
    query = select(Incident.id).where(Incident.next_deadline_at < work.now)
    return (await work.session.scalars(query.order_by(Incident.next_deadline_at, Incident.id))).all()


async def lock_overdue_incidents(work: UnitOfWork, incident_ids: Collection[UUID]) -> Sequence[Incident]:
    """Those of them of which something has to be told, locked, without those another transaction holds."""
    query = select(Incident).where(Incident.id.in_(incident_ids), Incident.next_deadline_at < work.now)
    return (await work.session.scalars(query.order_by(Incident.id).with_for_update(skip_locked=True))).all()


async def find_next_deadline(work: UnitOfWork, besides: Collection[UUID]) -> datetime | None:
    return await work.session.scalar(select(func.min(Incident.next_deadline_at)).where(Incident.id.not_in(besides)))


async def schedule_recheck_since(work: UnitOfWork, agreement_ids: Collection[UUID], since: datetime) -> None:
    """Have the incidents looked at again with a clock under one of the agreements that ran then, or runs."""
    clocked = select(IncidentClock.incident_id).where(
        IncidentClock.agreement_id.in_(agreement_ids),
        or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= since),
    )
    query = select(Incident).where(Incident.id.in_(clocked))
    for incident in await work.session.scalars(query.order_by(Incident.id).with_for_update()):
        incident.next_deadline_at = work.now - ONE_MICROSECOND


async def schedule_recheck(work: UnitOfWork, agreement_id: UUID) -> None:
    """Have the incidents looked at again that are not over and have clocks under the agreement."""
    clocked = select(IncidentClock.incident_id).where(IncidentClock.agreement_id == agreement_id)
    query = select(Incident).where(Incident.id.in_(clocked), Incident.state.not_in(ENDED_STATES))
    for incident in await work.session.scalars(query.order_by(Incident.id).with_for_update()):
        incident.next_deadline_at = work.now - ONE_MICROSECOND  # overdue from this very instant on


async def get_incident(work: UnitOfWork, incident_id: UUID) -> Incident:
    return await work.get(Incident, incident_id)


def select_incidents(work: UnitOfWork, wanted: IncidentFilter, *, with_clocks: bool | None) -> Select[Incident]:
    query = work.select_visible(select(Incident), Incident.customer_id)
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None and field.name != "agreement_id":
            query = query.where(getattr(Incident, field.name) == value)
    clocked = exists().where(IncidentClock.incident_id == Incident.id)
    if wanted.agreement_id is not None:
        query = query.where(clocked.where(IncidentClock.agreement_id == wanted.agreement_id))
    if with_clocks is None:
        return query
    return query.where(Incident.state != IncidentState.AWAITED, clocked if with_clocks else ~clocked)


def select_incident_events(incident_id: UUID) -> Select[IncidentEvent]:
    return select(IncidentEvent).where(IncidentEvent.incident_id == incident_id)


async def list_registered_customer_ids(work: UnitOfWork, customer_ids: Iterable[UUID]) -> set[UUID]:
    query = select(CustomerReplica.customer_id).where(CustomerReplica.customer_id.in_(list(customer_ids)))
    return set(await work.session.scalars(query))


async def load_service_ids_by_offering(work: UnitOfWork, offering_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of those the catalog has published, the service."""
    query = select(OfferingReplica.offering_id, OfferingReplica.service_id)
    found = await work.session.execute(query.where(OfferingReplica.offering_id.in_(list(offering_ids))))
    return {row.offering_id: row.service_id for row in found}


async def list_published_service_ids(work: UnitOfWork, service_ids: Iterable[UUID]) -> set[UUID]:
    """Those of which the catalog has published an offering."""
    query = select(OfferingReplica.service_id).where(OfferingReplica.service_id.in_(list(service_ids)))
    return set(await work.session.scalars(query))


async def list_service_ids_by_name(work: UnitOfWork, name: str) -> Sequence[UUID]:
    """By id or, whatever the case, by name."""
    query = select(OfferingReplica.service_id).distinct()
    try:
        query = query.where(OfferingReplica.service_id == UUID(name))
    except ValueError:
        query = query.where(func.lower(OfferingReplica.service_name) == name.lower())
    return (await work.session.scalars(query.order_by(OfferingReplica.service_id))).all()


async def list_customer_ids_with_agreement(work: UnitOfWork, service_id: UUID) -> Sequence[UUID]:
    """Whom an agreement promises something of it, at this time."""
    query = select(Agreement.customer_id).join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    query = query.where(
        OfferingReplica.service_id == service_id,
        Agreement.state.in_((AgreementState.SIGNED, AgreementState.ACTIVE, AgreementState.SUSPENDED)),
        Agreement.starts_on <= work.now.date(),
    )
    return (await work.session.scalars(query.distinct().order_by(Agreement.customer_id))).all()


async def find_alert_priorities(work: UnitOfWork, service_id: UUID) -> AlertPriorities | None:
    return (await work.session.scalars(select(AlertPriorities).where(AlertPriorities.service_id == service_id))).first()


def select_alert_priorities(service_id: UUID | None) -> Select[AlertPriorities]:
    query = select(AlertPriorities)
    return query if service_id is None else query.where(AlertPriorities.service_id == service_id)
