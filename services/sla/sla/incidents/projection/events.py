"""The events that tell of an incident and its clocks."""

from datetime import datetime

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
from sla.hours.spans import to_datetime
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict
from sla.incidents.history import IncidentHistory
from sla.incidents.model import Incident, IncidentClock


def emit_incident_changes(work: UnitOfWork, before: Incident, after: IncidentHistory) -> None:
    """What the log says now, and `before` does not yet. Called when it is known whom the incident concerns."""
    of = {"incident_id": before.id, "customer_id": before.customer_id}
    if before.opened_at is None:
        work.emit(_opened(before, after))
    elif before.priority != after.priority:
        work.emit(IncidentPriorityChanged.model_validate(of | {"priority": after.priority}))
    if before.acknowledged_at is None and after.acknowledged_at is not None:
        work.emit(IncidentAcknowledged.model_validate(of | {"acknowledged_at": to_datetime(after.acknowledged_at)}))
    if before.resolved_at is None and after.resolved_at is not None:
        work.emit(IncidentResolved.model_validate(of | {"resolved_at": to_datetime(after.resolved_at)}))
    if after.cancelled_at is not None:
        if before.cancelled_at is None:
            work.emit(IncidentCancelled.model_validate(of | {"cancelled_at": to_datetime(after.cancelled_at)}))
    elif before.resolved_at is not None and after.resolved_at is None:
        work.emit(IncidentReopened.model_validate(of))


def emit_clock_changes(
    work: UnitOfWork, incident: Incident, clock: IncidentClock, terms: ClockTerms, found: ClockEvaluation
) -> None:
    """That it is due soon or breached, once; and that it was not, where that was told."""
    due = found.deadline
    of = _of(incident, clock, terms)
    if found.verdict is ClockVerdict.LATE and clock.told_breached_at is None and due.due_at is not None:
        clock.told_breached_at = to_datetime(due.breach_at or due.due_at)
        told = {"priority": incident.priority, "due_at": to_datetime(due.due_at), "breached_at": clock.told_breached_at}
        work.emit(IncidentBreached.model_validate(of | told))
    if found.verdict is not ClockVerdict.LATE:
        emit_breach_withdrawal(work, incident, clock, terms)
    if is_due_soon_pending(clock, found) and due.due_soon_at is not None and to_datetime(due.due_soon_at) < work.now:
        clock.told_due_soon_at = to_datetime(due.due_soon_at)
        told = {
            "priority": incident.priority,
            "due_soon_at": clock.told_due_soon_at,
            "due_at": to_optional_datetime(due.due_at),
        }
        work.emit(IncidentDueSoon.model_validate(of | told))


def emit_breach_withdrawal(work: UnitOfWork, incident: Incident, clock: IncidentClock, terms: ClockTerms) -> None:
    """That there was no breach, if it was told that there is one."""
    if clock.told_breached_at is None:
        return
    told = {"breached_at": clock.told_breached_at, "withdrawn_at": work.now}
    work.emit(IncidentBreachWithdrawn.model_validate(_of(incident, clock, terms) | told))
    clock.told_breached_at = None


def is_due_soon_pending(clock: IncidentClock, found: ClockEvaluation) -> bool:
    """Whether a warning is still to be told: the first one, or one for a deadline that has moved away since."""
    if found.verdict is not ClockVerdict.RUNNING or found.deadline.due_soon_at is None:
        return False
    return clock.told_due_soon_at is None or clock.told_due_soon_at < to_datetime(found.deadline.due_soon_at)


def to_optional_datetime(position: int | None) -> datetime | None:
    return None if position is None else to_datetime(position)


def _of(incident: Incident, clock: IncidentClock, terms: ClockTerms) -> dict[str, object]:
    return {
        "incident_id": incident.id,
        "customer_id": incident.customer_id,
        "agreement_id": clock.agreement_id,
        "objective_id": clock.objective_id,
        "objective_name": terms.objective.name,
        "kind": terms.objective.kind.value,
    }


def _opened(before: Incident, after: IncidentHistory) -> IncidentOpened:
    return IncidentOpened.model_validate(
        {
            "incident_id": before.id,
            "customer_id": before.customer_id,
            "service_id": before.service_id,
            "offering_id": before.offering_id,
            "source": before.source,
            "external_id": before.external_id,
            "priority": after.priority,
            "opened_at": to_optional_datetime(after.opened_at),
        }
    )
