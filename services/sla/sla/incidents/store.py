"""Queries on incidents, on what was reported of them, and on the agreements that bind them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, Uuid, cast, delete, exists, func, or_, select

from common.database.bulk_writes import detach, insert_rows, is_among
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from common.views import MachineName, View
from sla.agreements import store as agreements
from sla.agreements.model import Agreement, CustomerReplica, OfferingReplica
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.history import IncidentEventKind, IncidentState, IncidentSubject
from sla.incidents.model import Incident, IncidentEvent, IncidentEventRow, read_subject

UNSOLVED_STATES = (IncidentState.OPEN, IncidentState.ACKNOWLEDGED, IncidentState.PAUSED)


class IncidentFilter(View):
    """A filter of the list of incidents; absent fields do not filter."""

    customer_id: UUID | None = None
    service_id: UUID | None = None
    offering_id: UUID | None = None
    agreement_id: UUID | None = None
    state: IncidentState | None = None
    priority: Annotated[int, Field(ge=1, le=5)] | None = None
    """Not strict: it comes as the text of a query."""
    source: MachineName | None = None
    external_id: MachineName | None = None
    has_sla: bool | None = None
    """Whether an agreement sets the incident a time."""
    at_risk: bool | None = None
    """Whether a clock that was not stopped is late, or past the instant at which it warns; paused incidents too."""


async def load_agreement_ids_by_subject(
    work: UnitOfWork, subjects: Collection[IncidentSubject]
) -> dict[IncidentSubject, list[UUID]]:
    """Load its customer's agreements on its offering, or on any offering of its service; in force or not."""
    query = select(Agreement.id, Agreement.customer_id, Agreement.offering_id, OfferingReplica.service_id)
    query = query.join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
    query = query.where(Agreement.customer_id.in_({subject.customer_id for subject in subjects}))
    agreement_ids = defaultdict[IncidentSubject, list[UUID]](list)
    for agreement_id, customer_id, offering_id, service_id in await work.session.execute(query.order_by(Agreement.id)):
        agreement_ids[IncidentSubject(customer_id, offering_id, None)].append(agreement_id)
        agreement_ids[IncidentSubject(customer_id, None, service_id)].append(agreement_id)
    return {subject: agreement_ids[subject] for subject in subjects}


async def load_customer_ids(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """Load the customer of each agreement."""
    if not agreement_ids:
        return {}
    query = select(Agreement.id, Agreement.customer_id).where(Agreement.id.in_(agreement_ids))
    return {row.id: row.customer_id for row in await work.session.execute(query)}


async def load_closed_until(work: UnitOfWork, changed_since: Mapping[UUID, datetime]) -> dict[UUID, datetime]:
    """Load the end of each agreement's last review period that has its statement (now, if no more is due).

    Agreements that changed after all of these periods are left out.
    """
    query = select(Agreement.id, Agreement.review_due_at).where(Agreement.id.in_(changed_since))
    review_due_at = {row.id: row.review_due_at for row in await work.session.execute(query)}
    closed_until = {agreement_id: work.now for agreement_id, due_at in review_due_at.items() if due_at is None}
    open_ends = {key: due_at for key, due_at in review_due_at.items() if due_at and changed_since[key] < due_at}
    for agreement_id, schedule in (await agreements.load_schedules(work, open_ends.keys())).items():
        open_period = schedule.period_ending_at(open_ends[agreement_id])
        closed_until[agreement_id] = work.now if open_period is None else open_period[1].start
    return closed_until


async def lock_or_create_incidents(work: UnitOfWork, source: str, external_ids: Iterable[str]) -> dict[str, Incident]:
    """Create the incidents that are reported for the first time, at version 1, and lock the others.

    All are created, in the order of their names, before any is locked, in the order of their ids: so reports at the
    same moment never wait for each other in a circle.
    """
    names = sorted(set(external_ids))
    is_meant = (Incident.source == source, is_among(Incident.external_id, names))
    existing_names = set(await work.session.scalars(select(Incident.external_id).where(*is_meant)))
    await _create_incidents(work, source, [name for name in names if name not in existing_names])
    query = select(Incident).where(*is_meant).order_by(Incident.id).with_for_update()
    incidents = {incident.external_id: incident for incident in await work.session.scalars(query)}
    return {name: incidents[name] for name in names}


async def _create_incidents(work: UnitOfWork, source: str, names: Collection[str]) -> None:
    """Create the incidents of these names, except those that exist by now."""
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
    await insert_rows(work.session, Incident, rows, skip_existing=True)


async def delete_incidents_without_events(work: UnitOfWork, incidents: Iterable[Incident]) -> None:
    """Delete those of the incidents of which nothing was reported after all."""
    ids = [incident.id for incident in detach(work.session, incidents)]
    has_events = exists().where(IncidentEvent.incident_id == Incident.id)
    await work.session.execute(delete(Incident).where(is_among(Incident.id, ids), ~has_events))


async def load_events_by_id(work: UnitOfWork, source: str, event_ids: Collection[str]) -> dict[str, IncidentEventRow]:
    """Load those of these events that were reported before."""
    columns = [getattr(IncidentEvent, name) for name in IncidentEventRow._fields]
    query = select(*columns).where(IncidentEvent.source == source, is_among(IncidentEvent.event_id, event_ids))
    rows = [IncidentEventRow(*row) for row in await work.session.execute(query)]
    return {row.event_id: row for row in rows}


async def add_events(work: UnitOfWork, source: str, rows: Collection[IncidentEventRow]) -> None:
    """Add events that the principal reports now."""
    report = {"source": source, "reported_by": work.principal.subject, "reported_at": work.now}
    await insert_rows(work.session, IncidentEvent, [{"id": new_id(), **report, **row._asdict()} for row in rows])


async def load_opening_subjects(work: UnitOfWork, incident_ids: Collection[UUID]) -> dict[UUID, IncidentSubject]:
    """Load the subjects that the openings of these incidents name, all of one incident alike."""
    if not incident_ids:
        return {}
    is_opening = IncidentEvent.kind == IncidentEventKind.OPENED
    query = select(IncidentEvent.incident_id, IncidentEvent.content)
    query = query.where(is_among(IncidentEvent.incident_id, incident_ids), is_opening)
    return {row.incident_id: read_subject(row.content) for row in await work.session.execute(query)}


async def find_next_deadline(work: UnitOfWork, ignored: Select[str]) -> datetime | None:
    """Find the next deadline of an incident, except those whose ids `ignored` selects."""
    ids = ignored.with_only_columns(*(cast(column, Uuid) for column in ignored.selected_columns))
    return await work.session.scalar(select(func.min(Incident.next_deadline_at)).where(Incident.id.not_in(ids)))


def select_incidents(work: UnitOfWork, filters: IncidentFilter) -> Select[Incident]:
    """Select the incidents that the caller may see."""
    query = work.select_visible(select(Incident), Incident.customer_id)
    columns = filters.model_dump(exclude_none=True, exclude={"agreement_id", "has_sla", "at_risk"})
    query = query.where(*(getattr(Incident, name) == value for name, value in columns.items()))
    has_clock = exists().where(IncidentClock.incident_id == Incident.id)
    if filters.agreement_id is not None:
        query = query.where(has_clock.where(IncidentClock.agreement_id == filters.agreement_id))
    if filters.at_risk is not None:
        is_at_risk = _build_at_risk(work.now)
        query = query.where(is_at_risk if filters.at_risk else ~is_at_risk)
    if filters.has_sla is None:
        return query
    return query.where(Incident.state != IncidentState.AWAITED, has_clock if filters.has_sla else ~has_clock)


def _build_at_risk(now: datetime) -> ColumnElement[bool]:
    """Build the condition that a clock of an unsolved incident is late or warns; a late one need not be decided yet."""
    warns_at = func.least(IncidentClock.due_soon_at, IncidentClock.due_at)
    is_warning = (IncidentClock.verdict == ClockVerdict.RUNNING) & (warns_at <= now)
    is_pressing = or_(IncidentClock.verdict == ClockVerdict.LATE, is_warning)
    pressing = select(IncidentClock.incident_id).where(IncidentClock.stopped_at.is_(None), is_pressing)
    return Incident.state.in_(UNSOLVED_STATES) & Incident.id.in_(pressing)


async def list_registered_customer_ids(work: UnitOfWork, customer_ids: Collection[UUID]) -> set[UUID]:
    if not customer_ids:
        return set()
    query = select(CustomerReplica.customer_id).where(CustomerReplica.customer_id.in_(list(customer_ids)))
    return set(await work.session.scalars(query))


async def load_service_ids_by_offering(work: UnitOfWork, ids: Collection[UUID | None]) -> dict[UUID, UUID]:
    """Load the offerings that the catalog has published, with their services, of these offerings and services."""
    if not ids:
        return {}
    is_named = or_(OfferingReplica.offering_id.in_(ids), OfferingReplica.service_id.in_(ids))
    rows = await work.session.execute(select(OfferingReplica.offering_id, OfferingReplica.service_id).where(is_named))
    return {row.offering_id: row.service_id for row in rows}
