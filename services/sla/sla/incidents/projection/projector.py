"""Projects reported events on incidents and their clocks, emits what is new, and sets their next deadlines."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from common.database.bulk_writes import detach, upsert_rows
from common.unit_of_work import UnitOfWork
from published.event import Event
from published.sla import IncidentBreached, IncidentBreachWithdrawn
from sla.corrections.store import record_correction
from sla.hours.spans import ONE_MICROSECOND, to_microseconds, to_optional_datetime
from sla.incidents import store
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import list_detached_clocks, load_clock_contexts, load_histories, save_clocks
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict, evaluate_clock
from sla.incidents.history import IncidentHistory
from sla.incidents.model import Incident
from sla.incidents.projection.clocks_at_opening import assign_clocks
from sla.incidents.projection.events import (
    build_breach,
    emit_breach_withdrawal,
    emit_clock_changes,
    emit_incident_changes,
)
from sla.issues.opening.late_incidents import update_concerns_of_incidents

FEW_CLOCKS = 10
"""As many as are evaluated sooner than a thread would have begun."""
CORRECTION_REASON = "What was reported later changes how incidents count in a closed period."

ChangesOfCounts = list[tuple[UUID, datetime]]
"""Agreements whose incidents count otherwise than before, each with the instant from which on they do."""


async def project_incidents(work: UnitOfWork, incidents: Sequence[Incident]) -> None:
    """Bring locked incidents up to date with their events; doing it again emits nothing twice."""
    earlier_events = len(work.events)
    incidents_by_id = {incident.id: incident for incident in detach(work.session, incidents)}
    histories = await load_histories(work, incidents_by_id.keys())
    opened_ids = [incident.id for incident in incidents if incident.opened_at is not None]  # others have no clocks
    moved_incidents = await _project_histories(work, incidents, histories)
    earlier_clocks = await list_detached_clocks(work, opened_ids)
    clocks, surplus = await assign_clocks(work, moved_incidents, earlier_clocks, histories)
    customer_ids = await store.load_customer_ids(work, {clock.agreement_id for clock in (*clocks, *surplus)})
    for clock in surplus:
        emit_breach_withdrawal(work, incidents_by_id[clock.incident_id], clock, customer_ids[clock.agreement_id])
    changes = [(clock.agreement_id, clock.entered_at) for clock in surplus if clock.entered_at is not None]
    changes += await _project_clocks(work, incidents_by_id, clocks, histories, customer_ids)
    await upsert_rows(work.session, incidents)
    await save_clocks(work, clocks, surplus)
    await _record_corrections(work, changes)
    events = work.events[earlier_events:]
    standing_breaches = _list_standing_breaches(events, incidents_by_id, clocks, customer_ids)
    await update_concerns_of_incidents(work, events, standing_breaches)


def _list_standing_breaches(
    events: Iterable[Event],
    incidents_by_id: Mapping[UUID, Incident],
    clocks: Iterable[IncidentClock],
    customer_ids: Mapping[UUID, UUID],
) -> list[IncidentBreached]:
    """List the breaches that are left of the incidents and agreements of which one was withdrawn."""
    withdrawals = [event for event in events if isinstance(event, IncidentBreachWithdrawn)]
    withdrawn = {(withdrawal.incident_id, withdrawal.agreement_id) for withdrawal in withdrawals}
    return [
        build_breach(incidents_by_id[clock.incident_id], clock, customer_ids[clock.agreement_id])
        for clock in clocks
        if clock.verdict is ClockVerdict.LATE and (clock.incident_id, clock.agreement_id) in withdrawn
    ]


async def _project_histories(
    work: UnitOfWork, incidents: Sequence[Incident], histories: Mapping[UUID, IncidentHistory]
) -> list[Incident]:
    """Project the incidents, and return those that may get other clocks: by a new opening, by moves or by turns."""
    subjects = [(incident.subject, histories[incident.id].subject) for incident in incidents]
    new_subjects = [subject for earlier, subject in subjects if subject is not None and subject != earlier]
    service_ids = await store.load_service_ids_by_offering(
        work, {subject.offering_id for subject in new_subjects if subject.offering_id}
    )
    moved_incidents = []
    for incident in incidents:
        history = histories[incident.id]
        if history.opened_at is None or history.subject is None:
            continue
        has_moved = incident.subject not in (None, history.subject)
        has_other_opening = incident.opened_at != to_optional_datetime(history.opened_at)
        if has_moved or has_other_opening or len(history.placements) > 1 or history.turns:
            moved_incidents.append(incident)
        if incident.opened_at is None:
            incident.opening_reported_at = work.now
        if incident.subject != history.subject:
            customer_id, offering_id, service_id = history.subject
            incident.customer_id, incident.offering_id = customer_id, offering_id
            incident.service_id = service_ids[offering_id] if offering_id else service_id
        emit_incident_changes(work, incident, history, has_moved=has_moved)
        for field in ("state", "title", "priority", "assignee", "reopen_count"):
            setattr(incident, field, getattr(history, field))
        for field in ("opened_at", "acknowledged_at", "resolved_at", "closed_at", "cancelled_at"):
            setattr(incident, field, to_optional_datetime(getattr(history, field)))
    return moved_incidents


async def _project_clocks(
    work: UnitOfWork,
    incidents_by_id: Mapping[UUID, Incident],
    clocks: Sequence[IncidentClock],
    histories: Mapping[UUID, IncidentHistory],
    customer_ids: Mapping[UUID, UUID],
) -> ChangesOfCounts:
    """Evaluate the clocks of the incidents, and set the next deadline of each incident."""
    changes: ChangesOfCounts = []
    deadlines = defaultdict[UUID, list[datetime]](list)
    contexts, now = await load_clock_contexts(work, clocks, histories), to_microseconds(work.now)
    if len(contexts) <= FEW_CLOCKS:
        evaluations = [evaluate_clock(context, now) for context in contexts]
    else:  # in a thread, as many clocks take a while, in which other requests are to be answered
        evaluations = await asyncio.to_thread(lambda: [evaluate_clock(context, now) for context in contexts])
    for clock, context, evaluation in zip(clocks, contexts, evaluations, strict=True):
        before = _counted_instants(clock)
        _apply_evaluation(clock, evaluation)
        changed_instants = [instant for instant, _ in before ^ _counted_instants(clock)]
        changes += [(clock.agreement_id, min(changed_instants))] if changed_instants else []
        if context.history.cancelled_at is None:  # else a breach that was emitted stays
            emit_clock_changes(work, incidents_by_id[clock.incident_id], clock, customer_ids[clock.agreement_id])
        deadlines[clock.incident_id] += _list_deadlines(clock, evaluation)
    for incident in incidents_by_id.values():
        incident.next_deadline_at = min(deadlines[incident.id], default=None)
    return changes


def _counted_instants(clock: IncidentClock) -> set[tuple[datetime, ClockVerdict | None]]:
    """Return the instants that statements can depend on: when its objective began to apply, and how it ended."""
    instants = (clock.entered_at, None), (clock.ended_at, clock.verdict)
    return {(instant, verdict) for instant, verdict in instants if instant is not None}


def _apply_evaluation(clock: IncidentClock, evaluation: ClockEvaluation | None) -> None:
    deadline = None if evaluation is None else evaluation.deadline
    clock.verdict = ClockVerdict.RELEASED if evaluation is None else evaluation.verdict
    for field in ("due_at", "due_soon_at"):
        setattr(clock, field, to_optional_datetime(getattr(deadline, field, None)))
    for field in ("entered_at", "decided_at", "stopped_at", "ended_at"):
        setattr(clock, field, to_optional_datetime(getattr(evaluation, field, None)))


def _list_deadlines(clock: IncidentClock, evaluation: ClockEvaluation | None) -> list[datetime]:
    """List the first instant at which the clock is past due soon, or late, if nothing else happens."""
    if evaluation is None or evaluation.verdict is not ClockVerdict.RUNNING:
        return []
    breach_at = to_optional_datetime(evaluation.deadline.breach_at)
    deadline = clock.due_soon_at if clock.is_due_soon_pending else breach_at
    return [] if deadline is None else [deadline + ONE_MICROSECOND]


async def _record_corrections(work: UnitOfWork, changes: Iterable[tuple[UUID, datetime]]) -> None:
    """Record a correction for each agreement whose closed periods the changes reach, so that they are restated."""
    earliest_changes = dict(sorted(changes, reverse=True))  # the last of each agreement stays
    closed_until = await store.load_closed_until(work, earliest_changes) if earliest_changes else {}
    for agreement_id, until in sorted(closed_until.items()):
        since = earliest_changes[agreement_id]
        if since < until:
            record_correction(work, agreement_id, since, until, CORRECTION_REASON)
