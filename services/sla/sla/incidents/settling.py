"""Writes down what the log says of incidents, tells what is new in it, and when to look at them again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from common.work import Work
from sla.corrections.actions import note
from sla.hours.spans import microseconds, moment
from sla.incidents import store
from sla.incidents.binding import Binder
from sla.incidents.history import History, Kind
from sla.incidents.judgement import Judgement, Verdict, judge
from sla.incidents.model import Evidence, Incident, IncidentClock, IncidentEvent
from sla.incidents.telling import instant, tell_changes, tell_clock, tell_withdrawal, warns

CHANGED = "What was told later changes how incidents count in a closed period."


class _Presence(NamedTuple):
    """What a statement can depend on of a clock."""

    verdict: Verdict
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


async def settle(work: Work, incidents: Iterable[Incident]) -> None:
    """`incidents`: locked. Safe to do again at any time: nothing is told twice."""
    ours = list(incidents)
    known = await store.evidence(work, [incident.id for incident in ours])
    binder, touched = Binder(work), dict[UUID, datetime]()
    moved = [await _settle_incident(binder, incident, known, touched) for incident in ours]
    if any(moved):
        await work.flush()
        known = await store.evidence(work, [incident.id for incident in ours])
    for incident in ours:
        _settle_clocks(work, incident, known, touched)
    await _note_corrections(work, touched)


async def _settle_incident(binder: Binder, incident: Incident, known: Evidence, touched: dict[UUID, datetime]) -> bool:
    """Whether it opened, or opened at another instant than before, so that other agreements may bind it."""
    history = known.history(incident.id)
    if history.opened_at is None:
        return False
    moved = incident.opened_at != moment(history.opened_at)
    if incident.opened_at is None:
        await _concern(binder, incident, known.events[incident.id])
    tell_changes(binder.work, incident, history)
    _write_down(incident, history)
    if moved:
        for gone in await binder.bind(incident, known.clocks.get(incident.id, ())):
            _touch(touched, gone, gone.entered_at)
    return moved


async def _concern(binder: Binder, incident: Incident, events: Sequence[IncidentEvent]) -> None:
    """Whom and what it concerns, as every opening of it says."""
    concern = next(event.concerns for event in events if event.kind is Kind.OPENED)
    service_id = await binder.service_of(concern)
    incident.known_at, incident.customer_id = binder.work.now, concern.customer_id
    incident.offering_id, incident.service_id = concern.offering_id, service_id


def _write_down(incident: Incident, history: History) -> None:
    incident.state, incident.title, incident.priority = history.state, history.title, history.priority
    incident.assignee, incident.reopened = history.assignee, history.reopened
    incident.opened_at, incident.acknowledged_at = instant(history.opened_at), instant(history.acknowledged_at)
    incident.resolved_at, incident.closed_at = instant(history.resolved_at), instant(history.closed_at)
    incident.cancelled_at = instant(history.cancelled_at)


def _settle_clocks(work: Work, incident: Incident, known: Evidence, touched: dict[UUID, datetime]) -> None:
    history = known.history(incident.id)
    looks = []
    for clock in known.clocks.get(incident.id, ()):
        terms, before = known.terms[clock.terms_sha256], _Presence.of(clock)
        found = judge(known.case(clock, history), microseconds(work.now))
        _write_clock(clock, found)
        _touch(touched, clock, _Presence.of(clock).differs_from(before))
        if found is not None:
            tell_clock(work, incident, clock, terms, found)
            looks.append(_next_look(clock, found))
        elif history.cancelled_at is None:  # else a breach that was told stays told
            tell_withdrawal(work, incident, clock, terms)
    incident.next_deadline_at = min((at for at in looks if at is not None), default=None)


def _touch(touched: dict[UUID, datetime], clock: IncidentClock, since: datetime | None) -> None:
    if since is not None:
        touched[clock.agreement_id] = min(since, touched.get(clock.agreement_id, since))


def _write_clock(clock: IncidentClock, found: Judgement | None) -> None:
    if found is None:
        clock.verdict = Verdict.RELEASED
        clock.entered_at = clock.due_at = clock.due_soon_at = None
        clock.decided_at = clock.stopped_at = clock.ended_at = None
        return
    clock.verdict, clock.entered_at = found.verdict, moment(found.entered_at)
    clock.due_at, clock.due_soon_at = instant(found.deadline.due), instant(found.deadline.warning)
    clock.decided_at, clock.stopped_at = instant(found.decided_at), instant(found.stopped_at)
    clock.ended_at = instant(found.ended_at)


def _next_look(clock: IncidentClock, found: Judgement) -> datetime | None:
    """The next instant at which something has to be told of the clock, if nothing else happens."""
    if found.verdict is not Verdict.RUNNING:
        return None
    return instant(found.deadline.warning if warns(clock, found) else found.deadline.breach)


async def _note_corrections(work: Work, touched: dict[UUID, datetime]) -> None:
    """By agreement, from when on its incidents count otherwise than before: what of that is closed is stated again."""
    for agreement_id, since in sorted(touched.items()):
        closed = await store.closed_until(work, agreement_id)
        if since < closed:
            note(work, agreement_id, since, closed, CHANGED)
