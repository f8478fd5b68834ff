"""Assigns to incidents the clocks of the agreements that are in force when they open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.canonical_json import hash_canonical_json
from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.schedule import Schedule
from sla.incidents import store
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import load_clock_terms, upsert_clock_terms
from sla.incidents.clocks.terms import ClockTerms, build_clock_terms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.model import Incident, IncidentSubject
from sla.incidents.projection.events import emit_breach_withdrawal

ApplicableObjectives = dict[tuple[UUID, UUID], tuple[int, ClockTerms]]
"""The version and the clock terms, by agreement and objective."""


@dataclass(slots=True)
class ClockAssigner:
    """Assigns clocks in one unit of work, and loads once what many incidents have in common."""

    work: UnitOfWork
    service_ids_by_offering: dict[UUID, UUID] = field(default_factory=dict)
    agreement_ids_by_subject: dict[IncidentSubject, Sequence[UUID]] = field(default_factory=dict)
    schedules: dict[tuple[UUID, datetime | None], Schedule] = field(default_factory=dict)
    """By agreement and by when it was known."""
    stored_terms: set[str] = field(default_factory=set)
    """The hashes of clock terms that are stored."""

    async def find_service_id(self, subject: IncidentSubject) -> UUID | None:
        if subject.offering_id is None:
            return subject.service_id
        if subject.offering_id not in self.service_ids_by_offering:
            self.service_ids_by_offering |= await store.load_service_ids_by_offering(self.work, [subject.offering_id])
        return self.service_ids_by_offering[subject.offering_id]

    async def assign_clocks(self, incident: Incident, clocks: Iterable[IncidentClock]) -> list[IncidentClock]:
        """Give the incident the clocks that it must have, and return those that were taken away."""
        objectives = await self._load_applicable_objectives(incident)
        clocks_by_objective = {(clock.agreement_id, clock.objective_id): clock for clock in clocks}
        for (agreement_id, objective_id), (version, terms) in objectives.items():
            clock = clocks_by_objective.get((agreement_id, objective_id)) or IncidentClock(
                id=new_id(),
                incident_id=incident.id,
                agreement_id=agreement_id,
                objective_id=objective_id,
                verdict=ClockVerdict.RELEASED,
            )
            clock.agreement_version, clock.terms_sha256 = version, await self._upsert_terms(terms)
            self.work.add(clock)
        surplus = [clock for objective, clock in clocks_by_objective.items() if objective not in objectives]
        for clock in surplus:
            await self._delete_clock(incident, clock)
        return surplus

    async def _load_applicable_objectives(self, incident: Incident) -> ApplicableObjectives:
        """Load what was in force on the day on which the incident opened, as known when that was first reported."""
        objectives: ApplicableObjectives = {}
        for agreement_id in await self._list_agreement_ids(incident.subject):
            schedule = await self._load_schedule(agreement_id, incident.opening_reported_at)
            opened_at = incident.opened_at
            if opened_at is None or not schedule.bindings:
                continue
            binding = schedule.binding_on(schedule.local_day(opened_at))
            if binding is not None:
                for terms in build_clock_terms(binding.terms):
                    objectives[agreement_id, terms.objective.id] = binding.version, terms
        return objectives

    async def _list_agreement_ids(self, subject: IncidentSubject | None) -> Sequence[UUID]:
        if subject is None:
            return ()
        if subject not in self.agreement_ids_by_subject:
            self.agreement_ids_by_subject[subject] = await store.list_agreement_ids_for_subject(self.work, subject)
        return self.agreement_ids_by_subject[subject]

    async def _load_schedule(self, agreement_id: UUID, known_at: datetime | None) -> Schedule:
        key = agreement_id, known_at
        if key not in self.schedules:
            self.schedules[key] = await agreements.load_schedule(self.work, agreement_id, known_at=known_at)
        return self.schedules[key]

    async def _upsert_terms(self, terms: ClockTerms) -> str:
        document = terms.to_document()
        sha256 = hash_canonical_json(document)
        if sha256 not in self.stored_terms:
            await upsert_clock_terms(self.work, sha256, document)
            self.stored_terms.add(sha256)
        return sha256

    async def _delete_clock(self, incident: Incident, clock: IncidentClock) -> None:
        terms = await load_clock_terms(self.work, [clock.terms_sha256])
        emit_breach_withdrawal(self.work, incident, clock, terms[clock.terms_sha256])
        await self.work.session.delete(clock)
