"""Queries on incidents and their events, on the agreements that bind them, and on the priorities of alerts."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, CustomerReplica, OfferingReplica
from sla.agreements.states import IN_FORCE_STATES
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.history import IncidentState
from sla.incidents.model import AlertPriorities, Incident, IncidentEvent, IncidentFilter, IncidentSubject


async def list_agreement_ids_for_subject(work: UnitOfWork, subject: IncidentSubject) -> Sequence[UUID]:
    """List its customer's agreements on its offering, or on any offering of its service; in force or not."""
    query = select(Agreement.id).join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    query = query.where(Agreement.customer_id == subject.customer_id)
    if subject.offering_id is not None:
        query = query.where(Agreement.offering_id == subject.offering_id)
    else:
        query = query.where(OfferingReplica.service_id == subject.service_id)
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def get_closed_until(work: UnitOfWork, agreement_id: UUID) -> datetime:
    """Return the end of the last review period of the agreement that has its statement (now, if no more is due)."""
    agreement = await work.session.get(Agreement, agreement_id)
    if agreement is None or agreement.review_due_at is None:
        return work.now
    schedule = await agreements.load_schedule(work, agreement_id)
    open_period = schedule.period_ending_at(agreement.review_due_at)
    return work.now if open_period is None else open_period[1].start


async def lock_or_create_incidents(work: UnitOfWork, source: str, external_ids: Iterable[str]) -> dict[str, Incident]:
    """Lock the incidents of these names; create those that are reported for the first time."""
    names = sorted(set(external_ids))
    new_incident = {
        "source": source,
        "state": IncidentState.AWAITED,
        "title": "",
        "assignee": "",
        "reopen_count": 0,
        "last_reported_at": work.now,
        "version": 1,
    }
    rows = [new_incident | {"id": new_id(), "external_id": name} for name in names]
    await work.session.execute(insert(Incident).values(rows).on_conflict_do_nothing())
    query = select(Incident).where(Incident.source == source, Incident.external_id.in_(names))
    incidents = await work.session.scalars(query.order_by(Incident.id).with_for_update())
    return {incident.external_id: incident for incident in incidents}


async def load_events_by_id(work: UnitOfWork, source: str, event_ids: Iterable[str]) -> dict[str, IncidentEvent]:
    """Load those of these events that were reported before."""
    query = select(IncidentEvent).where(IncidentEvent.source == source, IncidentEvent.event_id.in_(list(event_ids)))
    return {event.event_id: event for event in await work.session.scalars(query)}


async def list_overdue_incident_ids(work: UnitOfWork) -> Sequence[UUID]:
    """List the incidents whose next deadline has passed, longest due first."""
    query = select(Incident.id).where(Incident.next_deadline_at < work.now)
    return (await work.session.scalars(query.order_by(Incident.next_deadline_at, Incident.id))).all()


async def lock_overdue_incidents(work: UnitOfWork, incident_ids: Collection[UUID]) -> Sequence[Incident]:
    """Lock those of the incidents whose next deadline has passed, skipping rows that another transaction has locked."""
    query = select(Incident).where(Incident.id.in_(incident_ids), Incident.next_deadline_at < work.now)
    return (await work.session.scalars(query.order_by(Incident.id).with_for_update(skip_locked=True))).all()


async def find_next_deadline(work: UnitOfWork, ignored_ids: Collection[UUID]) -> datetime | None:
    query = select(func.min(Incident.next_deadline_at)).where(Incident.id.not_in(ignored_ids))
    return await work.session.scalar(query)


async def get_incident(work: UnitOfWork, incident_id: UUID) -> Incident:
    return await work.get(Incident, incident_id)


def select_incidents(work: UnitOfWork, conditions: IncidentFilter, *, has_sla: bool | None) -> Select[Incident]:
    """Select the incidents that the caller may see; with `has_sla`, those that some agreement sets a time (or none)."""
    query = work.select_visible(select(Incident), Incident.customer_id)
    for field in fields(conditions):
        value = getattr(conditions, field.name)
        if value is not None and field.name != "agreement_id":
            query = query.where(getattr(Incident, field.name) == value)
    has_clock = exists().where(IncidentClock.incident_id == Incident.id)
    if conditions.agreement_id is not None:
        query = query.where(has_clock.where(IncidentClock.agreement_id == conditions.agreement_id))
    if has_sla is None:
        return query
    return query.where(Incident.state != IncidentState.AWAITED, has_clock if has_sla else ~has_clock)


def select_incident_events(incident_id: UUID) -> Select[IncidentEvent]:
    return select(IncidentEvent).where(IncidentEvent.incident_id == incident_id)


async def list_registered_customer_ids(work: UnitOfWork, customer_ids: Iterable[UUID]) -> set[UUID]:
    query = select(CustomerReplica.customer_id).where(CustomerReplica.customer_id.in_(list(customer_ids)))
    return set(await work.session.scalars(query))


async def load_service_ids_by_offering(work: UnitOfWork, offering_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Load the service of each of these offerings that the catalog has published."""
    query = select(OfferingReplica.offering_id, OfferingReplica.service_id)
    rows = await work.session.execute(query.where(OfferingReplica.offering_id.in_(list(offering_ids))))
    return {row.offering_id: row.service_id for row in rows}


async def list_published_service_ids(work: UnitOfWork, service_ids: Iterable[UUID]) -> set[UUID]:
    """List those of the services of which the catalog has published an offering."""
    query = select(OfferingReplica.service_id).where(OfferingReplica.service_id.in_(list(service_ids)))
    return set(await work.session.scalars(query))


async def list_service_ids_by_name(work: UnitOfWork, name: str) -> Sequence[UUID]:
    """List the services with this id or, whatever the case, this name."""
    query = select(OfferingReplica.service_id).distinct()
    try:
        query = query.where(OfferingReplica.service_id == UUID(name))
    except ValueError:
        query = query.where(func.lower(OfferingReplica.service_name) == name.lower())
    return (await work.session.scalars(query.order_by(OfferingReplica.service_id))).all()


async def list_customer_ids_with_agreement(work: UnitOfWork, service_id: UUID) -> Sequence[UUID]:
    """List the customers that have an agreement on the service at this time."""
    query = select(Agreement.customer_id).join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    query = query.where(
        OfferingReplica.service_id == service_id,
        Agreement.state.in_(IN_FORCE_STATES),
        Agreement.starts_on <= work.now.date(),
    )
    return (await work.session.scalars(query.distinct().order_by(Agreement.customer_id))).all()


async def find_alert_priorities(work: UnitOfWork, service_id: UUID) -> AlertPriorities | None:
    return (await work.session.scalars(select(AlertPriorities).where(AlertPriorities.service_id == service_id))).first()


def select_alert_priorities(service_id: UUID | None) -> Select[AlertPriorities]:
    query = select(AlertPriorities)
    return query if service_id is None else query.where(AlertPriorities.service_id == service_id)
