"""Projects reported events on incidents and their clocks, emits what is new, and sets their next deadlines."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.corrections.actions import record_correction
from sla.hours.spans import to_datetime, to_microseconds, to_optional_datetime
from sla.incidents import store
from sla.incidents.clocks.evidence import IncidentEvidence
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import load_incident_evidence
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict, evaluate_clock
from sla.incidents.history import IncidentEventKind, IncidentHistory
from sla.incidents.model import Incident, IncidentEvent
from sla.incidents.projection.clocks_at_opening import ClockAssigner
from sla.incidents.projection.events import (
    emit_breach_withdrawal,
    emit_clock_changes,
    emit_incident_changes,
    is_due_soon_pending,
)

CORRECTION_REASON = "What was reported later changes how incidents count in a closed period."

ChangesByAgreement = dict[UUID, datetime]
"""From when on an agreement's incidents count otherwise than before."""


class _ClockPosition(NamedTuple):
    """The state of a clock that statements can depend on."""

    verdict: ClockVerdict
    entered_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def from_clock(cls, clock: IncidentClock) -> Self:
        return cls(clock.verdict, clock.entered_at, clock.ended_at)

    def differs_from(self, other: Self) -> datetime | None:
        """Return the instant from which on they differ; None if they are the same."""
        if self == other:
            return None
        starts, ends = {self.entered_at, other.entered_at}, {self.ended_at, other.ended_at}
        return min(instant for instant in (starts if len(starts) > 1 else ends) if instant is not None)


async def project_incidents(work: UnitOfWork, incidents: Sequence[Incident]) -> None:
    """Bring locked incidents up to date with their events; doing it again emits nothing twice."""
    incident_ids = [incident.id for incident in incidents]
    evidence = await load_incident_evidence(work, incident_ids)
    histories = {incident_id: evidence.history(incident_id) for incident_id in incident_ids}
    assigner, changes = ClockAssigner(work), ChangesByAgreement()
    has_moved = [
        await _project_incident(assigner, incident, histories[incident.id], evidence, changes) for incident in incidents
    ]
    if any(has_moved):
        await work.flush()
        evidence = await load_incident_evidence(work, incident_ids)
    for incident in incidents:
        _project_clocks(work, incident, histories[incident.id], evidence, changes)
    await _record_corrections(work, changes)


async def _project_incident(
    assigner: ClockAssigner,
    incident: Incident,
    history: IncidentHistory,
    evidence: IncidentEvidence,
    changes: ChangesByAgreement,
) -> bool:
    """Project the incident; return whether its opening is new or has moved, so that other agreements may bind it."""
    if history.opened_at is None:
        return False
    has_moved = incident.opened_at != to_datetime(history.opened_at)
    if incident.opened_at is None:
        await _set_subject(assigner, incident, evidence.events[incident.id])
    emit_incident_changes(assigner.work, incident, history)
    _apply_history(incident, history)
    if has_moved:
        for clock in await assigner.assign_clocks(incident, evidence.clocks.get(incident.id, ())):
            _add_change(changes, clock, clock.entered_at)
    return has_moved


async def _set_subject(assigner: ClockAssigner, incident: Incident, events: Iterable[IncidentEvent]) -> None:
    """Set the subject, which all openings of the incident name alike."""
    subject = next(event.subject for event in events if event.kind is IncidentEventKind.OPENED)
    service_id = await assigner.find_service_id(subject)
    incident.opening_reported_at, incident.customer_id = assigner.work.now, subject.customer_id
    incident.offering_id, incident.service_id = subject.offering_id, service_id


def _apply_history(incident: Incident, history: IncidentHistory) -> None:
    for field in ("state", "title", "priority", "assignee", "reopen_count"):
        setattr(incident, field, getattr(history, field))
    for field in ("opened_at", "acknowledged_at", "resolved_at", "closed_at", "cancelled_at"):
        setattr(incident, field, to_optional_datetime(getattr(history, field)))


def _project_clocks(
    work: UnitOfWork,
    incident: Incident,
    history: IncidentHistory,
    evidence: IncidentEvidence,
    changes: ChangesByAgreement,
) -> None:
    deadlines = []
    for clock in evidence.clocks.get(incident.id, ()):
        terms, before = evidence.terms[clock.terms_sha256], _ClockPosition.from_clock(clock)
        evaluation = evaluate_clock(evidence.clock_context(clock, history), to_microseconds(work.now))
        _apply_evaluation(clock, evaluation)
        _add_change(changes, clock, _ClockPosition.from_clock(clock).differs_from(before))
        if evaluation is not None:
            emit_clock_changes(work, incident, clock, terms, evaluation)
            deadlines.append(_next_deadline(clock, evaluation))
        elif history.cancelled_at is None:  # else a breach that was emitted stays
            emit_breach_withdrawal(work, incident, clock, terms)
    incident.next_deadline_at = min((deadline for deadline in deadlines if deadline is not None), default=None)


def _add_change(changes: ChangesByAgreement, clock: IncidentClock, since: datetime | None) -> None:
    if since is not None:
        changes[clock.agreement_id] = min(since, changes.get(clock.agreement_id, since))


def _apply_evaluation(clock: IncidentClock, evaluation: ClockEvaluation | None) -> None:
    deadline = None if evaluation is None else evaluation.deadline
    clock.verdict = ClockVerdict.RELEASED if evaluation is None else evaluation.verdict
    for field in ("due_at", "due_soon_at"):
        setattr(clock, field, to_optional_datetime(getattr(deadline, field, None)))
    for field in ("entered_at", "decided_at", "stopped_at", "ended_at"):
        setattr(clock, field, to_optional_datetime(getattr(evaluation, field, None)))


def _next_deadline(clock: IncidentClock, evaluation: ClockEvaluation) -> datetime | None:
    """Return the instant at which the clock becomes due soon or late if nothing else happens."""
    if evaluation.verdict is not ClockVerdict.RUNNING:
        return None
    deadline = evaluation.deadline
    return to_optional_datetime(deadline.due_soon_at if is_due_soon_pending(clock, evaluation) else deadline.breach_at)


async def _record_corrections(work: UnitOfWork, changes: ChangesByAgreement) -> None:
    """Record a correction for each agreement whose closed periods the changes reach, so that they are restated."""
    for agreement_id, since in sorted(changes.items()):
        closed_until = await store.get_closed_until(work, agreement_id)
        if since < closed_until:
            record_correction(work, agreement_id, since, closed_until, CORRECTION_REASON)
