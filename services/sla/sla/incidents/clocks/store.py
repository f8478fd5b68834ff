"""How an agreement's incidents count in a review period, with and without what was excluded."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import or_, select

from common.unit_of_work import UnitOfWork
from sla.agreements.objectives import IncidentObjective
from sla.agreements.terms import Terms
from sla.exclusions.clock_stops import list_waiver_exclusions
from sla.exclusions.policy import Exclusion
from sla.hours.spans import Span, to_microseconds
from sla.incidents import store
from sla.incidents.clocks.period_counts import AppliedWaiver, CountedClock, IncidentCounts, build_counted_clock
from sla.incidents.clocks.verdict import ClockContext, evaluate_clock
from sla.incidents.model import Incident, IncidentClock, IncidentEvidence

NO_EVIDENCE = IncidentEvidence({}, {}, {}, {}, {})


async def load_incident_counts(
    work: UnitOfWork, agreement_id: UUID, terms: Terms, start: datetime, end: datetime, *, as_of: datetime
) -> dict[UUID, IncidentCounts]:
    """By objective of `terms`, how the agreement's incidents count in [start, end), as was known and stood at `as_of`.

    Each clock counts in the one period in which it was decided: stopped in time, or breached.
    """
    wanted = [one.id for one in terms.objectives if isinstance(one, IncidentObjective)]
    found: dict[UUID, list[_Counted]] = {objective_id: [] for objective_id in wanted}
    clocks = await _counting(work, agreement_id, wanted, start, end, as_of) if wanted else []
    known = (
        await store.load_incident_evidence(work, {clock.incident_id for clock in clocks}, known_at=as_of)
        if clocks
        else NO_EVIDENCE
    )
    waivers = await list_waiver_exclusions(work, agreement_id, as_of) if clocks else []
    window = Span(to_microseconds(start), to_microseconds(end))
    for clock in clocks:
        case = known.clock_context(clock, known.history(clock.incident_id, as_of))
        waived = _waived(waivers, clock.objective_id, case.history.opened_at)
        row = _row(clock, case, window, to_microseconds(as_of), waived)
        bare = (
            _row(clock, replace(case, excluded_spans=()), window, to_microseconds(as_of), waived)
            if case.excluded_spans
            else row
        )
        found[clock.objective_id].append(_Counted(row, bare))
    return {objective_id: _tally(counted) for objective_id, counted in found.items()}


class _Counted(NamedTuple):
    """One clock, and how it would count, had it never stood still for what was excluded."""

    row: CountedClock | None
    bare: CountedClock | None


def _tally(counted: Iterable[_Counted]) -> IncidentCounts:
    rows, bare = ([row for row in column if row] for column in zip(*counted, strict=True)) if counted else ([], [])
    return IncidentCounts.from_rows(rows, None if rows == bare else bare)


def _row(
    clock: IncidentClock, case: ClockContext, window: Span, now: int, waived: AppliedWaiver | None
) -> CountedClock | None:
    judgement, opened_at = evaluate_clock(case, now), case.history.opened_at
    if judgement is None or opened_at is None:
        return None
    row = build_counted_clock(clock.incident_id, opened_at, judgement, window.start, window.end)
    return None if row is None else row._replace(waiver=waived)


def _waived(waivers: Sequence[Exclusion], objective_id: UUID, opened_at: int | None) -> AppliedWaiver | None:
    """By the first waiver of the objective in whose time the incident opened."""
    for one in waivers:
        mine = one.objective_ids is None or objective_id in one.objective_ids
        if mine and opened_at is not None and one.span.start <= opened_at < one.span.end:
            return AppliedWaiver(one.id, one.reason)
    return None


async def _counting(
    work: UnitOfWork, agreement_id: UUID, objective_ids: Sequence[UUID], start: datetime, end: datetime, as_of: datetime
) -> Sequence[IncidentClock]:
    """Clocks that may count in the period; those of which something was told later are looked at in any case."""
    query = (
        select(IncidentClock)
        .join(Incident, Incident.id == IncidentClock.incident_id)
        .where(IncidentClock.agreement_id == agreement_id, IncidentClock.objective_id.in_(objective_ids))
        .where(Incident.opened_at < end, or_(Incident.cancelled_at.is_(None), Incident.last_told_at > as_of))
        .where(or_(IncidentClock.ended_at.is_(None), IncidentClock.ended_at >= start, Incident.last_told_at > as_of))
    )
    return (await work.session.scalars(query)).all()
