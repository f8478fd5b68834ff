"""Gives incidents the clocks of the agreements that are in force when they open."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.incidents import store
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import insert_clock_terms, list_clocks
from sla.incidents.clocks.terms import ClockTerms, build_clock_terms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.model import Incident, IncidentSubject
from sla.incidents.projection.events import emit_breach_withdrawal

ClockKey = tuple[UUID, UUID, UUID]
"""An incident, an agreement, and one of its objectives."""


async def assign_clocks(work: UnitOfWork, incidents: Sequence[Incident]) -> list[IncidentClock]:
    """Give the incidents the clocks that they must have, and return those that were taken away."""
    if not incidents:
        return []
    incidents_by_id = {incident.id: incident for incident in incidents}
    clocks: dict[ClockKey, IncidentClock] = {
        (clock.incident_id, clock.agreement_id, clock.objective_id): clock
        for clock in await list_clocks(work, incidents_by_id.keys())
    }
    applicable = await _load_applicable_terms(work, incidents)
    await insert_clock_terms(work, [terms for _, terms in applicable.values()])
    for key, (version, terms) in applicable.items():
        incident_id, agreement_id, objective_id = key
        clock = clocks.get(key) or IncidentClock(
            incident_id=incident_id,
            agreement_id=agreement_id,
            objective_id=objective_id,
            verdict=ClockVerdict.RELEASED,
        )
        clock.agreement_version, clock.terms_sha256 = version, terms.sha256
        work.add(clock)
    surplus = [clock for key, clock in clocks.items() if key not in applicable]
    for clock in surplus:
        emit_breach_withdrawal(work, incidents_by_id[clock.incident_id], clock)
        await work.session.delete(clock)
    return surplus


async def _load_applicable_terms(
    work: UnitOfWork, incidents: Sequence[Incident]
) -> dict[ClockKey, tuple[int, ClockTerms]]:
    """Load the version in force on the day of each opening, as known when that was first reported, with its terms."""
    incidents_by_subject = defaultdict[tuple[IncidentSubject, datetime | None], list[Incident]](list)
    for incident in incidents:
        if incident.subject is not None:
            incidents_by_subject[incident.subject, incident.opening_reported_at].append(incident)
    applicable: dict[ClockKey, tuple[int, ClockTerms]] = {}
    for (subject, known_at), opened in incidents_by_subject.items():
        for agreement_id in await store.list_agreement_ids_for_subject(work, subject):
            schedule = await agreements.load_schedule(work, agreement_id, known_at=known_at)
            terms_by_version = {binding.version: build_clock_terms(binding.terms) for binding in schedule.bindings}
            for incident in opened if schedule.bindings else ():
                binding = schedule.binding_on(schedule.local_day(incident.opened_at or work.now))
                if binding is not None:
                    for terms in terms_by_version[binding.version]:
                        applicable[incident.id, agreement_id, terms.objective.id] = binding.version, terms
    return applicable
