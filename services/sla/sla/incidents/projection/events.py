"""The events that are emitted when the projection of an incident or of one of its clocks changes."""

from uuid import UUID

from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import (
    IncidentAcknowledged,
    IncidentBreached,
    IncidentBreachWithdrawn,
    IncidentCancelled,
    IncidentDueSoon,
    IncidentMoved,
    IncidentOpened,
    IncidentPriorityChanged,
    IncidentReopened,
    IncidentResolved,
)
from sla.hours.spans import to_datetime
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.history import IncidentHistory
from sla.incidents.model import Incident

EVENTS_BY_INSTANT: dict[str, type[Event]] = {
    "acknowledged_at": IncidentAcknowledged,
    "resolved_at": IncidentResolved,
    "cancelled_at": IncidentCancelled,
}


def emit_incident_changes(work: UnitOfWork, incident: Incident, history: IncidentHistory, *, has_moved: bool) -> None:
    """Emit what the history says and the incident does not say yet; the incident has its subject already."""
    if has_moved:
        work.emit(IncidentMoved.from_entity(incident, moved_at=to_datetime(history.placements[-1].since)))
    if incident.opened_at is None and history.opened_at is not None:
        opened_at = to_datetime(history.opened_at)
        work.emit(IncidentOpened.from_entity(incident, priority=history.priority, opened_at=opened_at))
    elif incident.priority != history.priority:
        work.emit(IncidentPriorityChanged.from_entity(incident, priority=history.priority))
    for field, event_class in EVENTS_BY_INSTANT.items():
        instant = getattr(history, field)
        if getattr(incident, field) is None and instant is not None:
            work.emit(event_class.from_entity(incident, **{field: to_datetime(instant)}))
    if incident.resolved_at is not None and history.resolved_at is None and history.cancelled_at is None:
        work.emit(IncidentReopened.from_entity(incident))


def emit_clock_changes(work: UnitOfWork, incident: Incident, clock: IncidentClock, customer_id: UUID) -> None:
    """Emit once that the clock is due soon or breached; and that it is not breached, where that was emitted.

    The customer is that of the agreement: an incident may have been moved to another one since.
    """
    if clock.verdict is not ClockVerdict.LATE:
        emit_breach_withdrawal(work, incident, clock, customer_id)
    elif clock.emitted_breached_at is None:
        clock.emitted_breached_at = clock.breached_at
        work.emit(build_breach(incident, clock, customer_id))
    if clock.is_due_soon_pending and clock.due_soon_at is not None and clock.due_soon_at < work.now:
        clock.emitted_due_soon_at = clock.due_soon_at
        work.emit(IncidentDueSoon.from_entity(incident, clock, clock.objective, customer_id=customer_id))


def build_breach(incident: Incident, clock: IncidentClock, customer_id: UUID) -> IncidentBreached:
    return IncidentBreached.from_entity(incident, clock, clock.objective, customer_id=customer_id)


def emit_breach_withdrawal(work: UnitOfWork, incident: Incident, clock: IncidentClock, customer_id: UUID) -> None:
    """Emit that there was no breach, if IncidentBreached was emitted."""
    if clock.emitted_breached_at is not None:
        fields = {"customer_id": customer_id, "breached_at": clock.emitted_breached_at, "withdrawn_at": work.now}
        work.emit(IncidentBreachWithdrawn.from_entity(incident, clock, clock.objective, **fields))
        clock.emitted_breached_at = None
