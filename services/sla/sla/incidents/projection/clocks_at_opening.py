"""Gives incidents the clocks of the agreements in force when they open, or are moved to what those are about."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.schedule import EditionUsed
from sla.hours.spans import to_datetime, to_microseconds
from sla.incidents import store
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import upsert_clock_terms
from sla.incidents.clocks.terms import ClockTerms, build_clock_terms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.history import IncidentHistory, IncidentSubject
from sla.incidents.model import Incident

ClockKey = tuple[UUID, UUID, UUID]
"""An incident, an agreement, and one of its objectives."""


class AssignedClocks(NamedTuple):
    clocks: list[IncidentClock]
    """The clocks that the incidents have now; new ones are not stored yet."""
    surplus: list[IncidentClock]
    """The clocks that are to be deleted."""


class _Placement(NamedTuple):
    incident_id: UUID
    subject: IncidentSubject
    since: datetime
    known_at: datetime
    """When it was first reported."""


async def assign_clocks(
    work: UnitOfWork,
    incidents: Sequence[Incident],
    clocks: Sequence[IncidentClock],
    histories: Mapping[UUID, IncidentHistory],
) -> AssignedClocks:
    """Give the incidents the clocks that they must have, of `clocks`, which belong to them and to others, or new."""
    if not incidents:
        return AssignedClocks([*clocks], [])
    incident_ids = {incident.id for incident in incidents}
    earlier: dict[ClockKey, IncidentClock] = {
        (clock.incident_id, clock.agreement_id, clock.objective_id): clock
        for clock in clocks
        if clock.incident_id in incident_ids
    }
    applicable = await _load_applicable_terms(work, _list_placements(incidents, histories))
    stored_terms = await upsert_clock_terms(work, (terms for _, terms in applicable.values()))
    assigned = [clock for clock in clocks if clock.incident_id not in incident_ids]
    for key, (version, terms) in applicable.items():
        clock = earlier.get(key) or _build_clock(key)
        clock.agreement_version, clock.terms_sha256 = version, terms.sha256
        clock.stored_terms = stored_terms[terms.sha256]
        assigned.append(clock)
    return AssignedClocks(assigned, [clock for key, clock in earlier.items() if key not in applicable])


def _build_clock(key: ClockKey) -> IncidentClock:
    incident_id, agreement_id, objective_id = key
    return IncidentClock(
        id=new_id(),
        incident_id=incident_id,
        agreement_id=agreement_id,
        objective_id=objective_id,
        verdict=ClockVerdict.RELEASED,
    )


def _list_placements(incidents: Iterable[Incident], histories: Mapping[UUID, IncidentHistory]) -> list[_Placement]:
    placements = []
    for incident in incidents:
        opening_known_at = to_microseconds(incident.opening_reported_at) if incident.opening_reported_at else 0
        for number, (subject, since, reported_at) in enumerate(histories[incident.id].placements):
            # An opening may be reported again, with another instant: what was known at first decides.
            known_at = max(opening_known_at, reported_at if number else 0)
            placements.append(_Placement(incident.id, subject, to_datetime(since), to_datetime(known_at)))
    return placements


async def _load_applicable_terms(
    work: UnitOfWork, placements: Sequence[_Placement]
) -> dict[ClockKey, tuple[int, ClockTerms]]:
    """Load the version in force on the day of each placement, as known when that was first reported, with its terms.

    The first placement under an agreement decides, if an incident comes back to it. Of closure calendars the clock has
    the editions that were approved when the incident was placed, however late that was reported.
    """
    agreement_ids = await store.load_agreement_ids_by_subject(work, {placement.subject for placement in placements})
    applicable: dict[ClockKey, tuple[int, ClockTerms]] = {}
    for known_at, placed in _group_by_report(placements).items():
        concerned = [(placement, key) for placement in placed for key in agreement_ids[placement.subject]]
        schedules = await agreements.load_schedules(work, {key for _, key in concerned}, known_at=known_at)
        terms_by_binding: dict[tuple[UUID, int, tuple[EditionUsed, ...]], list[ClockTerms]] = {}
        for placement, agreement_id in concerned:
            binding = schedules[agreement_id].binding_at(placement.since)
            if binding is None:
                continue
            promised = binding.as_of_promise(placement.since)
            key = agreement_id, promised.version, promised.editions
            if key not in terms_by_binding:
                terms_by_binding[key] = build_clock_terms(promised.terms)
            for terms in terms_by_binding[key]:
                clock_key = placement.incident_id, agreement_id, terms.objective.id
                applicable.setdefault(clock_key, (binding.version, terms))
    return applicable


def _group_by_report(placements: Iterable[_Placement]) -> dict[datetime, list[_Placement]]:
    """Group the placements by the instant as known at which they are bound, in the order of these instants."""
    placed = defaultdict[datetime, list[_Placement]](list)
    for placement in sorted(placements, key=lambda placement: placement.known_at):
        placed[placement.known_at].append(placement)
    return placed
