"""Gives incidents the clocks of the agreements that are in force when they open."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.incidents import store
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import store_clock_terms
from sla.incidents.clocks.terms import ClockTerms, build_clock_terms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.model import Incident
from sla.incidents.projection.events import emit_breach_withdrawal

ClockKey = tuple[UUID, UUID, UUID]
"""An incident, an agreement, and one of its objectives."""


class AssignedClocks(NamedTuple):
    clocks: list[IncidentClock]
    """The clocks that the incidents have now; new ones are not stored yet."""
    surplus: list[IncidentClock]
    """The clocks that are to be deleted."""


async def assign_clocks(
    work: UnitOfWork, incidents: Sequence[Incident], clocks: Sequence[IncidentClock]
) -> AssignedClocks:
    """Give the incidents the clocks that they must have, of `clocks`, which belong to them and to others, or new."""
    if not incidents:
        return AssignedClocks([*clocks], [])
    incidents_by_id = {incident.id: incident for incident in incidents}
    earlier: dict[ClockKey, IncidentClock] = {
        (clock.incident_id, clock.agreement_id, clock.objective_id): clock
        for clock in clocks
        if clock.incident_id in incidents_by_id
    }
    applicable = await _load_applicable_terms(work, incidents)
    stored_terms = await store_clock_terms(work, (terms for _, terms in applicable.values()))
    assigned = [clock for clock in clocks if clock.incident_id not in incidents_by_id]
    for key, (version, terms) in applicable.items():
        clock = earlier.get(key) or _build_clock(key)
        clock.agreement_version, clock.terms_sha256 = version, terms.sha256
        clock.stored_terms = stored_terms[terms.sha256]
        assigned.append(clock)
    surplus = [clock for key, clock in earlier.items() if key not in applicable]
    for clock in surplus:
        emit_breach_withdrawal(work, incidents_by_id[clock.incident_id], clock)
    return AssignedClocks(assigned, surplus)


def _build_clock(key: ClockKey) -> IncidentClock:
    incident_id, agreement_id, objective_id = key
    return IncidentClock(
        id=new_id(),
        incident_id=incident_id,
        agreement_id=agreement_id,
        objective_id=objective_id,
        verdict=ClockVerdict.RELEASED,
    )


async def _load_applicable_terms(
    work: UnitOfWork, incidents: Sequence[Incident]
) -> dict[ClockKey, tuple[int, ClockTerms]]:
    """Load the version in force on the day of each opening, as known when that was first reported, with its terms."""
    subjects = {incident.subject for incident in incidents if incident.subject is not None}
    agreement_ids = await store.load_agreement_ids_by_subject(work, subjects)
    applicable: dict[ClockKey, tuple[int, ClockTerms]] = {}
    for known_at, opened in _group_by_first_report(incidents).items():
        concerned = [
            (incident, key) for incident in opened if incident.subject for key in agreement_ids[incident.subject]
        ]
        schedules = await agreements.load_schedules(work, {key for _, key in concerned}, known_at=known_at)
        terms_by_version: dict[tuple[UUID, int], list[ClockTerms]] = {}
        for incident, agreement_id in concerned:
            binding = schedules[agreement_id].binding_at(incident.opened_at or work.now)
            if binding is None:
                continue
            key = agreement_id, binding.version
            if key not in terms_by_version:
                terms_by_version[key] = build_clock_terms(binding.terms)
            for terms in terms_by_version[key]:
                applicable[incident.id, agreement_id, terms.objective.id] = binding.version, terms
    return applicable


def _group_by_first_report(incidents: Iterable[Incident]) -> dict[datetime | None, list[Incident]]:
    incidents_by_instant = defaultdict[datetime | None, list[Incident]](list)
    for incident in incidents:
        incidents_by_instant[incident.opening_reported_at].append(incident)
    return incidents_by_instant
