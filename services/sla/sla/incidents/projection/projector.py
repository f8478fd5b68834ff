"""Writes down what the log says of incidents, tells what is new in it, and when to look at them again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.corrections.actions import record_correction
from sla.hours.spans import to_datetime, to_microseconds
from sla.incidents import store
from sla.incidents.clocks.verdict import ClockEvaluation, ClockVerdict, evaluate_clock
from sla.incidents.history import IncidentEventKind, IncidentHistory
from sla.incidents.model import Incident, IncidentClock, IncidentEvent, IncidentEvidence
from sla.incidents.projection.clock_assignment import ClockAssigner
from sla.incidents.projection.events import (
    emit_breach_withdrawal,
    emit_clock_changes,
    emit_incident_changes,
    is_due_soon_pending,
    to_optional_datetime,
)

CORRECTION_REASON = "What was told later changes how incidents count in a closed period."


class _Presence(NamedTuple):
    """What a statement can depend on of a clock."""

    verdict: ClockVerdict
    entered_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, clock: IncidentClock) -> Self:
        return cls(clock.verdict, clock.entered_at, clock.ended_at)

    def differs_from(self, other: Self) -> datetime | None:
        """From which instant on; None if they are the same."""
        if self == other:
            return None
        entered, ended = {self.entered_at, other.entered_at}, {self.ended_at, other.ended_at}
        return min(one for one in (entered if len(entered) > 1 else ended) if one is not None)


async def project_incidents(work: UnitOfWork, incidents: Iterable[Incident]) -> None:
    """`incidents`: locked. Safe to do again at any time: nothing is told twice."""
    ours = list(incidents)
    known = await store.load_incident_evidence(work, [incident.id for incident in ours])
    binder, touched = ClockAssigner(work), dict[UUID, datetime]()
    moved = [await _settle_incident(binder, incident, known, touched) for incident in ours]
    if any(moved):
        await work.flush()
        known = await store.load_incident_evidence(work, [incident.id for incident in ours])
    for incident in ours:
        _settle_clocks(work, incident, known, touched)
    await _note_corrections(work, touched)


async def _settle_incident(
    binder: ClockAssigner, incident: Incident, known: IncidentEvidence, touched: dict[UUID, datetime]
) -> bool:
    """Whether it opened, or opened at another instant than before, so that other agreements may bind it."""
    history = known.history(incident.id)
    if history.opened_at is None:
        return False
    moved = incident.opened_at != to_datetime(history.opened_at)
    if incident.opened_at is None:
        await _concern(binder, incident, known.events[incident.id])
    emit_incident_changes(binder.work, incident, history)
    _write_down(incident, history)
    if moved:
        for gone in await binder.assign_clocks(incident, known.clocks.get(incident.id, ())):
            _touch(touched, gone, gone.entered_at)
    return moved


async def _concern(binder: ClockAssigner, incident: Incident, events: Sequence[IncidentEvent]) -> None:
    """Whom and what it concerns, as every opening of it says."""
    concern = next(event.subject for event in events if event.kind is IncidentEventKind.OPENED)
    service_id = await binder.find_service_id(concern)
    incident.known_at, incident.customer_id = binder.work.now, concern.customer_id
    incident.offering_id, incident.service_id = concern.offering_id, service_id


def _write_down(incident: Incident, history: IncidentHistory) -> None:
    incident.state, incident.title, incident.priority = history.state, history.title, history.priority
    incident.assignee, incident.reopened = history.assignee, history.reopen_count
    incident.opened_at, incident.acknowledged_at = (
        to_optional_datetime(history.opened_at),
        to_optional_datetime(history.acknowledged_at),
    )
    incident.resolved_at, incident.closed_at = (
        to_optional_datetime(history.resolved_at),
        to_optional_datetime(history.closed_at),
    )
    incident.cancelled_at = to_optional_datetime(history.cancelled_at)


def _settle_clocks(
    work: UnitOfWork, incident: Incident, known: IncidentEvidence, touched: dict[UUID, datetime]
) -> None:
    history = known.history(incident.id)
    looks = []
    for clock in known.clocks.get(incident.id, ()):
        terms, before = known.terms[clock.terms_sha256], _Presence.of(clock)
        found = evaluate_clock(known.clock_context(clock, history), to_microseconds(work.now))
        _write_clock(clock, found)
        _touch(touched, clock, _Presence.of(clock).differs_from(before))
        if found is not None:
            emit_clock_changes(work, incident, clock, terms, found)
            looks.append(_next_look(clock, found))
        elif history.cancelled_at is None:  # else a breach that was told stays told
            emit_breach_withdrawal(work, incident, clock, terms)
    incident.next_deadline_at = min((at for at in looks if at is not None), default=None)


def _touch(touched: dict[UUID, datetime], clock: IncidentClock, since: datetime | None) -> None:
    if since is not None:
        touched[clock.agreement_id] = min(since, touched.get(clock.agreement_id, since))


def _write_clock(clock: IncidentClock, found: ClockEvaluation | None) -> None:
    if found is None:
        clock.verdict = ClockVerdict.RELEASED
        clock.entered_at = clock.due_at = clock.due_soon_at = None
        clock.decided_at = clock.stopped_at = clock.ended_at = None
        return
    clock.verdict, clock.entered_at = found.verdict, to_datetime(found.entered_at)
    clock.due_at, clock.due_soon_at = (
        to_optional_datetime(found.deadline.due_at),
        to_optional_datetime(found.deadline.due_soon_at),
    )
    clock.decided_at, clock.stopped_at = to_optional_datetime(found.decided_at), to_optional_datetime(found.stopped_at)
    clock.ended_at = to_optional_datetime(found.ended_at)


def _next_look(clock: IncidentClock, found: ClockEvaluation) -> datetime | None:
    """The next instant at which something has to be told of the clock, if nothing else happens."""
    if found.verdict is not ClockVerdict.RUNNING:
        return None
    return to_optional_datetime(
        found.deadline.due_soon_at if is_due_soon_pending(clock, found) else found.deadline.breach_at
    )


async def _note_corrections(work: UnitOfWork, touched: dict[UUID, datetime]) -> None:
    """By agreement, from when on its incidents count otherwise than before: what of that is closed is stated again."""
    for agreement_id, since in sorted(touched.items()):
        closed = await store.get_closed_until(work, agreement_id)
        if since < closed:
            record_correction(work, agreement_id, since, closed, CORRECTION_REASON)
