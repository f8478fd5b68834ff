"""Gives incidents the clocks of the agreements that are in force when they open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from common.ids import new_id
from common.work import Work
from sla.agreements import store as agreements
from sla.agreements.schedule import Schedule
from sla.incidents import store
from sla.incidents.judgement import Verdict
from sla.incidents.model import Concern, Incident, IncidentClock
from sla.incidents.promise import ClockTerms, clock_terms, fingerprint
from sla.incidents.telling import tell_withdrawal

Objectives = dict[tuple[UUID, UUID], tuple[int, ClockTerms]]
"""By agreement and objective, the version and what its clock runs under."""


@dataclass(slots=True)
class Binder:
    """For one unit of work: what many of its incidents have in common is read once."""

    work: Work
    services: dict[UUID, UUID] = field(default_factory=dict)
    """By offering."""
    agreements: dict[Concern, Sequence[UUID]] = field(default_factory=dict)
    schedules: dict[tuple[UUID, datetime | None], Schedule] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    async def service_of(self, concern: Concern) -> UUID | None:
        if concern.offering_id is None:
            return concern.service_id
        if concern.offering_id not in self.services:
            self.services |= await store.known_offerings(self.work, [concern.offering_id])
        return self.services[concern.offering_id]

    async def bind(self, incident: Incident, clocks: Iterable[IncidentClock]) -> list[IncidentClock]:
        """Give it the clocks it has to have. Answers those that were taken away."""
        wanted = await self._wanted(incident)
        given = {(clock.agreement_id, clock.objective_id): clock for clock in clocks}
        for (agreement_id, objective_id), (version, terms) in wanted.items():
            clock = given.get((agreement_id, objective_id)) or IncidentClock(
                id=new_id(),
                incident_id=incident.id,
                agreement_id=agreement_id,
                objective_id=objective_id,
                verdict=Verdict.RELEASED,
            )
            clock.agreement_version, clock.terms_sha256 = version, await self._keep(terms)
            self.work.add(clock)
        gone = [clock for key, clock in given.items() if key not in wanted]
        for clock in gone:
            await self._take_away(incident, clock)
        return gone

    async def _wanted(self, incident: Incident) -> Objectives:
        """By what was in force on the day on which it opened, as it was known when that was told first."""
        found: Objectives = {}
        for agreement_id in await self._concerned(incident):
            schedule = await self._schedule(agreement_id, incident.known_at)
            opened_at = incident.opened_at
            if opened_at is None or not schedule.bindings:
                continue
            binding = schedule.binding_on(schedule.local_day(opened_at))
            if binding is not None:
                named = {(agreement_id, one.objective.id): one for one in clock_terms(binding.terms)}
                found |= {key: (binding.version, terms) for key, terms in named.items()}
        return found

    async def _concerned(self, incident: Incident) -> Sequence[UUID]:
        concern = incident.concerns
        if concern is None:
            return ()
        if concern not in self.agreements:
            self.agreements[concern] = await store.agreements_on(self.work, concern)
        return self.agreements[concern]

    async def _schedule(self, agreement_id: UUID, known_at: datetime | None) -> Schedule:
        key = agreement_id, known_at
        if key not in self.schedules:
            self.schedules[key] = await agreements.schedule(self.work, agreement_id, known_at=known_at)
        return self.schedules[key]

    async def _keep(self, terms: ClockTerms) -> str:
        document = terms.document()
        sha256 = fingerprint(document)
        if sha256 not in self.kept:
            await store.keep_terms(self.work, sha256, document)
            self.kept.add(sha256)
        return sha256

    async def _take_away(self, incident: Incident, clock: IncidentClock) -> None:
        terms = await store.clock_terms(self.work, [clock.terms_sha256])
        tell_withdrawal(self.work, incident, clock, terms[clock.terms_sha256])
        await self.work.session.delete(clock)
