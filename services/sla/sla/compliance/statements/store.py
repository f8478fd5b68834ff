"""Which statements there are, the chain they form, and the evidence they are drawn from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from common.unit_of_work import UnitOfWork
from sla.agreements.model import Agreement, OfferingReplica
from sla.agreements.objectives import IncidentObjective, PercentileObjective
from sla.agreements.terms import Terms
from sla.compliance.evaluation.evidence import PeriodEvidence
from sla.compliance.evaluation.windows import (
    DaysInForce,
    compute_evaluation_window,
    compute_evidence_start,
    days_in_force_of,
)
from sla.compliance.statements.model import Statement
from sla.exclusions import store as exclusions
from sla.hours.spans import Span, to_datetime, to_microseconds
from sla.incidents.clocks.period_counts import IncidentCounts
from sla.incidents.clocks.store import load_incident_counts
from sla.measurements import store as measurements


class ChainLink(NamedTuple):
    """A statement as the next one of its agreement names it."""

    number: int
    sha256: str


class ReviewedAgreement(NamedTuple):
    """Whose agreement it is, and on which service."""

    agreement_id: UUID
    customer_id: UUID
    service_id: UUID
    service_name: str


def select_statements(
    work: UnitOfWork, agreement_id: UUID | None, customer_id: UUID | None, period: str | None
) -> Select[Statement]:
    query = work.select_visible(select(Statement), Statement.customer_id)
    wanted = {Statement.agreement_id: agreement_id, Statement.customer_id: customer_id, Statement.period: period}
    return query.where(*(column == value for column, value in wanted.items() if value is not None))


def select_statements_known_at(
    work: UnitOfWork, agreement_id: UUID, period: str | None, known_at: datetime
) -> Select[Statement]:
    """Of each period the revision that was the last one at that instant."""
    later = aliased(Statement)
    superseded = _later_than(Statement, later).where(later.issued_at <= known_at)
    return select_statements(work, agreement_id, None, period).where(
        Statement.issued_at <= known_at, ~superseded.exists()
    )


async def lock_closing(work: UnitOfWork, *, alone: bool = False) -> None:
    """Until the end of the transaction. Whoever holds it alone sees the statement of every period being closed."""
    hold = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
    await work.session.execute(select(hold(func.hashtextextended("sla.close", 0))))


async def find_latest_revision(work: UnitOfWork, agreement_id: UUID, period: str) -> Statement | None:
    """The last revision."""
    query = select(Statement).where(Statement.agreement_id == agreement_id, Statement.period == period)
    return (await work.session.scalars(query.order_by(Statement.revision.desc()).limit(1))).first()


async def list_chain_ends(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, ChainLink]:
    """The ends of the chains; agreements without a statement have none."""
    query = (
        select(Statement.agreement_id, Statement.number, Statement.sha256)
        .where(Statement.agreement_id.in_(agreement_ids))
        .ext(distinct_on(Statement.agreement_id))
        .order_by(Statement.agreement_id, Statement.number.desc())
    )
    return {row[0]: ChainLink(row[1], row[2]) for row in await work.session.execute(query)}


async def list_reviewed_agreements(work: UnitOfWork, agreement_ids: Collection[UUID]) -> dict[UUID, ReviewedAgreement]:
    query = (
        select(Agreement.id, Agreement.customer_id, OfferingReplica.service_id, OfferingReplica.service_name)
        .join(OfferingReplica, OfferingReplica.offering_id == Agreement.offering_id)
        .where(Agreement.id.in_(agreement_ids))
    )
    return {row[0]: ReviewedAgreement(*row) for row in await work.session.execute(query)}


async def lock_agreements(work: UnitOfWork, agreement_ids: Collection[UUID]) -> Sequence[Agreement]:
    """In the order of their ids, as everybody locks several."""
    query = select(Agreement).where(Agreement.id.in_(agreement_ids)).order_by(Agreement.id)
    return (await work.session.scalars(query.with_for_update())).all()


async def list_chain_up_to(work: UnitOfWork, statement: Statement) -> Sequence[Statement]:
    """Every statement of the agreement up to this one, oldest first."""
    query = select(Statement).where(
        Statement.agreement_id == statement.agreement_id, Statement.number <= statement.number
    )
    return (await work.session.scalars(query.order_by(Statement.number))).all()


async def list_statement_ids_by_indicator(work: UnitOfWork, indicator_id: UUID, stretch: Span) -> Sequence[UUID]:
    """The last revisions of the statements that this indicator is evidence of with this time, by period."""
    evidence = Statement.document["result"]["objectives"].contains([{"indicator_id": str(indicator_id)}])
    query = _last_revisions(to_datetime(stretch.start), to_datetime(stretch.end)).where(evidence)
    return (await work.session.scalars(query)).all()


async def list_statement_ids_by_agreement(
    work: UnitOfWork, agreement_id: UUID, window_from: datetime, window_to: datetime
) -> Sequence[UUID]:
    """The last revisions of the agreement's statements that this time is evidence of, by period."""
    query = _last_revisions(window_from, window_to).where(Statement.agreement_id == agreement_id)
    return (await work.session.scalars(query)).all()


def _last_revisions(window_from: datetime, window_to: datetime) -> Select[UUID]:
    overlaps = Statement.evidence_from < window_to, Statement.period_to > window_from
    superseded = _later_than(Statement, aliased(Statement))
    query = select(Statement.id).where(*overlaps, ~superseded.exists())
    return query.order_by(Statement.period_from, Statement.id)


def _later_than(one: type[Statement], later: type[Statement]) -> Select[UUID]:
    return select(later.id).where(
        later.agreement_id == one.agreement_id, later.period == one.period, later.revision > one.revision
    )


class EvidenceRequest(NamedTuple):
    """A period of which the evidence is wanted."""

    agreement_id: UUID | None
    """Null: neither exclusions nor incidents."""
    terms: Terms
    start: datetime
    end: datetime
    days_in_force: DaysInForce


@dataclass(frozen=True, slots=True)
class EvidenceRange:
    """How far evidence is gathered."""

    days_in_force: DaysInForce | None = None
    """Those the terms bind, if it is not as they say themselves."""
    since: datetime | None = None
    """To go back further than the terms need."""
    exclusions_until: datetime | None = None
    """With the exclusions that are planned until then."""
    known_at: datetime | None = None
    """Exclusions and incidents as they were known at an instant (now)."""


async def load_evidence(
    work: UnitOfWork,
    agreement_id: UUID | None,
    terms: Terms,
    start: datetime,
    end: datetime,
    reach: EvidenceRange | None = None,
) -> PeriodEvidence:
    """All that the terms are evaluated on from `start` to `end`."""
    reach = reach or EvidenceRange()
    asked = EvidenceRequest(agreement_id, terms, start, end, reach.days_in_force or days_in_force_of(terms))
    begin = min(_begin(asked), reach.since or start)
    return await _with_records(work, asked, await load_measurements(work, [terms], begin, end), begin, reach)


async def load_evidence_of_periods(work: UnitOfWork, asked: Sequence[EvidenceRequest]) -> list[PeriodEvidence]:
    """The same of many periods, of agreements, with their measurements read at once."""
    spans: dict[tuple[datetime, datetime], list[Terms]] = defaultdict(list)
    for one in asked:
        spans[_begin(one), one.end].append(one.terms)
    found = {span: await load_measurements(work, terms, *span) for span, terms in spans.items()}
    whole = min(begin for begin, _ in spans), max(end for _, end in spans)
    touched = await exclusions.list_possibly_excluded_agreement_ids(
        work, {one.agreement_id for one in asked if one.agreement_id}, *whole
    )
    return [
        await _with_records(
            work, one, found[_begin(one), one.end], _begin(one), EvidenceRange(), one.agreement_id in touched
        )
        for one in asked
    ]


async def load_measurements(work: UnitOfWork, terms: Iterable[Terms], begin: datetime, end: datetime) -> PeriodEvidence:
    """Minutes and observations alone, of all indicators that are named."""
    counted, observed = set[UUID](), set[UUID]()
    for objective in (objective for one in terms for objective in one.objectives):
        if not isinstance(objective, IncidentObjective):
            (observed if isinstance(objective, PercentileObjective) else counted).add(objective.indicator_id)
    return PeriodEvidence(
        await measurements.load_minutes_by_indicator(work.session, counted, begin, end) if counted else {},
        await measurements.load_observations_by_indicator(work.session, observed, begin, end) if observed else {},
    )


def _begin(asked: EvidenceRequest) -> datetime:
    return compute_evidence_start(asked.terms, asked.start, asked.end, asked.days_in_force)


async def _with_records(
    work: UnitOfWork,
    asked: EvidenceRequest,
    found: PeriodEvidence,
    begin: datetime,
    reach: EvidenceRange,
    excluded: bool = True,
) -> PeriodEvidence:
    if asked.agreement_id is None:
        return found
    found = replace(found, incidents=await _tallies(work, asked.agreement_id, asked, reach.known_at))
    if not excluded:
        return found
    end = reach.exclusions_until or asked.end
    return await load_with_exclusions(work, asked.agreement_id, asked.terms, found, begin, end, known_at=reach.known_at)


async def load_with_exclusions(
    work: UnitOfWork,
    agreement_id: UUID,
    terms: Terms,
    found: PeriodEvidence,
    begin: datetime,
    end: datetime,
    *,
    known_at: datetime | None = None,
) -> PeriodEvidence:
    span = Span(to_microseconds(begin), to_microseconds(end))
    known = await exclusions.list_exclusions(work, agreement_id, terms, span, known_at=known_at)
    return replace(found, exclusions=known)


async def _tallies(
    work: UnitOfWork, agreement_id: UUID, asked: EvidenceRequest, known_at: datetime | None
) -> dict[UUID, IncidentCounts]:
    """Each objective's over its own window; those that share one are counted together."""
    terms = asked.terms
    starts = {
        one.id: compute_evaluation_window(one, terms, asked.start, asked.end, asked.days_in_force).start
        for one in terms.objectives
        if isinstance(one, IncidentObjective)
    }
    found: dict[UUID, IncidentCounts] = {}
    for start in sorted(set(starts.values())):
        counted = await load_incident_counts(work, agreement_id, terms, start, asked.end, as_of=known_at or work.now)
        found |= {name: tally for name, tally in counted.items() if starts[name] == start}
    return found
