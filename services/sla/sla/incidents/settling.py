"""Writes down what the log says of incidents, tells what is new in it, and when to look at them again."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID

from common.ids import new_id
from common.work import Work
from sla.corrections.actions import note
from sla.hours.spans import microseconds, moment
from sla.incidents import store
from sla.incidents.history import History, Kind
from sla.incidents.judgement import Judgement, Verdict, judge
from sla.incidents.model import Evidence, Incident, IncidentClock, IncidentEvent
from sla.incidents.promise import ClockTerms, clock_terms, fingerprint
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
    moved = [await _settle_incident(work, incident, known) for incident in ours]
    if any(moved):
        await work.flush()
        known = await store.evidence(work, [incident.id for incident in ours])
    touched: dict[UUID, datetime] = {}
    for incident in ours:
        _settle_clocks(work, incident, known, touched)
    await note_touched(work, touched)


async def _settle_incident(work: Work, incident: Incident, known: Evidence) -> bool:
    """Whether it opened, or opened at another instant than before, so that other agreements may bind it."""
    history = known.history(incident.id)
    if history.opened_at is None:
        return False
    moved = incident.opened_at != moment(history.opened_at)
    if incident.opened_at is None:
        await _concern(work, incident, known.events[incident.id])
    tell_changes(work, incident, history)
    _write_down(incident, history)
    if moved:
        await _bind(work, incident, known.clocks.get(incident.id, ()))
    return moved


async def _concern(work: Work, incident: Incident, events: Sequence[IncidentEvent]) -> None:
    """Whom and what it concerns, as every opening of it says."""
    concern = next(event.concerns for event in events if event.kind is Kind.OPENED)
    service_id = concern.service_id
    if concern.offering_id is not None:
        service_id = (await store.known_offerings(work, [concern.offering_id]))[concern.offering_id]
    incident.known_at, incident.customer_id = work.now, concern.customer_id
    incident.offering_id, incident.service_id = concern.offering_id, service_id


def _write_down(incident: Incident, history: History) -> None:
    incident.state, incident.title, incident.priority = history.state, history.title, history.priority
    incident.assignee, incident.reopened = history.assignee, history.reopened
    incident.opened_at, incident.acknowledged_at = instant(history.opened_at), instant(history.acknowledged_at)
    incident.resolved_at, incident.closed_at = instant(history.resolved_at), instant(history.closed_at)


async def _bind(work: Work, incident: Incident, clocks: Iterable[IncidentClock]) -> None:
    """Give it the clocks of the agreements that were in force when it opened, and take others away."""
    wanted: dict[tuple[UUID, UUID], tuple[int, ClockTerms]] = {}
    for agreement_id, binding in (await store.bindings(work, incident)).items():
        for terms in clock_terms(binding.terms):
            wanted[agreement_id, terms.objective.id] = binding.version, terms
    await store.keep_terms(work, {fingerprint(terms.document()): terms for _, terms in wanted.values()})
    given = {(clock.agreement_id, clock.objective_id): clock for clock in clocks}
    for key in given.keys() - wanted.keys():
        await _take_away(work, incident, given[key])
    for (agreement_id, objective_id), (version, terms) in wanted.items():
        clock = given.get((agreement_id, objective_id)) or IncidentClock(
            id=new_id(),
            incident_id=incident.id,
            agreement_id=agreement_id,
            objective_id=objective_id,
            verdict=Verdict.RELEASED,
        )
        clock.agreement_version, clock.terms_sha256 = version, fingerprint(terms.document())
        work.add(clock)


async def _take_away(work: Work, incident: Incident, clock: IncidentClock) -> None:
    terms = await store.clock_terms(work, [clock.terms_sha256])
    tell_withdrawal(work, incident, clock, terms[clock.terms_sha256])
    if clock.entered_at is not None:
        await note_touched(work, {clock.agreement_id: clock.entered_at})
    await work.session.delete(clock)


def _settle_clocks(work: Work, incident: Incident, known: Evidence, touched: dict[UUID, datetime]) -> None:
    history = known.history(incident.id)
    # What is told of the next minutes, by a clock that is fast, counts as having happened.
    now = max(microseconds(work.now), history.last_at or 0)
    looks = []
    for clock in known.clocks.get(incident.id, ()):
        terms, before = known.terms[clock.terms_sha256], _Presence.of(clock)
        found = judge(known.case(clock, history), now)
        _write_clock(clock, found)
        since = _Presence.of(clock).differs_from(before)
        if since is not None:
            touched[clock.agreement_id] = min(since, touched.get(clock.agreement_id, since))
        if found is None:
            tell_withdrawal(work, incident, clock, terms)
        else:
            tell_clock(work, incident, clock, terms, found)
            looks.append(_next_look(clock, found))
    incident.next_deadline_at = min((at for at in looks if at is not None), default=None)


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


async def note_touched(work: Work, touched: dict[UUID, datetime]) -> None:
    """By agreement, from when on its incidents count otherwise than before: what of that is closed is stated again."""
    for agreement_id, since in sorted(touched.items()):
        closed = await store.closed_until(work, agreement_id)
        if since < closed:
            note(work, agreement_id, since, closed, CHANGED)
