"""Gives incidents the clocks of the agreements in force when they open, or are moved to what those are about.

An objective on next answers gives a clock to each turn of the incident.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from common.ids import new_id
from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.hours.spans import to_datetime, to_microseconds
from sla.incidents import store
from sla.incidents.clocks.model import IncidentClock
from sla.incidents.clocks.store import upsert_clock_terms
from sla.incidents.clocks.terms import ClockTerms, PromisedClockTerms
from sla.incidents.clocks.verdict import ClockVerdict
from sla.incidents.history import IncidentHistory, IncidentSubject
from sla.incidents.model import Incident
from sla.incidents.turns import IncidentTurn


class ClockKey(NamedTuple):
    incident_id: UUID
    agreement_id: UUID
    objective_id: UUID
    turn_event_id: str = ""
    """The message that began the turn; empty for clocks of the incident as a whole."""


class _ClockRule(NamedTuple):
    """The version and terms that a clock runs under, and since when its turn waits for an answer."""

    version: int
    terms: ClockTerms
    waiting_since: datetime | None


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
    turns: Collection[IncidentTurn]
    """All turns of the incident."""


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
    earlier = {_key_of(clock): clock for clock in clocks if clock.incident_id in incident_ids}
    applicable, bound = await _load_clock_rules(work, _list_placements(incidents, histories))
    stored_terms = await upsert_clock_terms(work, (rule.terms for rule in applicable.values()))
    assigned = [clock for clock in clocks if clock.incident_id not in incident_ids]
    for key, rule in applicable.items():
        clock = earlier.get(key) or IncidentClock(id=new_id(), verdict=ClockVerdict.RELEASED, **key._asdict())
        clock.agreement_version, clock.waiting_since = rule.version, rule.waiting_since
        if clock.terms_sha256 != rule.terms.sha256:  # else it is not written again
            clock.terms_sha256, clock.stored_terms = rule.terms.sha256, stored_terms[rule.terms.sha256]
        assigned.append(clock)
    rest = [clock for key, clock in earlier.items() if key not in applicable]
    former_turns = [clock for clock in rest if clock.turn_event_id and _key_of(clock)[:2] in bound]
    return AssignedClocks([*assigned, *former_turns], [clock for clock in rest if clock not in former_turns])


def _key_of(clock: IncidentClock) -> ClockKey:
    return ClockKey(clock.incident_id, clock.agreement_id, clock.objective_id, clock.turn_event_id)


def _list_placements(incidents: Iterable[Incident], histories: Mapping[UUID, IncidentHistory]) -> list[_Placement]:
    placements = []
    for incident in incidents:
        opening_known_at = to_microseconds(incident.opening_reported_at) if incident.opening_reported_at else 0
        history = histories[incident.id]
        for number, (subject, since, reported_at) in enumerate(history.placements):
            # An opening may be reported again, with another instant: what was known at first decides.
            known_at = max(opening_known_at, reported_at if number else 0)
            instants = to_datetime(since), to_datetime(known_at)
            placements.append(_Placement(incident.id, subject, *instants, history.turns.values()))
    return placements


async def _load_clock_rules(
    work: UnitOfWork, placements: Sequence[_Placement]
) -> tuple[dict[ClockKey, _ClockRule], set[tuple[UUID, UUID]]]:
    """Load the version in force on the day of each placement, as known when that was first reported, with its terms;
    and the incidents that are bound, each with the agreement.

    The first placement under an agreement decides, if an incident comes back to it. Of closure calendars a clock has
    the editions that were approved when the incident was placed, or its turn began, however late that was reported.
    """
    agreement_ids = await store.load_agreement_ids_by_subject(work, {placement.subject for placement in placements})
    rules: dict[ClockKey, _ClockRule] = {}
    bound: set[tuple[UUID, UUID]] = set()
    for known_at, placed in _group_by_report(placements).items():
        concerned = [(placement, key) for placement in placed for key in agreement_ids[placement.subject]]
        agreement_ids_placed = {agreement_id for _, agreement_id in concerned}
        schedules = await agreements.load_schedules(
            work, agreement_ids_placed, known_at=known_at, with_later_editions=True
        )
        terms_by_binding: dict[tuple[UUID, int], PromisedClockTerms] = {}
        for placement, agreement_id in concerned:
            binding = schedules[agreement_id].binding_at(placement.since)
            if binding is None:
                continue
            bound.add((placement.incident_id, agreement_id))
            promised_terms = terms_by_binding.setdefault((agreement_id, binding.version), PromisedClockTerms(binding))
            for terms, turn in promised_terms.list_clocks(to_microseconds(placement.since), placement.turns):
                key = ClockKey(placement.incident_id, agreement_id, terms.objective.id, turn.event_id if turn else "")
                waiting_since = to_datetime(turn.start) if turn else None
                rules.setdefault(key, _ClockRule(binding.version, terms, waiting_since))
    return rules, bound


def _group_by_report(placements: Iterable[_Placement]) -> dict[datetime, list[_Placement]]:
    """Group the placements by the instant as known at which they are bound, in the order of these instants."""
    placed = defaultdict[datetime, list[_Placement]](list)
    for placement in sorted(placements, key=lambda placement: placement.known_at):
        placed[placement.known_at].append(placement)
    return placed
