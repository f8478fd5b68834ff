"""Queries on the clocks of incidents: their evidence, their counts in a period, and when to check them again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert

from common.unit_of_work import UnitOfWork
from sla.agreements import store as agreements
from sla.agreements.objectives import IncidentObjective
from sla.agreements.terms import Terms
from sla.clock_calculator.timeline import NEVER
from sla.exclusions.incident_exclusions import list_waiver_exclusions, load_clock_stops
from sla.exclusions.policy import Exclusion
from sla.hours.spans import ONE_MICROSECOND, Span, to_microseconds, union
from sla.incidents.clocks.evidence import IncidentEvidence
from sla.incidents.clocks.model import IncidentClock, IncidentClockTerms
from sla.incidents.clocks.period_counts import AppliedWaiver, CountedClock, IncidentCounts, build_counted_clock
from sla.incidents.clocks.terms import ClockTerms
from sla.incidents.clocks.verdict import ClockContext, evaluate_clock
from sla.incidents.history import IncidentState
from sla.incidents.model import Incident, IncidentEvent

T = TypeVar("T", IncidentEvent, IncidentClock)


async def load_incident_evidence(
    work: UnitOfWork, incident_ids: Collection[UUID], *, known_at: datetime | None = None
) -> IncidentEvidence:
    """Load everything that the clocks follow from; suspensions and maintenance as known at an instant (now).

    A constant number of statements, and one per agreement; some more where maintenance stops clocks.
    """
    if not incident_ids:
        return IncidentEvidence()
    events = await _load_by_incident(work, IncidentEvent, incident_ids)
    clocks_by_incident = await _load_by_incident(work, IncidentClock, incident_ids)
    clocks = [clock for clocks in clocks_by_incident.values() for clock in clocks]
    terms = await load_clock_terms(work, {clock.terms_sha256 for clock in clocks})
    agreement_ids = sorted({clock.agreement_id for clock in clocks})
    suspensions = {
        agreement_id: await list_suspended_spans(work, agreement_id, known_at=known_at)
        for agreement_id in agreement_ids
    }
    first_event_at = min((event.occurred_at for log in events.values() for event in log), default=work.now)
    maintenance_stops = await load_clock_stops(work, agreement_ids, first_event_at, known_at=known_at)
    return IncidentEvidence(events, clocks_by_incident, terms, suspensions, maintenance_stops)


async def _load_by_incident(work: UnitOfWork, entity: type[T], incident_ids: Collection[UUID]) -> dict[UUID, list[T]]:
    """Load the rows of each incident, oldest first."""
    rows_by_incident: dict[UUID, list[T]] = defaultdict(list)
    query = select(entity).where(entity.incident_id.in_(list(incident_ids))).order_by(entity.id)
    for row in await work.session.scalars(query):
        rows_by_incident[row.incident_id].append(row)
    return rows_by_incident


async def load_clock_terms(work: UnitOfWork, hashes: Iterable[str]) -> dict[str, ClockTerms]:
    query = select(IncidentClockTerms).where(IncidentClockTerms.sha256.in_(list(hashes)))
    return {row.sha256: ClockTerms.model_validate(row.document) for row in await work.session.scalars(query)}


async def upsert_clock_terms(work: UnitOfWork, sha256: str, document: dict[str, Any]) -> None:
    query = insert(IncidentClockTerms).values(sha256=sha256, document=document)
    await work.session.execute(query.on_conflict_do_nothing())


async def list_suspended_spans(work: UnitOfWork, agreement_id: UUID, *, known_at: datetime | None = None) -> list[Span]:
    """List when the agreement was suspended; a suspension that lasts ends at NEVER."""
    suspensions = await agreements.list_suspensions(work, agreement_id, known_at=known_at)
    return union(
        Span(to_microseconds(suspension.from_), NEVER if suspension.to is None else to_microseconds(suspension.to))
        for suspension in suspensions
    )


async def load_incident_counts(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, start: datetime, end: datetime, *, as_of: datetime
) -> dict[UUID, IncidentCounts]:
    """Count the agreement's incidents in [start, end) by objective of `terms`, as was known at `as_of`.

    Each clock counts in the one period in which it was decided: stopped in time, or breached.
    """
    objective_ids = [objective.id for objective in terms.objectives if isinstance(objective, IncidentObjective)]
    if not objective_ids:
        return {}
    clocks = await _list_countable_clocks(work, agreement_id, objective_ids, start, end, as_of)
    evidence = await load_incident_evidence(work, {clock.incident_id for clock in clocks}, known_at=as_of)
    waivers = await list_waiver_exclusions(work, agreement_id, as_of) if clocks else []
    window, now = Span(to_microseconds(start), to_microseconds(end)), to_microseconds(as_of)
    rows: dict[UUID, list[CountedClock]] = {objective_id: [] for objective_id in objective_ids}
    rows_without_exclusions: dict[UUID, list[CountedClock]] = {objective_id: [] for objective_id in objective_ids}
    for clock in clocks:
        context = evidence.clock_context(clock, evidence.history(clock.incident_id, as_of))
        waiver = _find_waiver(waivers, clock.objective_id, context.history.opened_at)
        row = row_without = _count_clock(clock, context, window, now, waiver)
        if context.excluded_spans:
            row_without = _count_clock(clock, replace(context, excluded_spans=()), window, now, waiver)
        rows[clock.objective_id] += row
        rows_without_exclusions[clock.objective_id] += row_without
    return {
        objective_id: IncidentCounts.from_rows(rows[objective_id], rows_without_exclusions[objective_id])
        for objective_id in objective_ids
    }


def _count_clock(
    clock: IncidentClock, context: ClockContext, window: Span, now: int, waiver: AppliedWaiver | None
) -> list[CountedClock]:
    """Count the clock in the window; an empty list when it does not count there."""
    evaluation, opened_at = evaluate_clock(context, now), context.history.opened_at
    if evaluation is None or opened_at is None:
        return []
    row = build_counted_clock(clock.incident_id, opened_at, evaluation, window.start, window.end)
    return [] if row is None else [row._replace(waiver=waiver)]


def _find_waiver(waivers: Sequence[Exclusion], objective_id: UUID, opened_at: int | None) -> AppliedWaiver | None:
    """Find the first waiver of the objective in whose time the incident opened."""
    for waiver in waivers:
        is_for_objective = waiver.objective_ids is None or objective_id in waiver.objective_ids
        if is_for_objective and opened_at is not None and waiver.span.start <= opened_at < waiver.span.end:
            return AppliedWaiver(waiver.id, waiver.reason)
    return None


async def _list_countable_clocks(
    work: UnitOfWork, agreement_id: UUID, objective_ids: Sequence[UUID], start: datetime, end: datetime, as_of: datetime
) -> Sequence[IncidentClock]:
    """List the clocks that may count in the period, with all of those whose incidents had events reported later."""
    query = (
        select(IncidentClock)
        .join(Incident, Incident.id == IncidentClock.incident_id)
        .where(IncidentClock.agreement_id == agreement_id, IncidentClock.objective_id.in_(objective_ids))
        .where(Incident.opened_at < end, or_(Incident.cancelled_at.is_(None), Incident.last_reported_at > as_of))
        .where(
            or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= start, Incident.last_reported_at > as_of)
        )
    )
    return (await work.session.scalars(query)).all()


async def schedule_recheck(work: UnitOfWork, agreement_id: UUID) -> None:
    """Let the deadline loop check at once the agreement's incidents that are neither closed nor cancelled."""
    incident_ids = select(IncidentClock.incident_id).where(IncidentClock.agreement_id == agreement_id)
    is_active = Incident.state.not_in((IncidentState.CLOSED, IncidentState.CANCELLED))
    await _schedule_recheck_of(work, Incident.id.in_(incident_ids), is_active)


async def schedule_recheck_since(work: UnitOfWork, agreement_ids: Collection[UUID], since: datetime) -> None:
    """Let the deadline loop check at once the incidents whose clocks under the agreements ran at or after `since`."""
    incident_ids = select(IncidentClock.incident_id).where(
        IncidentClock.agreement_id.in_(agreement_ids),
        or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= since),
    )
    await _schedule_recheck_of(work, Incident.id.in_(incident_ids))


async def _schedule_recheck_of(work: UnitOfWork, *conditions: ColumnElement[bool]) -> None:
    query = select(Incident).where(*conditions).order_by(Incident.id).with_for_update()
    for incident in await work.session.scalars(query):
        incident.next_deadline_at = work.now - ONE_MICROSECOND  # overdue from this very instant on
