"""Queries on the events that were reported of incidents, and on the histories that follow from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select

from common.unit_of_work import UnitOfWork
from sla.incidents.history import IncidentHistory, ReportedEvent, build_history
from sla.incidents.model import IncidentEvent


def select_incident_events(incident_id: UUID) -> Select[IncidentEvent]:
    return select(IncidentEvent).where(IncidentEvent.incident_id == incident_id)


async def load_events_by_id(work: UnitOfWork, source: str, event_ids: Iterable[str]) -> dict[str, IncidentEvent]:
    """Load those of these events that were reported before."""
    query = select(IncidentEvent).where(IncidentEvent.source == source, IncidentEvent.event_id.in_(list(event_ids)))
    return {event.event_id: event for event in await work.session.scalars(query)}


async def load_histories(
    work: UnitOfWork, incident_ids: Collection[UUID], *, known_at: datetime | None = None
) -> dict[UUID, IncidentHistory]:
    """Build the histories of the incidents from what had been reported by `known_at` (now)."""
    query = select(IncidentEvent).where(IncidentEvent.incident_id.in_(incident_ids))
    if known_at is not None:
        query = query.where(IncidentEvent.reported_at <= known_at)
    events = defaultdict[UUID, list[ReportedEvent]](list)
    for event in await work.session.scalars(query):
        events[event.incident_id].append(event.to_reported_event())
    return {incident_id: build_history(events[incident_id]) for incident_id in incident_ids}
