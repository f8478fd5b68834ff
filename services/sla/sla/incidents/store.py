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
from common.work import Work
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, KnownCustomer, KnownOffering
from sla.agreements.states import AgreementState
from sla.clocks.timeline import NEVER
from sla.exclusions.stopping import clocks_stopped
from sla.hours.spans import MICROSECOND, Span, microseconds, union
from sla.incidents.history import State
from sla.incidents.model import (
    AlertPriorities,
    Concern,
    Evidence,
    Incident,
    IncidentClock,
    IncidentClockTerms,
    IncidentEvent,
    Wanted,
)
from sla.incidents.promise import ClockTerms

T = TypeVar("T", IncidentEvent, IncidentClock)
OVER = (State.CLOSED, State.CANCELLED)


async def evidence(work: Work, incident_ids: Iterable[UUID], *, known_at: datetime | None = None) -> Evidence:
    """Everything their clocks follow from; suspensions and maintenance as known at an instant (now).

    A constant number of statements, and one per agreement; some more where maintenance stops clocks.
    """
    ids = list(incident_ids)
    events = await _grouped(work, IncidentEvent, ids)
    clocks = await _grouped(work, IncidentClock, ids)
    ours = [clock for some in clocks.values() for clock in some]
    terms = await clock_terms(work, {clock.terms_sha256 for clock in ours})
    bound = sorted({clock.agreement_id for clock in ours})
    suspended = {one: await suspended_in(work, one, known_at=known_at) for one in bound}
    since = min((event.occurred_at for told in events.values() for event in told), default=work.now)
    maintained = await clocks_stopped(work, bound, since, known_at=known_at)
    return Evidence(events, clocks, terms, suspended, maintained)


async def clock_terms(work: Work, hashes: Iterable[str]) -> dict[str, ClockTerms]:
    query = select(IncidentClockTerms).where(IncidentClockTerms.sha256.in_(list(hashes)))
    return {row.sha256: ClockTerms.model_validate(row.document) for row in await work.session.scalars(query)}


async def keep_terms(work: Work, sha256: str, document: dict[str, Any]) -> None:
    """Unless they are kept already."""
    kept = insert(IncidentClockTerms).values(sha256=sha256, document=document).on_conflict_do_nothing()
    await work.session.execute(kept)


async def suspended_in(work: Work, agreement_id: UUID, *, known_at: datetime | None = None) -> list[Span]:
    """When the agreement was suspended; the last suspension perhaps until NEVER."""
    found = await agreements.suspensions(work, agreement_id, known_at=known_at)
    return union(Span(microseconds(one.from_), NEVER if one.to is None else microseconds(one.to)) for one in found)


async def _grouped(work: Work, kind: type[T], incident_ids: Sequence[UUID]) -> dict[UUID, list[T]]:
    """By incident, oldest first."""
    found: dict[UUID, list[T]] = defaultdict(list)
    query = select(kind).where(kind.incident_id.in_(incident_ids)).order_by(kind.id)
    for row in await work.session.scalars(query):
        found[row.incident_id].append(row)
    return found


async def agreements_on(work: Work, concern: Concern) -> Sequence[UUID]:
    """Of its customer, on its offering or any offering of its service; in force or not."""
    query = select(Agreement.id).join(KnownOffering, KnownOffering.offering_id == Agreement.offering_id)
    query = query.where(Agreement.customer_id == concern.customer_id)
    if concern.offering_id is not None:
        query = query.where(Agreement.offering_id == concern.offering_id)
    else:
        query = query.where(KnownOffering.service_id == concern.service_id)
    return (await work.session.scalars(query.order_by(Agreement.id))).all()


async def closed_until(work: Work, agreement_id: UUID) -> datetime:
    """The review periods of the agreement have their statements up to here."""
    agreement = await work.session.get(Agreement, agreement_id)
    if agreement is None or agreement.review_due_at is None:
        return work.now
    schedule = await agreements.schedule(work, agreement_id)
    found = schedule.period_ending(agreement.review_due_at)
    return work.now if found is None else found[1].start


async def held(work: Work, source: str, external_ids: Iterable[str]) -> dict[str, Incident]:
    """The incidents of these names, locked; those not heard of before are made."""
    names = sorted(set(external_ids))
    missing = {
        "source": source,
        "state": State.AWAITED,
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


async def told(work: Work, source: str, event_ids: Iterable[str]) -> dict[str, IncidentEvent]:
    """Those of these events that were told before."""
    query = select(IncidentEvent).where(IncidentEvent.source == source, IncidentEvent.event_id.in_(list(event_ids)))
    return {event.event_id: event for event in await work.session.scalars(query)}


async def overdue(work: Work) -> Sequence[UUID]:
    """Of which something has to be told, longest due first."""
    query = select(Incident.id).where(Incident.next_deadline_at < work.now)
    return (await work.session.scalars(query.order_by(Incident.next_deadline_at, Incident.id))).all()


async def telling(work: Work, incident_ids: Collection[UUID]) -> Sequence[Incident]:
    """Those of them of which something has to be told, locked, without those another transaction holds."""
    query = select(Incident).where(Incident.id.in_(incident_ids), Incident.next_deadline_at < work.now)
    return (await work.session.scalars(query.order_by(Incident.id).with_for_update(skip_locked=True))).all()


async def next_deadline(work: Work, besides: Collection[UUID]) -> datetime | None:
    return await work.session.scalar(select(func.min(Incident.next_deadline_at)).where(Incident.id.not_in(besides)))


async def wake_since(work: Work, agreement_ids: Collection[UUID], since: datetime) -> None:
    """Have the incidents looked at again with a clock under one of the agreements that ran then, or runs."""
    clocked = select(IncidentClock.incident_id).where(
        IncidentClock.agreement_id.in_(agreement_ids),
        or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= since),
    )
    query = select(Incident).where(Incident.id.in_(clocked))
    for incident in await work.session.scalars(query.order_by(Incident.id).with_for_update()):
        incident.next_deadline_at = work.now - MICROSECOND


async def wake(work: Work, agreement_id: UUID) -> None:
    """Have the incidents looked at again that are not over and have clocks under the agreement."""
    clocked = select(IncidentClock.incident_id).where(IncidentClock.agreement_id == agreement_id)
    query = select(Incident).where(Incident.id.in_(clocked), Incident.state.not_in(OVER))
    for incident in await work.session.scalars(query.order_by(Incident.id).with_for_update()):
        incident.next_deadline_at = work.now - MICROSECOND  # overdue from this very instant on


async def incident(work: Work, incident_id: UUID) -> Incident:
    return await work.get(Incident, incident_id)


def incidents(work: Work, wanted: Wanted, *, with_clocks: bool | None) -> Select[Incident]:
    query = work.visible(select(Incident), Incident.customer_id)
    for field in fields(wanted):
        value = getattr(wanted, field.name)
        if value is not None and field.name != "agreement_id":
            query = query.where(getattr(Incident, field.name) == value)
    clocked = exists().where(IncidentClock.incident_id == Incident.id)
    if wanted.agreement_id is not None:
        query = query.where(clocked.where(IncidentClock.agreement_id == wanted.agreement_id))
    if with_clocks is None:
        return query
    return query.where(Incident.state != State.AWAITED, clocked if with_clocks else ~clocked)


def log(incident_id: UUID) -> Select[IncidentEvent]:
    return select(IncidentEvent).where(IncidentEvent.incident_id == incident_id)


async def known_customers(work: Work, customer_ids: Iterable[UUID]) -> set[UUID]:
    query = select(KnownCustomer.customer_id).where(KnownCustomer.customer_id.in_(list(customer_ids)))
    return set(await work.session.scalars(query))


async def known_offerings(work: Work, offering_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Of those the catalog has published, the service."""
    query = select(KnownOffering.offering_id, KnownOffering.service_id)
    found = await work.session.execute(query.where(KnownOffering.offering_id.in_(list(offering_ids))))
    return {row.offering_id: row.service_id for row in found}


async def known_services(work: Work, service_ids: Iterable[UUID]) -> set[UUID]:
    """Those of which the catalog has published an offering."""
    query = select(KnownOffering.service_id).where(KnownOffering.service_id.in_(list(service_ids)))
    return set(await work.session.scalars(query))


async def services_named(work: Work, name: str) -> Sequence[UUID]:
    """By id or, whatever the case, by name."""
    query = select(KnownOffering.service_id).distinct()
    try:
        query = query.where(KnownOffering.service_id == UUID(name))
    except ValueError:
        query = query.where(func.lower(KnownOffering.service_name) == name.lower())
    return (await work.session.scalars(query.order_by(KnownOffering.service_id))).all()


async def customers_of(work: Work, service_id: UUID) -> Sequence[UUID]:
    """Whom an agreement promises something of it, at this time."""
    query = select(Agreement.customer_id).join(KnownOffering, KnownOffering.offering_id == Agreement.offering_id)
    query = query.where(
        KnownOffering.service_id == service_id,
        Agreement.state.in_((AgreementState.SIGNED, AgreementState.ACTIVE, AgreementState.SUSPENDED)),
        Agreement.starts_on <= work.now.date(),
    )
    return (await work.session.scalars(query.distinct().order_by(Agreement.customer_id))).all()


async def alert_priorities(work: Work, service_id: UUID) -> AlertPriorities | None:
    return (await work.session.scalars(select(AlertPriorities).where(AlertPriorities.service_id == service_id))).first()


def all_priorities(service_id: UUID | None) -> Select[AlertPriorities]:
    query = select(AlertPriorities)
    return query if service_id is None else query.where(AlertPriorities.service_id == service_id)
