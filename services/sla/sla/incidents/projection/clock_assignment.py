"""Gives incidents the clocks of the agreements that are in force when they open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.schedule import Schedule
from sla.incidents import store
from sla.incidents.clocks.terms import ClockTerms, build_clock_terms, hash_clock_terms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.model import Incident, IncidentClock, IncidentSubject
from sla.incidents.projection.events import emit_breach_withdrawal

ApplicableObjectives = dict[tuple[UUID, UUID], tuple[int, ClockTerms]]
"""By agreement and objective, the version and what its clock runs under."""


@dataclass(slots=True)
class ClockAssigner:
    """For one unit of work: what many of its incidents have in common is read once."""

    work: UnitOfWork
    service_ids_by_offering: dict[UUID, UUID] = field(default_factory=dict)
    """By offering."""
    agreement_ids_by_subject: dict[IncidentSubject, Sequence[UUID]] = field(default_factory=dict)
    schedules: dict[tuple[UUID, datetime | None], Schedule] = field(default_factory=dict)
    saved_terms: set[str] = field(default_factory=set)

    async def find_service_id(self, concern: IncidentSubject) -> UUID | None:
        if concern.offering_id is None:
            return concern.service_id
        if concern.offering_id not in self.service_ids_by_offering:
            self.service_ids_by_offering |= await store.load_service_ids_by_offering(self.work, [concern.offering_id])
        return self.service_ids_by_offering[concern.offering_id]

    async def assign_clocks(self, incident: Incident, clocks: Iterable[IncidentClock]) -> list[IncidentClock]:
        """Give it the clocks it has to have. Answers those that were taken away."""
        wanted = await self._wanted(incident)
        given = {(clock.agreement_id, clock.objective_id): clock for clock in clocks}
        for (agreement_id, objective_id), (version, terms) in wanted.items():
            clock = given.get((agreement_id, objective_id)) or IncidentClock(
                id=new_id(),
                incident_id=incident.id,
                agreement_id=agreement_id,
                objective_id=objective_id,
                verdict=ClockVerdict.RELEASED,
            )
            clock.agreement_version, clock.terms_sha256 = version, await self._keep(terms)
            self.work.add(clock)
        gone = [clock for key, clock in given.items() if key not in wanted]
        for clock in gone:
            await self._take_away(incident, clock)
        return gone

    async def _wanted(self, incident: Incident) -> ApplicableObjectives:
        """By what was in force on the day on which it opened, as it was known when that was told first."""
        found: ApplicableObjectives = {}
        for agreement_id in await self._concerned(incident):
            schedule = await self._schedule(agreement_id, incident.known_at)
            opened_at = incident.opened_at
            if opened_at is None or not schedule.bindings:
                continue
            binding = schedule.binding_on(schedule.local_day(opened_at))
            if binding is not None:
                named = {(agreement_id, one.objective.id): one for one in build_clock_terms(binding.terms)}
                found |= {key: (binding.version, terms) for key, terms in named.items()}
        return found

    async def _concerned(self, incident: Incident) -> Sequence[UUID]:
        concern = incident.subject
        if concern is None:
            return ()
        if concern not in self.agreement_ids_by_subject:
            self.agreement_ids_by_subject[concern] = await store.list_agreement_ids_for_subject(self.work, concern)
        return self.agreement_ids_by_subject[concern]

    async def _schedule(self, agreement_id: UUID, known_at: datetime | None) -> Schedule:
        key = agreement_id, known_at
        if key not in self.schedules:
            self.schedules[key] = await agreements.load_schedule(self.work, agreement_id, known_at=known_at)
        return self.schedules[key]

    async def _keep(self, terms: ClockTerms) -> str:
        document = terms.to_document()
        sha256 = hash_clock_terms(document)
        if sha256 not in self.saved_terms:
            await store.upsert_clock_terms(self.work, sha256, document)
            self.saved_terms.add(sha256)
        return sha256

    async def _take_away(self, incident: Incident, clock: IncidentClock) -> None:
        terms = await store.load_clock_terms(self.work, [clock.terms_sha256])
        emit_breach_withdrawal(self.work, incident, clock, terms[clock.terms_sha256])
        await self.work.session.delete(clock)
