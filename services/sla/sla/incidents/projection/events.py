"""The events that are emitted when the projection of an incident or of one of its clocks changes."""

from typing import Any

from common.unit_of_work import UnitOfWork
from published.sla import (
    IncidentAcknowledged,
    IncidentBreached,
    IncidentBreachWithdrawn,
    IncidentCancelled,
    IncidentDueSoon,
    IncidentOpened,
    IncidentPriorityChanged,
    IncidentReopened,
    IncidentResolved,
)
from sla.hours.spans import to_datetime, to_optional_datetime
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict
from sla.incidents.history import IncidentHistory
from sla.incidents.model import Incident


def emit_incident_changes(work: UnitOfWork, incident: Incident, history: IncidentHistory) -> None:
    """Emit what the history says and the incident does not say yet; the incident has its subject already."""
    if incident.opened_at is None:
        opened_at = to_optional_datetime(history.opened_at)
        work.emit(IncidentOpened.from_entity(incident, priority=history.priority, opened_at=opened_at))
    elif incident.priority != history.priority:
        work.emit(IncidentPriorityChanged.from_entity(incident, priority=history.priority))
    if incident.acknowledged_at is None and history.acknowledged_at is not None:
        acknowledged_at = to_datetime(history.acknowledged_at)
        work.emit(IncidentAcknowledged.from_entity(incident, acknowledged_at=acknowledged_at))
    if incident.resolved_at is None and history.resolved_at is not None:
        work.emit(IncidentResolved.from_entity(incident, resolved_at=to_datetime(history.resolved_at)))
    if history.cancelled_at is not None:
        if incident.cancelled_at is None:
            work.emit(IncidentCancelled.from_entity(incident, cancelled_at=to_datetime(history.cancelled_at)))
    elif incident.resolved_at is not None and history.resolved_at is None:
        work.emit(IncidentReopened.from_entity(incident))


def emit_clock_changes(
    work: UnitOfWork, incident: Incident, clock: IncidentClock, terms: ClockTerms, evaluation: ClockEvaluation
) -> None:
    """Emit once that the clock is due soon or breached; and that it is not breached, where that was emitted."""
    deadline = evaluation.deadline
    if evaluation.verdict is not ClockVerdict.LATE:
        emit_breach_withdrawal(work, incident, clock, terms)
    elif clock.emitted_breached_at is None and deadline.due_at is not None:
        clock.emitted_breached_at = to_datetime(deadline.breach_at or deadline.due_at)
        breached_at = clock.emitted_breached_at
        work.emit(IncidentBreached.from_entity(incident, clock, **_objective(terms), breached_at=breached_at))
    due_soon_at = to_optional_datetime(deadline.due_soon_at)
    if due_soon_at is not None and is_due_soon_pending(clock, evaluation) and due_soon_at < work.now:
        clock.emitted_due_soon_at = due_soon_at
        work.emit(IncidentDueSoon.from_entity(incident, clock, **_objective(terms), due_soon_at=due_soon_at))


def emit_breach_withdrawal(work: UnitOfWork, incident: Incident, clock: IncidentClock, terms: ClockTerms) -> None:
    """Emit that there was no breach, if IncidentBreached was emitted."""
    if clock.emitted_breached_at is None:
        return
    instants = {"breached_at": clock.emitted_breached_at, "withdrawn_at": work.now}
    work.emit(IncidentBreachWithdrawn.from_entity(incident, clock, **_objective(terms), **instants))
    clock.emitted_breached_at = None


def is_due_soon_pending(clock: IncidentClock, evaluation: ClockEvaluation) -> bool:
    """Return whether IncidentDueSoon is still to be emitted: for the first time, or for a deadline that has moved."""
    if evaluation.verdict is not ClockVerdict.RUNNING or evaluation.deadline.due_soon_at is None:
        return False
    return clock.emitted_due_soon_at is None or clock.emitted_due_soon_at < to_datetime(evaluation.deadline.due_soon_at)


def _objective(terms: ClockTerms) -> dict[str, Any]:
    return {"objective_name": terms.objective.name, "kind": terms.objective.kind.value}
